"""The table of instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from verihook.model.instance import Instance, Status
from verihook.model.listing import Position, Query
from verihook.model.ports.telemetry import Observation

#: The largest input in the row itself, in bytes of UTF-8: what Step Functions takes. A larger one becomes a payload.
MAX_INLINE = 262_144

#: The largest output in the row itself, in bytes: with the largest input it stays below DynamoDB's 400 KB an item.
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
        """Write the row if its id is free: ONE conditional write. The row is durable when this returns.

        Return None to the one caller that wrote it; to others the row that is there, purged or not, from the same call.
        A row whose ``expires_at`` is not after ``instance.created_at`` counts as free and is replaced whole.
        The labels of a row (tags, metadata) may cost writes of their own; a row without them costs none.
        """
        ...

    def has_room(self, text: str) -> bool:
        """Whether to keep this input, of at most :data:`MAX_INLINE` bytes, in the row; if not, it becomes a payload.

        A matter of cost, if every write of a row is paid by the row's size. Makes no call.
        """
        ...

    def get(self, instance_id: str, now_ms: int) -> Instance | None:
        """Return the row, purged or not, read consistently; None if there is none or it has expired."""
        ...

    def record(self, instance_id: str, attempt: int, change: Change) -> bool:
        """Write what became of an attempt: ONE conditional write.

        Return whether it was written: only if the row exists, is of this attempt and is not final. So an older or
        repeated report never overwrites an end, and a report of another attempt never touches this one. ``running``
        never overwrites ``suspended`` while the row is held; an end clears ``held``. ``change.due_at`` of an end is
        written only if the row has a ``callback_url``: such a row stays due, as its callback waits to be sent.
        """
        ...

    def amend(self, instance: Instance) -> bool:
        """Replace the row by ``instance``, only if the row's revision is still ``instance.revision``.

        Return whether it was replaced; then the row's revision is one higher. ONE conditional write.
        """
        ...

    def page(self, query: Query, limit: int, after: Position | None, now_ms: int) -> list[Instance]:
        """Return up to ``limit`` instances after this position, newest first, read from the index of the query.

        None of them is expired or purged; each has the ``input`` "" and the ``output`` None. An index may be moments
        behind the table; a list of a label is not. A page costs the same however many instances there are.
        """
        ...

    def due(self, now_ms: int, limit: int, ended: bool | None = None) -> list[Instance]:
        """Return up to ``limit`` instances whose ``due_at`` has come, the longest due first.

        ``ended``: only those that have ended and wait for a callback (True), only those that have not ended (False),
        or both (None). A caller that asks for each kind by itself is not kept from the one by many of the other.
        """
        ...

    def observe(self, observation: Observation) -> None:
        """Add to the row of this kind, source, reason and hour (that of ``last_at``), which is kept for 14 days.

        Counts are summed, the times widened, the sample request id replaced. However much strangers send, there are no
        more rows than that.
        """
        ...

    def observations(self, kind: str, source: str | None, limit: int, since_ms: int = 0) -> list[Observation]:
        """Return up to ``limit`` rows since ``since_ms``, newest first, of one source or of all (None)."""
        ...
