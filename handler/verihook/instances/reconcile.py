"""Reconcile: starts instances that no engine has confirmed, refreshes rows that are stale, and posts callbacks.

The same code runs on a schedule in AWS, to repair what a lost event or a crash left, and in a loop on one machine,
which is also how the end of an execution is noticed there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING

from verihook import instances
from verihook.errors import EngineUnavailable, InstanceNotFound, LedgerUnavailable, NotSupported
from verihook.instances import callbacks, given_up, handover, holding, lines, measuring
from verihook.instances.reading import engine_of
from verihook.instances.round_report import Report
from verihook.instances.start_rate import Starts
from verihook.model.instance import FINAL, Instance, Progress, execution_name
from verihook.model.ports import Engine
from verihook.model.workflow import Workflow
from verihook.records import replace

if TYPE_CHECKING:
    from verihook.model.ports.sets import ReconcilePorts

#: The threads of a round: how many instances are repaired, or callbacks posted, at the same time; and with a rate, as a
#: start and its record take some 60 ms in AWS.
THREADS, MOST_THREADS = 8, 24

#: With a rate, no round of repairs begins so long after the first, in milliseconds: the next minute's call goes on.
REPAIRS_MS = 55_000

#: After this many failures the engine of a workflow is not asked again in this call: each try may take seconds.
MAX_OUTAGES = 5

#: The share of an invocation's time that is left to the callbacks after the repairs.
CALLBACKS_SHARE = 0.4

#: The longest that a round of callbacks takes, in milliseconds: 64 of them, eight at a time, ten seconds each, and
#: some margin.
ROUND_MS = 90_000

#: How long no other round posts a callback of which a try may be under way, in milliseconds.
POSTING_MS = 60_000


def reconcile(
    ports: ReconcilePorts, limit: int = 200, remaining_ms: Callable[[], int] | None = None, starts: Starts | None = None
) -> Report:
    """One round over at most ``limit`` instances that are due. Raises LedgerUnavailable; the next round goes on.

    ``remaining_ms()``: how long this may go on, in milliseconds. With it, rounds follow each other until nothing is due
    or the time is over: after an outage there may be more to start than one round takes. ``starts``: how fast instances
    are started; None: as fast as it goes.
    """
    began = ports.clock.now_ms()
    starts = starts or Starts()
    reserve_ms = 0.0 if remaining_ms is None else remaining_ms() * CALLBACKS_SHARE

    def left_ms() -> float:
        if starts.rate is not None and ports.clock.now_ms() - began >= REPAIRS_MS:
            return -1.0
        return inf if remaining_ms is None else remaining_ms() - reserve_ms

    releases = holding.Releases(ports, lambda: remaining_ms is None or remaining_ms() > reserve_ms)

    def repair(instance: Instance) -> Report:
        # The instance may have ended since the index was read: then there is nothing to repair or to run again.
        if instance.final or left_ms() < _takes_ms(instance, ports.workflows):
            return Report()
        if instance.held_by_pause and (workflow := ports.workflows.get(instance.workflow)) is not None:
            return Report(looked=1, started=releases.look_at(instance, workflow))
        return _repair(instance, ports, starts)

    threads = THREADS if starts.rate is None else MOST_THREADS
    return _rounds(repair, ports, limit, left_ms if remaining_ms else None, ended=False, threads=threads)


def _takes_ms(instance: Instance, workflows: Mapping[str, Workflow]) -> int:
    """Return how long the repair of an instance may take: an express execution is run to its end."""
    workflow = workflows.get(instance.workflow)
    return instances.EXPRESS_MS if workflow is not None and workflow.express else 0


def call_back(ports: ReconcilePorts, limit: int = 64, remaining_ms: Callable[[], int] | None = None) -> Report:
    """Post the callbacks that are due of at most ``limit`` instances, in one round.

    Callbacks have rounds of their own, so that a slow receiver delays no repair.
    ``remaining_ms`` as in :func:`reconcile`. Raises LedgerUnavailable; the next round goes on.
    """

    def post(instance: Instance) -> Report:
        try:
            return _try_callback(instance, ports) if instance.final else Report(looked=1)
        except LedgerUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  # one callback that fails must not stop the others
            ports.telemetry.failure(f"callback {instance.id}", error)
            return Report(looked=1, postponed=1)

    left_ms = (lambda: remaining_ms() - ROUND_MS) if remaining_ms else None
    return _rounds(post, ports, limit, left_ms, ended=True, threads=THREADS)


def _rounds(
    look: Callable[[Instance], Report],
    ports: ReconcilePorts,
    limit: int,
    left_ms: Callable[[], float] | None,
    *,
    ended: bool,
    threads: int,
) -> Report:
    """One round or, with ``left_ms``, rounds until nothing is due or no time is left."""
    report = Report()
    while True:
        due = ports.ledger.due(ports.clock.now_ms(), limit, ended=ended)
        throttled = report.throttled
        _look_at_each(look, due, report, threads)
        # What was throttled is due still.
        if (len(due) < limit and report.throttled == throttled) or left_ms is None or left_ms() < 0:
            return report


def _look_at_each(look: Callable[[Instance], Report], due: list[Instance], report: Report, threads: int) -> None:
    """Call ``look`` with each instance, several at a time, and add each result to the report."""
    if len(due) < 2:
        results = [look(instance) for instance in due]
    else:
        with ThreadPoolExecutor(threads, "reconcile") as pool:
            results = list(pool.map(look, due))
    for result in results:
        report.add(result)


def _repair(instance: Instance, ports: ReconcilePorts, starts: Starts) -> Report:
    report = Report(looked=1)
    now = ports.clock.now_ms()
    late, confirmed = measuring.is_late(instance, now), False
    try:
        if starts.outages[instance.workflow] >= MAX_OUTAGES:
            raise EngineUnavailable(
                f"The engine of {instance.workflow} did not answer {MAX_OUTAGES} times: not asked again now."
            )
        progress = _describe_or_start(instance, ports, report, starts)
        if progress is not None:
            confirmed = progress.status != "queued"
            began, name = instance.created_at, instance.workflow
            written = instances.record_progress(instance.id, instance.attempt, progress, began, ports, name)
            report.finished += written and progress.status in FINAL
    except Exception as error:  # noqa: BLE001  # one instance that fails must not stop the others
        if starts.rate is not None and instance.status == "queued" and getattr(error, "throttled", False):
            # No write: it is due, and so the first of the next round.
            if starts.rate.throttled():
                ports.telemetry.failure(f"reconcile {instance.id}", error)
            if late:
                _note_late(instance, False, report, now, ports)
            return Report(looked=1, throttled=1)
        # Also if its workflow is no longer in hooks.toml: the instance waits until the operator puts it back.
        ports.telemetry.failure(f"reconcile {instance.id}", error)
        starts.outages[instance.workflow] += isinstance(error, EngineUnavailable)
        report.postponed += 1
        # If the ledger itself is down this raises, and the round is over.
        _look_later(instance, ports)
    if late:
        _note_late(instance, confirmed, report, now, ports)
    return report


def _note_late(instance: Instance, confirmed: bool, report: Report, now: int, ports: ReconcilePorts) -> None:
    """Remember an instance that still waits for its start; measure how long one has waited that has begun."""
    if confirmed:
        ports.late.starts.drop(instance.id)
        report.delays_ms.append(now - measuring.waits_since(instance))
    else:
        ports.late.starts.note(instance.id, measuring.waits_since(instance))


def _describe_or_start(instance: Instance, ports: ReconcilePorts, report: Report, starts: Starts) -> Progress | None:
    """Return what the engine says of the instance; None if another round has it, or nothing is to be written.

    An instance that the engine does not know is started, which is idempotent, unless an operator has suspended it.
    Once the engine throttles the asking, what is queued is started without: Step Functions describes 15 a second, and
    starts 300. If the engine knew it, a later look says how it stands.
    """
    engine, definition = engine_of(instance, ports)
    # An express execution answers once and is not kept: there is nothing to ask.
    express = ports.workflows[instance.workflow].express
    progress = None if express else starts.describe(instance, engine, definition)
    if progress is None and instance.held:
        _look_later(instance, ports)
        return None
    if progress is None:
        return _start(instance, engine, ports, report, starts)
    if progress.status == "running" and (instance.leased_until or 0) > ports.clock.now_ms():
        # A worker runs it: look again when the lease is over. If it has just ended, nothing is written.
        ports.ledger.amend(replace(instance, due_at=instance.leased_until))
        return None
    if progress.status not in FINAL:
        instances.hand_over_pending(instance, ports)
    if instance.held and progress.status == "running":
        _suspend_again(instance, engine, definition, ports)
        return None
    if instance.held and progress.status == "suspended":
        _look_later(replace(instance, status="suspended"), ports)
        return None
    return progress


def _start(
    instance: Instance, engine: Engine, ports: ReconcilePorts, report: Report, starts: Starts
) -> Progress | None:
    """Start what the engine does not know, or hand over the event that it resumes another with. Return as above."""
    if instance.resumption is not None:
        if handover.hand_over(instance, ports) == "queued":
            _look_later(instance, ports)
        else:
            report.started += 1
        return None
    if lines.may_wait(instance, ports) and lines.look(instance, ports) is None:
        return None
    # The name of an express execution does not prevent a second run: no other round may start it until it must have
    # ended.
    express = ports.workflows[instance.workflow].express
    if express and not _postpone(instance, instances.EXPRESS_MS, ports):
        return None
    rate = starts.rate if engine.keeps_names and not express else None
    if rate is not None:
        rate.wait()
    status = instances.start(instance, ports, tries_again=rate is not None)
    report.started += 1
    if rate is not None and status == "running":
        rate.taken()
    # ``queued`` is no outage if the row waits for its worker.
    starts.outages[instance.workflow] += status == "queued" and engine.keeps_names
    # The start of an express execution writes its end. If the answer was lost, it may still run, and stays postponed.
    return None if express else Progress(status)


def _look_later(instance: Instance, ports: ReconcilePorts) -> bool:
    """Write this row with its next time, only if no other writer was quicker: one that is resumed stays as it is."""
    now = ports.clock.now_ms()
    due = ports.pace.next_look(instance.created_at, now, queued=instance.status == "queued")
    return ports.ledger.amend(replace(instance, due_at=due))


def _postpone(instance: Instance, milliseconds: int, ports: ReconcilePorts) -> bool:
    """Make the instance due again only after this time, so that no other round takes it until then.

    Return False if another round has it, or the row has changed since.
    """
    return ports.ledger.amend(replace(instance, due_at=ports.clock.now_ms() + milliseconds))


def _suspend_again(instance: Instance, engine: Engine, definition: str, ports: ReconcilePorts) -> None:
    """Suspend an instance that is held and runs: the call that suspended it was stopped, or its start was under way.

    The row is written after that, on condition that it is the one that was read: if it has been resumed in between,
    either this write is refused, or the call that resumes it finds another revision, and resumes the engine once more.
    """
    name = execution_name(instance.id, instance.attempt)
    try:
        engine.suspend(definition, name)
    except NotSupported:
        # Held in the row alone: the call that suspended it was stopped before it put the row right.
        _look_later(replace(instance, status="suspended" if instance.status == "suspended" else "running"), ports)
        return
    # If the engine cannot suspend it, a gate in the workflow does.
    if _look_later(replace(instance, status="suspended"), ports):
        return
    with suppress(InstanceNotFound):
        if not instances.get(instance.id, ports).held:
            engine.resume(definition, name)


def _try_callback(instance: Instance, ports: ReconcilePorts) -> Report:
    """Try the callback once, and write when the next try is due."""
    report = Report(looked=1)
    if not _postpone(instance, POSTING_MS, ports):
        # A restart was quicker: the new attempt has a callback of its own.
        return report
    following = callbacks.deliver(instance, ports)
    in_vain = following.due_at is None and following.callback_tries > instance.callback_tries
    if in_vain:
        # Before the row: else a crash could leave a callback that no list has.
        given_up.note(following, ports)
    written = ports.ledger.amend(replace(following, revision=instance.revision + 1))
    report.called_back = written and following.due_at is None
    if following.due_at is not None:
        report.not_taken = 1
        ports.late.callbacks.note(instance.id, instance.updated_at)
        return report
    ports.late.callbacks.drop(instance.id)
    report.taken, report.given_up = not in_vain, in_vain
    return report
