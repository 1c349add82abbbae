"""Leases: which worker may begin an instance of the engine ``function``, and which may write its end.

An instance may be begun if it is neither final nor held and its time has come. To take a lease is one write of the row:
the try is counted, and ``leased_until`` is set to the end of the lease, before which no other worker begins it.
``due_at`` stays if it comes soon, as a change of it costs two writes of an index and most tries have ended by then:
reconcile postpones an instance that it finds leased. (Only ``leased_until`` keeps others out: reconcile may write the
status and ``due_at`` of a row that it read just before the lease.) The result of a try is not written if the row is
final, of another attempt or of a later try: a worker whose lease was over changes nothing then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verihook.instances import payload
from verihook.instances.progress import cut
from verihook.model.conflict import Overtaken, retry_on_conflict
from verihook.model.instance import Instance, Progress, Status
from verihook.model.ports import MAX_CAUSE, MAX_ERROR, MAX_OUTPUT, Payloads
from verihook.model.workflow import Workflow
from verihook.records import replace

if TYPE_CHECKING:
    from verihook.model.ports.sets import RowPorts, WorkPorts

ENGINE = "function"

#: How much longer a lease is than its try, in milliseconds: for the last write, and for clocks that differ.
MARGIN_MS = 10_000

#: The longest back-off, in seconds.
MAX_BACKOFF_S = 3_600

#: ``edit(row, now_ms)``: returns the row to write in the place of the present one.
Edit = Callable[[Instance, int], Instance]

#: As :data:`Edit`, but returns None if nothing is to be written.
_MaybeEdit = Callable[[Instance, int], Instance | None]


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ends: ``progress`` with the output as text, and ``content``, the same output parsed."""

    progress: Progress
    content: object = None


def may_begin(row: Instance, attempt: int, now_ms: int, engine: str = ENGINE) -> bool:
    """Return whether a try of this attempt may begin now. ``engine``: whose instances the caller runs."""
    return (
        row.engine == engine
        and row.attempt == attempt
        and not (row.final or row.held or row.purged or row.waits_its_turn)
        and row.not_before <= now_ms
    )


def acquire(row: Instance, lease_ms: int, ports: WorkPorts) -> Instance | None:
    """Take a lease. Return the row with it; None if another worker has begun the try, or it may not begin any more.

    Raises LedgerUnavailable.
    """

    def begin(row: Instance, now: int) -> Instance | None:
        if not may_begin(row, row.attempt, now, row.engine):
            return None
        end = now + lease_ms
        return replace(
            row,
            status="running",
            tries=row.tries + 1,
            begun_at=now,
            leased_until=end,
            due_at=_next_look(row, now, end, ports.pace.first_ms),
            updated_at=now,
        )

    return amend(row, begin, ports)


def write_row(row: Instance, edit: Edit, ports: RowPorts) -> bool:
    """Write the result of a try. Return False if the row has changed without this try. Raises LedgerUnavailable."""
    return amend(row, edit, ports) is not None


def amend(row: Instance, edit: _MaybeEdit, ports: RowPorts) -> Instance | None:
    """Write the edited row, and return it; None if ``edit`` returned None, or the row is final or of another try."""
    latest = row

    def write() -> Instance | None:
        nonlocal latest
        now = ports.clock.now_ms()
        edited = edit(latest, now)
        if edited is None:
            return None
        if ports.ledger.amend(edited):
            return replace(edited, revision=edited.revision + 1)
        current = ports.ledger.get(row.id, now)
        if current is None or current.final or current.purged or _attempt_and_try(current) != _attempt_and_try(row):
            return None
        latest = current
        raise Overtaken

    return retry_on_conflict(write, "This instance")


def edit_to_retry(progress: Progress, workflow: Workflow) -> Edit:
    """Return the edit after a failed try: queued until the back-off is over, or suspended if held, with the error."""

    def edit(row: Instance, now: int) -> Instance:
        at = now + backoff_ms(workflow.backoff_s, row.tries)
        status: Status = "suspended" if row.held else "queued"
        due = None if row.held else at
        error, cause = cut(progress.error, MAX_ERROR), cut(progress.cause, MAX_CAUSE)
        return replace(row, status=status, leased_until=at, due_at=due, updated_at=now, error=error, cause=cause)

    return edit


def give_back(row: Instance, now: int) -> Instance:
    """Return the row after a planned stop interrupted its try: it does not count, and the next may begin at once."""
    status: Status = "suspended" if row.held else "queued"
    due = None if row.held else now
    return replace(row, status=status, tries=row.tries - 1, leased_until=None, due_at=due, updated_at=now)


def edit_to_end(ending: Ending, row: Instance, workflow: Workflow, payloads: Payloads) -> Edit:
    """Return the edit that ends the attempt; store a large output as a payload first. Raises PayloadsUnavailable."""
    progress, output = ending.progress, ending.progress.output
    if output is not None:
        output = payload.store_if_large(output, ending.content, row.id, MAX_OUTPUT, payloads)

    def edit(row: Instance, now: int) -> Instance:
        return replace(
            row,
            status=progress.status,
            held=False,
            leased_until=None,
            # A callback is due at once.
            due_at=now if row.callback_url else None,
            expires_at=now // 1000 + workflow.retention_s,
            updated_at=now,
            output=output,
            error=cut(progress.error, MAX_ERROR),
            cause=cut(progress.cause, MAX_CAUSE),
        )

    return edit


def backoff_ms(backoff_s: int, tries: int) -> int:
    """Return how long to wait after this many tries, in milliseconds: twice as long after each, an hour at most."""
    return min(backoff_s << min(tries - 1, 20), MAX_BACKOFF_S) * 1000


def _next_look(row: Instance, now: int, end: int, first_ms: int) -> int:
    """Return when reconcile looks at a leased row: at the time that stands there if that is soon, else as it ends."""
    soon = row.due_at is not None and now < row.due_at <= max(end, now + first_ms)
    return row.due_at if soon and row.due_at is not None else end


def _attempt_and_try(row: Instance) -> tuple[int, int]:
    return row.attempt, row.tries
