"""The table of instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from verihook.model.instance import Instance, Status
from verihook.model.listing import Position, Query
from verihook.model.ports.telemetry import Observation

#: The most that an input has inline, in bytes of UTF-8: what Step Functions takes. A larger one is kept as a payload.
MAX_INLINE = 262_144

#: The most that an output has inline: together with the largest input it stays below DynamoDB's 400 KB an item.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
MAX_OUTPUT = 98_304

#: The most that a row keeps of an engine's words for a failure, in characters.
MAX_ERROR, MAX_CAUSE = 500, 4000


@dataclass(frozen=True, slots=True)
class Change:
    """What :meth:`Ledger.record` writes into a row. Times as in :class:`~verihook.model.instance.Instance`."""

    status: Status
    at: int
    due_at: int | None = None
    expires_at: int | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None


class Ledger(Protocol):
    """The table of instances. Every method raises LedgerUnavailable if the store fails, and nothing else.

    Texts are valid Unicode (no lone surrogate). The core keeps a row below the store's limit (:data:`MAX_INLINE`,
    :data:`MAX_OUTPUT`). Every write of a row adds one to its ``revision``.
    """

    def claim(self, instance: Instance) -> Instance | None:
        """Write the row if its id is free: ONE conditional write. It is durable when this returns.

        Returns None to the one owner, else the row that is there already (from the same call), a purged one too.
        A row whose ``expires_at`` is not after ``instance.created_at`` counts as free and is replaced whole.
        The labels of a row (tags, metadata) may cost writes of their own; a row without them costs none.
        """
        ...

    def has_room(self, text: str) -> bool:
        """Whether a row is the place for this input, of at most :data:`MAX_INLINE` bytes; else a payload is.

        A question of cost if every write of a row is paid by its size. No call.
        """
        ...

    def get(self, instance_id: str, now_ms: int) -> Instance | None:
        """The row, read consistently, a purged one too; None if there is none or it has expired."""
        ...

    def record(self, instance_id: str, attempt: int, change: Change) -> bool:
        """Write what became of an attempt: ONE conditional write.

        Applied, and True, only if the row exists, is of this attempt and is not final: an older or repeated
        report never overwrites an end, and a report of another attempt never touches this one. A ``running`` never
        overwrites ``suspended`` while the row is held. An end with a ``due_at`` stays due (a callback waits to be
        sent): it is if the row has a ``callback_url``; ``change.due_at`` of an end is written to those rows alone.
        What has ended is not held.
        """
        ...

    def amend(self, instance: Instance) -> bool:
        """Replace the row by ``instance``, only if the row's revision is still ``instance.revision``.

        True if it was applied; the row's revision is one higher then. ONE conditional write.
        """
        ...

    def page(self, query: Query, limit: int, after: Position | None, now_ms: int) -> list[Instance]:
        """Up to ``limit`` instances, the newest first, that come after this position; by the index of the query.

        Neither expired nor purged ones. ``input`` is "" and ``output`` None in all of them. An index may trail the
        table by moments. A page costs the same however many instances there are.
        """
        ...

    def due(self, now_ms: int, limit: int, ended: bool | None = None) -> list[Instance]:
        """Up to ``limit`` instances whose ``due_at`` has come, the longest due first.

        ``ended``: only those that wait for a callback (True), only those that live (False), or both (None): however
        many of the one kind are due, they keep none of the other from its turn.
        """
        ...

    def observe(self, observation: Observation) -> None:
        """Add to what was seen in the hour of ``last_at``: counts are summed, times widened, the sample replaced.

        One row for each kind, source, reason and hour, kept for 14 days: however much strangers send, there are not
        more rows.
        """
        ...

    def observations(self, kind: str, source: str | None, limit: int, since_ms: int = 0) -> list[Observation]:
        """The hours that were seen since then, the newest first; of one source, or of all (None)."""
        ...
