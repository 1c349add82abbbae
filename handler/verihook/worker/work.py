"""The worker: runs the functions of the engine ``function``, which are the operator's code.

One worker at a time runs an attempt (:mod:`verihook.worker.leases`). If a worker dies, the function is called again: it
runs at least once, and its end is written once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from verihook.adapters.printable import words
from verihook.errors import EventMalformed, PayloadGone, RequestInvalid
from verihook.instances import lines, payload
from verihook.instances.measuring import measure_end
from verihook.instances.progress import with_bounded_output
from verihook.model.instance import Instance, Progress, execution_name
from verihook.model.workflow import Workflow
from verihook.strict_json import parse_json
from verihook.worker import leases
from verihook.worker.functions import Context, Functions, Interrupted, NotJson, OutOfTime
from verihook.worker.leases import MARGIN_MS, Ending
from verihook.worker.stream import is_of_stream, queued_attempt, sequence

if TYPE_CHECKING:
    from verihook.model.ports.sets import WorkPorts

#: ``again``: it failed and is tried again later. ``skipped``: it was not to be run now, and nothing was done.
#: ``lost``: the row went on without this worker, whose result was dropped.
Outcome = Literal["completed", "failed", "timed_out", "again", "skipped", "lost"]

#: Returns how long the invocation may still go on, in milliseconds: Lambda's ``context.get_remaining_time_in_millis``.
RemainingMs = Callable[[], int]

#: The time that an invocation keeps for its last writes, in milliseconds.
_RESERVE_MS = 2_000


class TooLarge(Exception):
    """What the function returned is larger than an output may be."""


@dataclass(frozen=True, slots=True)
class _TryResult:
    """The result of a try.

    ``content``: the output, parsed. ``final``: another try would not help. ``raised``: the error for the log.
    """

    progress: Progress
    content: object = None
    final: bool = False
    raised: Exception | None = None


def run_batch(
    event: Mapping[str, Any], functions: Functions, ports: WorkPorts, remaining_ms: RemainingMs | None = None
) -> dict[str, Any]:
    """Run the instances of one invocation of the Lambda function: of a batch of the table's stream.

    Return ``{"batchItemFailures": [{"itemIdentifier"}]}``: the records to deliver again. Raises RequestInvalid for
    another shape. https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    """
    if not is_of_stream(event):
        raise RequestInvalid("The worker takes batches of the table's stream alone; feeds and tasks go to Feeds.")
    return {
        "batchItemFailures": [
            {"itemIdentifier": number} for number in _run_records(event["Records"], functions, ports, remaining_ms)
        ]
    }


def run_try(
    instance_id: str, attempt: int, functions: Functions, ports: WorkPorts, limit_ms: int | None = None
) -> Outcome:
    """Run one try of an attempt, if it is to be run now.

    ``limit_ms``: the longest that a try may take here, if the workflow allows more. Raises LedgerUnavailable and
    PayloadsUnavailable: before the lease, nothing has happened; after it, the lease runs out and the try is repeated.
    """
    now = ports.clock.now_ms()
    row = ports.ledger.get(instance_id, now)
    if row is None or not (leases.may_begin(row, attempt, now) and lines.may_begin(row, ports)):
        return "skipped"
    workflow = ports.workflows.get(row.workflow)
    if workflow is None or workflow.definition not in functions:
        # hooks.toml has lost the workflow: the instance waits until it is put back.
        ports.telemetry.failure(f"work {instance_id}", LookupError(f"no function for workflow {row.workflow!r}"))
        return "skipped"
    if row.tries > workflow.retries:
        lost = Progress("timed_out", None, "WorkerLost", f"No worker reported how try {row.tries} ended.")
        return _write_end(row, _TryResult(lost), workflow, ports)
    try:
        event = parse_json(payload.load(row.input, ports.payloads), "The input")
    except (EventMalformed, PayloadGone) as error:
        return _write_end(row, _TryResult(Progress("failed", None, "InputUnreadable", str(error))), workflow, ports)
    timeout_ms = workflow.timeout_s * 1000
    timeout_ms = timeout_ms if limit_ms is None else max(min(timeout_ms, limit_ms), 1)
    leased = leases.acquire(row, timeout_ms + MARGIN_MS, ports)
    if leased is None:
        return "skipped"
    try:
        tried = _call_function(leased, event, workflow.definition, timeout_ms, functions, ports)
    except Interrupted:
        return "skipped" if leases.write_row(leased, leases.give_back, ports) else "lost"
    try:
        return _write_result(leased, tried, workflow, ports)
    finally:
        # The record comes first, in case the log fails.
        if tried.raised is not None:
            name = f"function {execution_name(leased.id, leased.attempt)} try {leased.tries}"
            ports.telemetry.failure(name, tried.raised)


def _call_function(
    row: Instance, event: object, definition: str, timeout_ms: int, functions: Functions, ports: WorkPorts
) -> _TryResult:
    """Call the function. An error goes to the row in words, and then to the log with its stack.

    Raises Interrupted.
    """
    try:
        result = functions.call(definition, event, _context_of(row, timeout_ms, ports), timeout_ms)
    except Interrupted:
        raise
    except OutOfTime as error:
        return _TryResult(Progress("timed_out", None, "Timeout", str(error)), raised=error.with_traceback(None))
    except NotJson as error:
        return _not_json(error)
    except Exception as error:  # noqa: BLE001  # the operator's code may raise anything
        return _TryResult(Progress("failed", None, type(error).__name__, words(error)), raised=error)
    try:
        output = json.dumps(result, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return _not_json(error)
    ended = with_bounded_output(Progress("completed", output), ports.payloads)
    if ended.output is None:
        return _TryResult(ended, final=True, raised=TooLarge(ended.cause))
    return _TryResult(ended, result, final=True)


def _not_json(error: Exception) -> _TryResult:
    cause = f"What the function returned is not JSON: {str(error)[:200]}"
    return _TryResult(Progress("failed", None, "OutputNotJson", cause), final=True, raised=error.with_traceback(None))


def _write_result(row: Instance, tried: _TryResult, workflow: Workflow, ports: WorkPorts) -> Outcome:
    if tried.final or row.tries > workflow.retries:
        return _write_end(row, tried, workflow, ports)
    return "again" if leases.write_row(row, leases.edit_to_retry(tried.progress, workflow), ports) else "lost"


def _write_end(row: Instance, tried: _TryResult, workflow: Workflow, ports: WorkPorts) -> Outcome:
    ending = leases.edit_to_end(Ending(tried.progress, tried.content), row, workflow, ports.payloads)
    if not leases.write_row(row, ending, ports):
        return "lost"
    lines.leave(row, ports)
    # A later try tells nothing of how long the worker took to come.
    delay_ms = (row.begun_at or row.created_at) - max(row.created_at, row.start_at or 0) if row.tries == 1 else None
    measure_end(row.workflow, tried.progress.status, row.created_at, ports, delay_ms)
    match tried.progress.status:
        case "completed":
            return "completed"
        case "timed_out":
            return "timed_out"
    return "failed"


def _context_of(row: Instance, timeout_ms: int, ports: WorkPorts) -> Context:
    until = (row.begun_at or row.updated_at) + timeout_ms
    return Context(
        row.id,
        row.attempt,
        row.tries,
        row.workflow,
        row.source,
        row.event_id,
        lambda: max(until - ports.clock.now_ms(), 0),
        row.connection,
        row.event_type,
        row.event_facts.headers,
    )


def _run_records(
    records: list[dict[str, Any]], functions: Functions, ports: WorkPorts, remaining_ms: RemainingMs | None
) -> list[str]:
    """Run the instances of the records, in order. Return the sequence numbers of those to be delivered again.

    An instance that kills the process (or is out of time) does not block its shard: it is leased by then, so the next
    worker skips it, and reconcile has it begun again when the lease is over.
    """
    longest = max((each.timeout_s for each in ports.workflows.values() if each.engine == leases.ENGINE), default=0)
    failed: list[str] = []
    for number, record in enumerate(records):
        room = None if remaining_ms is None else remaining_ms() - _RESERVE_MS
        if number and room is not None and room < longest * 1000:
            # Lambda goes on from the first failed record, in another invocation, which has its whole time.
            return [*failed, *(sequence(later) for later in records[number:])]
        try:
            _run_record(record, functions, ports, room)
        except Exception as error:  # noqa: BLE001  # a record that fails must not stop the others
            ports.telemetry.failure(f"work {sequence(record)}", error)
            failed.append(sequence(record))
    return failed


def _run_record(record: Mapping[str, Any], functions: Functions, ports: WorkPorts, limit_ms: int | None) -> None:
    """Run the instance of a stream record, if it waits for a worker."""
    queued = queued_attempt(record, leases.ENGINE)
    if queued is not None:
        run_try(*queued, functions, ports, limit_ms)
