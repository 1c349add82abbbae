"""Splits a delivery that carries several events: starts an instance of each, and writes the results into its row.

One splitter at a time has a delivery (:mod:`verihook.worker.leases`). If it is stopped, another begins with the first
event that has no result yet. That repeats nothing: the ids of instances are derived from the events. A bad event is a
result, and keeps no other from being started. Needs the instance key, so it never runs beside the code of workflows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal

from verihook.errors import EventMalformed, PayloadGone, RateLimited, VerihookError
from verihook.instances import payload
from verihook.instances.progress import with_bounded_output
from verihook.model.instance import BATCH, Instance, Progress, Status
from verihook.model.ports import MAX_CAUSE, Payloads
from verihook.records import replace
from verihook.request import json_text
from verihook.strict_json import parse_json
from verihook.webhooks.batches import events_in
from verihook.webhooks.members import Result, Results, identity, start_member
from verihook.worker import leases
from verihook.worker.stream import queued_attempt, sequence

if TYPE_CHECKING:
    from verihook.model.ports.sets import SplitPorts
    from verihook.model.source import Source

#: ``again``: it goes on later. ``skipped``: it was not to be split now. ``lost``: another has the row by now.
Outcome = Literal["completed", "failed", "again", "skipped", "lost"]

#: How many events are started at the same time, and how many between two looks at the time.
THREADS, GROUP = 8, 40

#: After this time, in milliseconds, the results so far are written, and the lease goes on.
WRITE_MS = 5_000

#: How long no other splitter takes the delivery, after each write, in milliseconds.
LEASE_MS = 30_000

#: What an invocation needs for one more group and its last writes, in milliseconds.
_RESERVE_MS = 15_000

#: The first pause before what could not be reached is tried again, in seconds, and the longest, in milliseconds.
_BACKOFF_S, _LONGEST_PAUSE_MS = 2, 60_000

#: The ``error`` of a delivery of which events have failed.
EVENTS_FAILED = "EventsFailed"


def split_records(
    records: Sequence[Mapping[str, Any]], ports: SplitPorts, remaining_ms: Callable[[], int]
) -> dict[str, list[dict[str, str]]]:
    """Split the deliveries of a batch of the table's stream.

    Return ``{"batchItemFailures": [{"itemIdentifier"}]}``: the records to deliver again.
    """
    failed: list[str] = []
    for number, record in enumerate(records):
        if number and remaining_ms() < _RESERVE_MS:
            failed += [sequence(later) for later in records[number:]]
            break
        queued = queued_attempt(record, BATCH)
        try:
            if queued is not None:
                split(*queued, ports, remaining_ms)
        except Exception as error:  # noqa: BLE001  # a record that fails must not stop the others
            ports.telemetry.failure(f"split {sequence(record)}", error)
            failed.append(sequence(record))
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def split(delivery_id: str, attempt: int, ports: SplitPorts, remaining_ms: Callable[[], int] | None = None) -> Outcome:
    """Start the events of a delivery, if that is to be done now.

    ``remaining_ms()``: how long this may go on, in milliseconds. Raises LedgerUnavailable and PayloadsUnavailable: the
    lease runs out, and the delivery is split again.
    """
    now = ports.clock.now_ms()
    row = ports.ledger.get(delivery_id, now)
    if row is None or not leases.may_begin(row, attempt, now, BATCH):
        return "skipped"
    source, workflow = ports.sources.get(row.source or ""), ports.workflows.get(row.workflow)
    if source is None or workflow is None:
        # The delivery waits until both are in hooks.toml again.
        ports.telemetry.failure(
            f"split {row.id}", LookupError(f"no source {row.source!r} or workflow {row.workflow!r}")
        )
        return "skipped"
    leased = leases.acquire(row, LEASE_MS, ports)
    if leased is None:
        return "skipped"
    try:
        events = _events_of(leased, source, ports.payloads)
    except (EventMalformed, PayloadGone) as error:
        return _end(leased, Progress("failed", None, "InputUnreadable", str(error)), None, ports)
    results = Results.kept_in(leased, ports.payloads)
    return _Split(leased, source, events, results, now, remaining_ms).run(ports)


def _events_of(row: Instance, source: Source, payloads: Payloads) -> list[Any]:
    """Return the events of the row. Raises EventMalformed if its source splits nothing any more, and PayloadGone."""
    each = source.sender.places.each
    if each is None:
        raise EventMalformed("The source has no each any more, which says which events a delivery has.")
    return events_in(each, parse_json(payload.load(row.input, payloads), "The input"))


class _Split:
    """One try of one delivery."""

    def __init__(
        self,
        row: Instance,
        source: Source,
        events: Sequence[Any],
        results: Results,
        now_ms: int,
        remaining_ms: Callable[[], int] | None,
    ) -> None:
        """``results``: those of the first events, of an earlier try."""
        self._row, self._source, self._events = row, source, events
        self._results, self._written_at = results, now_ms
        self._remaining_ms = remaining_ms

    def run(self, ports: SplitPorts) -> Outcome:
        """Start group after group, until all have a result, or something has to be waited for."""
        with ThreadPoolExecutor(THREADS, "split") as pool:
            while len(self._results) < len(self._events):
                waits_for = self._start_group(pool, ports)
                if waits_for is not None:
                    return self._pause(_pause_ms(waits_for, self._row.tries), ports, waits_for)
                if self._remaining_ms is not None and self._remaining_ms() < _RESERVE_MS:
                    return self._pause(0, ports)
                if ports.clock.now_ms() - self._written_at >= WRITE_MS and not self._write(_leased_longer, ports):
                    return "lost"
        return self._end(ports)

    def _start_group(self, pool: ThreadPoolExecutor, ports: SplitPorts) -> VerihookError | None:
        """Add the results of the next events, in their order. Return what has to be waited for, if anything."""
        first = len(self._results)
        numbers = range(first, min(first + GROUP, len(self._events)))
        # An event that stands there twice is started as it stands there first.
        alike: dict[object, list[int]] = {}
        for number in numbers:
            alike.setdefault(identity(self._source, number, self._events[number]), []).append(number)
        found: dict[int, Result | VerihookError] = {}
        for each in pool.map(lambda each: self._start_in_order(each, ports), alike.values()):
            found |= each
        for number in numbers:
            result = found[number]
            if isinstance(result, VerihookError):
                return result
            self._results.add(result)
        return None

    def _start_in_order(self, numbers: Sequence[int], ports: SplitPorts) -> dict[int, Result | VerihookError]:
        return {
            number: start_member(self._row, number, self._events[number], self._source, ports) for number in numbers
        }

    def _pause(self, pause_ms: int, ports: SplitPorts, waits_for: VerihookError | None = None) -> Outcome:
        cause = None if waits_for is None else str(waits_for)[:MAX_CAUSE]

        def edit(row: Instance, now: int) -> Instance:
            status: Status = "suspended" if row.held else "queued"
            until = now + pause_ms if pause_ms else None
            due = None if row.held else now + pause_ms
            code = None if waits_for is None else waits_for.code
            return replace(row, status=status, leased_until=until, due_at=due, updated_at=now, error=code, cause=cause)

        return "again" if self._write(edit, ports) else "lost"

    def _write(self, edit: leases.Edit, ports: SplitPorts) -> bool:
        """Write the edited row with the results so far. Return False if it went on without this splitter."""
        output = self._results.stored(self._row.id, len(self._events), ports.payloads)
        written = leases.amend(self._row, lambda row, now: replace(edit(row, now), output=output), ports)
        self._row, self._written_at = written or self._row, ports.clock.now_ms()
        return written is not None

    def _end(self, ports: SplitPorts) -> Outcome:
        failed = self._results.failed
        content = self._results.content(len(self._events))
        if failed:
            cause = f"{len(failed)} of {len(self._events)} events failed; the first: {failed[0].get('detail')}"
            return _end(self._row, Progress("failed", json_text(content), EVENTS_FAILED, cause), content, ports)
        return _end(self._row, Progress("completed", json_text(content)), content, ports)


def _leased_longer(row: Instance, now: int) -> Instance:
    return replace(row, leased_until=now + LEASE_MS, due_at=now + LEASE_MS, updated_at=now)


def _pause_ms(waits_for: VerihookError, tries: int) -> int:
    if isinstance(waits_for, RateLimited):
        return waits_for.retry_after * 1000
    return min(leases.backoff_ms(_BACKOFF_S, tries), _LONGEST_PAUSE_MS)


def _end(row: Instance, progress: Progress, content: object, ports: SplitPorts) -> Outcome:
    progress = with_bounded_output(progress, ports.payloads)
    ending = leases.edit_to_end(leases.Ending(progress, content), row, ports.workflows[row.workflow], ports.payloads)
    if not leases.write_row(row, ending, ports):
        return "lost"
    return "completed" if progress.status == "completed" else "failed"
