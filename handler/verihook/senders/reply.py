"""How a sender wants to be answered: the ``[reply]`` of its file, or of a source.

An accepted event is answered 200 with our JSON, because that is what most senders count as delivered; a sender has a
:class:`ReplyForm` only if it wants something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verihook.request import Reply, json_text
from verihook.senders.tables import read_table
from verihook.strict_json import parse

#: The statuses of refusals that the same delivery would meet again.
_FINAL = frozenset({400, 409, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """What a sender counts as delivered, and as refused.

    ``status``: of an event that was accepted, now or before, or ignored. ``body``: ``json``, ours; ``none``, also for
    refusals; or the text itself, for senders that read one. ``forged``: the status instead of 401. ``final``: the
    status instead of those of a refusal that another try does not change, for a sender that stops at this one alone.
    """

    status: int = 200
    body: str = "json"
    forged: int = 401
    final: int = 0

    def __post_init__(self) -> None:
        if self.status not in (200, 201, 202, 204):
            raise ValueError(f"status: must be one of 200, 201, 202, 204 (got {self.status})")
        if self.status == 204 and self.body != "none":
            raise ValueError('body: an answer 204 has none; write body = "none"')
        for key in ("forged", "final"):
            if getattr(self, key) and not 400 <= getattr(self, key) < 500:
                raise ValueError(f"{key}: must be 400 to 499 (got {getattr(self, key)})")

    def of(self, reply: Reply) -> Reply:
        """Return the reply in this form. Its ``Location`` still names the instance."""
        if reply.fixed:
            return reply
        accepted = reply.status < 300
        status = self.status if accepted else self._refusal(reply.status)
        body, kind = reply.body, reply.headers.get("content-type", "")
        if self.body == "none":
            body, kind = b"", ""
        elif accepted and self.body != "json":
            body, kind = self.body.encode(), "text/plain; charset=utf-8"
        elif status != reply.status and not accepted:
            # The problem says its status, too.
            body = json_text({**parse(body), "status": status}).encode()
        headers = {**reply.headers, "content-type": kind}
        return Reply(status, body, {name: value for name, value in headers.items() if value})

    def _refusal(self, status: int) -> int:
        if status == 401:
            return self.forged
        return self.final if self.final and status in _FINAL else status


def read_reply(table: Mapping[str, Any]) -> ReplyForm | None:
    """Return the form of a ``[reply]`` table; None if it is what every sender gets. Raises ValueError ``KEY: mend``."""
    form = read_table(ReplyForm, table, "")
    return None if form == ReplyForm() else form
