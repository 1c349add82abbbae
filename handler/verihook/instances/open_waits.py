"""The open waits of all instances: what people are asked to decide.

A wait itself is in the mailbox of its instance. Beside it stands a mark, a small document under the workflow's name
that sorts by the wait's beginning, so that a list reads no instance that waits for nothing. A mark is written after its
wait and taken away when the wait is over; one that a crash has left is taken away by the next look at it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any

from verihook.errors import LedgerUnavailable, RequestInvalid
from verihook.instances.mailboxes import KEPT_S, Wait, digest_of, read_mailbox
from verihook.model.instance import Instance, execution_name, parse_execution_name
from verihook.model.ports import Document
from verihook.request import json_text
from verihook.strict_json import parse_kept

if TYPE_CHECKING:
    from verihook.model.ports.sets import DocumentPorts

#: The most that a wait shows to who decides, in bytes of its JSON text: it is read with every list.
MAX_SHOWN = 4096

#: How many digits of the digest of a token are in the name of its mark.
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Notice:
    """What a workflow says of a wait. ``seconds``: how long it lasts, None if that is not known; ``shows``: JSON."""

    seconds: int | None = None
    shows: Any = None


NO_NOTICE = Notice()


@dataclass(frozen=True, slots=True)
class OpenWait:
    """A wait that no event has come for, since ``at`` and until ``until``, in milliseconds; None if that is not known.

    ``shows``: what its workflow shows to who decides, None for nothing.
    """

    instance: Instance
    name: str
    at: int
    until: int | None
    shows: Any


@dataclass(frozen=True, slots=True)
class Page:
    """A page of open waits, the oldest first. ``after``: where the next one begins; None if there is no other."""

    waits: list[OpenWait]
    after: str | None


def check_shows(shows: Any) -> None:
    """Raise RequestInvalid if a wait cannot show this: it is no JSON, or too long."""
    try:
        length = len(json_text(shows).encode())
    except (TypeError, ValueError) as error:
        raise RequestInvalid(f"shows: must be JSON in valid Unicode ({error}).") from None
    if length > MAX_SHOWN:
        raise RequestInvalid(f"shows: must be at most {MAX_SHOWN} bytes of JSON (got {length}).")


def mark(instance: Instance, wait: Wait, notice: Notice, ports: DocumentPorts) -> None:
    """List a wait of the instance's present attempt. Idempotent. One write. Raises LedgerUnavailable.

    No person answers what begins with a ``$``: gates, and addresses of their own.
    """
    if wait.name.startswith("$"):
        return
    seconds = notice.seconds
    until = None if seconds is None else wait.at + seconds * 1000
    text = json.dumps({"name": wait.name, "until": until, "shows": notice.shows}, separators=(",", ":"))
    end_s = wait.at // 1000 + (KEPT_S if seconds is None else seconds)
    fresh = Document(_name(instance, wait), text, 1, end_s)
    ports.documents.add(_partition(instance.workflow), fresh, ports.clock.now_ms())


def unmark(instance: Instance, wait: Wait, ports: DocumentPorts) -> None:
    """Take a wait off the list. One write. A failure changes nothing else: the next look at the list tries it again."""
    if not wait.name.startswith("$"):
        with suppress(LedgerUnavailable):
            ports.documents.remove(_partition(instance.workflow), _name(instance, wait))


def page(workflows: Collection[str], limit: int, after: str, ports: DocumentPorts) -> Page:
    """Return the open waits of these workflows' instances, from after ``after`` on ("": from the oldest).

    Looks at ``limit`` marks at most, so a page can have fewer waits, and go on. One read for each workflow, and two
    for each mark. Raises LedgerUnavailable.
    """
    now = ports.clock.now_ms()
    marks = [_marks(workflow, limit, after, now, ports) for workflow in workflows]
    looked = list(islice(merge(*marks), limit))
    found = [wait for each in looked if (wait := _open_wait(*each, now, ports)) is not None]
    return Page(found, looked[-1][0] if len(looked) == limit else None)


def count(workflows: Collection[str], most: int, ports: DocumentPorts) -> int:
    """Return how many waits of these workflows' instances are open, up to ``most``. One read for each workflow.

    The mark of a wait that a crash has left counts until someone has looked at the list.
    """
    now = ports.clock.now_ms()
    return min(sum(len(_marks(workflow, most, "", now, ports)) for workflow in workflows), most)


def _marks(workflow: str, limit: int, after: str, now_ms: int, ports: DocumentPorts) -> list[tuple[str, str, str]]:
    """Return the name, the workflow and the text of marks, sorted by their names."""
    return [
        (each.name, workflow, each.text) for each in ports.documents.all(_partition(workflow), limit, now_ms, after)
    ]


def _open_wait(name: str, workflow: str, text: str, now_ms: int, ports: DocumentPorts) -> OpenWait | None:
    """Return the wait of a mark; None if it is over, and then take the mark away."""
    at, execution, token = name.split("#")
    instance_id, attempt = parse_execution_name(execution) or ("", 0)
    row = ports.ledger.get(instance_id, now_ms)
    if row is not None and not row.final and not row.purged and row.attempt == attempt:
        box = read_mailbox(execution, ports.documents, now_ms)
        if any(digest_of(wait.token)[:_DIGITS] == token for wait in box.waits):
            content = parse_kept(text, "The mark of a wait", dict)
            return OpenWait(row, content["name"], int(at), content["until"], content["shows"])
    with suppress(LedgerUnavailable):
        ports.documents.remove(_partition(workflow), name)
    return None


def _name(instance: Instance, wait: Wait) -> str:
    execution = execution_name(instance.id, instance.attempt)
    return f"{wait.at:013d}#{execution}#{digest_of(wait.token)[:_DIGITS]}"


def _partition(workflow: str) -> str:
    # Below that of mailboxes, which every function that waits may write.
    return f"instance#waits#{workflow}"
