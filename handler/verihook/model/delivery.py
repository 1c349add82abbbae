"""What is kept of a delivery in the row of its instance: facts for operators, and headers for the workflow.

The facts ride in the row that is written anyway, so they cost no call. They never hold a secret, a cookie or a
signature: headers are kept by a list of names, and of a signature only the beginning of its SHA-256.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verihook.records import replace

if TYPE_CHECKING:
    from verihook.model.resumption import Resumption

_DAY_MS = 86_400_000

#: How long the facts are kept if the source does not say, in days.
DEFAULT_KEEP_DAYS = 14


@dataclass(frozen=True, slots=True)
class OtherBytes:
    """A body that is not the input of its instance: a form, one whose defaults were put in, an envelope of a queue.

    ``length`` in bytes; ``sha256`` in hex. ``raw``: the body in the form of :func:`verihook.webhooks.keeping.raw_of`,
    or a reference to a payload of that; None if the source does not keep it.
    """

    length: int
    sha256: str
    raw: str | None = None


# Not frozen: one is made of every delivery, and a frozen one takes three times as long to make.
@dataclass(slots=True)
class Facts:
    """What an operator can look up of a delivery, for ``keep_days``. ``received_at``: milliseconds since the epoch.

    ``path``: the ARN of the feed or the path, if it is not ``/hooks/SOURCE``; else "". ``verified_by``: ``current``,
    ``previous``, or "" for a feed, which AWS vouches for. ``headers``: names in lower case. ``body``: None if the input
    of the instance is the very body, byte for byte. ``test``: we have sent it ourselves, because an operator wanted to
    try the source.
    """

    request_id: str
    received_at: int
    keep_days: int = DEFAULT_KEEP_DAYS
    path: str = ""
    verified_by: str = "current"
    headers: tuple[tuple[str, str], ...] = ()
    body: OtherBytes | None = None
    test: bool = False

    @property
    def keep_until(self) -> int:
        """Return when they expire, in milliseconds since the epoch."""
        return self.received_at + self.keep_days * _DAY_MS

    def header(self, name: str) -> str | None:
        """Return the first value of a kept header (lower case), None if there is none."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Carried:
    """An event among several: its delivery, the delivery's attempt that starts it, and its place in it, from 0 on."""

    delivery_id: str
    attempt: int
    number: int

    @property
    def carrier(self) -> str:
        """Return the name of that attempt, as :func:`verihook.model.instance.execution_name` has it."""
        return self.delivery_id if self.attempt == 1 else f"{self.delivery_id}.{self.attempt}"


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What a workflow gets beside its input: the event's source, type and id, and the headers that are passed on.

    All but the headers are None if no source started it; then they are at most ``traceparent``. Names in lower case.
    """

    source: str | None = None
    type: str | None = None
    id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


# Not frozen: one is made of every delivery, and a frozen one takes three times as long to make.
@dataclass(slots=True)
class Delivery:
    """What a row keeps of the delivery that made it.

    ``passed``: the headers that the workflow gets. They are a part of what is started, so they stay with the row, as
    does ``resumption``: which instances the event is for, if it starts none. ``carrier``: of an event that came among
    others, the attempt that started it of the delivery that carried it: a name of
    :func:`verihook.model.instance.execution_name`. What is kept of that delivery is in its own row. ``replay_of``: the
    id of the instance whose delivery an operator has replayed as this new one.
    """

    facts: Facts | None = None
    passed: Mapping[str, str] = field(default_factory=dict)
    resumption: Resumption | None = None
    carrier: str | None = None
    replay_of: str | None = None

    def at(self, now_ms: int) -> Delivery | None:
        """Return what is left of it at this time: no facts once they have expired; None if nothing is left."""
        if self.facts is None or now_ms < self.facts.keep_until:
            return self
        stays = self.passed or any(each is not None for each in (self.resumption, self.carrier, self.replay_of))
        return replace(self, facts=None) if stays else None
