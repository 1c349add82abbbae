"""Hands the event of a delivery over to the instances that it is for, once, wherever a process dies in between.

The row of the delivery is durable before the sender has its answer, and says which instances get the event before one
of them does. Each gets it under the delivery's own id, by which its mailbox knows it if it comes again. The call that
claimed the row, a redelivery and reconcile do the same here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verihook.errors import (
    Conflict,
    EngineUnavailable,
    InputInvalid,
    InstanceNotFound,
    NotActive,
    NotSupported,
    PayloadGone,
    Unavailable,
)
from verihook.instances import payload
from verihook.instances.events import has_taken, raise_for
from verihook.instances.mailboxes import Event
from verihook.instances.progress import record_progress, retention_s
from verihook.instances.reading import get, input_of, search
from verihook.instances.starting import active_workflow, first_look_ms, start_when_due
from verihook.model.delivery import Delivery
from verihook.model.instance import Instance, Progress, Status, execution_name, iso
from verihook.model.listing import Search
from verihook.model.resumption import NO_INSTANCE, OVER, Resumption
from verihook.records import replace
from verihook.request import json_text
from verihook.strict_json import parse_kept

if TYPE_CHECKING:
    from verihook.model.ports.sets import ControlPorts, RowPorts

#: To more instances than this an event is not handed over: its labels do not say whom it is for.
MOST_TARGETS = 50

#: At most so long after an instance has begun, what is held for it is handed over, in milliseconds.
LOOK_MS = 60_000


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of the instances with the labels: those that have not ended, and some that have."""

    alive: tuple[str, ...]
    ended: tuple[str, ...]


def find(workflow: str, labels: tuple[tuple[str, str], ...], ports: RowPorts) -> Found:
    """Return the instances of the workflow that have all these labels, the newest first."""
    ended: list[str] = []

    def is_alive(row: Instance) -> bool:
        if row.final:
            ended.append(row.id)
        return not row.final

    wanted = Search(workflow=workflow, labels=labels)
    rows = search(wanted, MOST_TARGETS + 1, None, ports, also=is_alive).instances
    return Found(tuple(row.id for row in rows), tuple(ended[:MOST_TARGETS]))


def resumed(row: Instance) -> tuple[str, ...]:
    """Return the ids of the instances that have the event of a row, or get it while it is queued; () if none has.

    A row of a list has no output: then they are those that were chosen, of which some may have ended meanwhile.
    """
    if row.resumption is None or (row.final and row.status != "completed"):
        return ()
    if row.status == "completed" and row.output is not None:
        return tuple(parse_kept(row.output, f"The output of {row.id}", lambda found: found.get("resumed", ())))
    return row.resumption.targets if len(row.resumption.targets) <= MOST_TARGETS else ()


def hand_over(instance: Instance, ports: ControlPorts) -> Status:
    """Hand the event of a row over, or let become of it what its source says. Return the status of the row.

    ``queued`` if something did not answer or another process was quicker: the row is durable, and reconcile goes on.
    """
    try:
        return _bring(instance, ports)
    except (Unavailable, NotActive, NotSupported) as error:
        ports.telemetry.failure(f"resume by {instance.id}", error)
        return "queued"


def _bring(instance: Instance, ports: ControlPorts) -> Status:
    resumption = _of(instance)
    chosen_now = resumption.attempt == instance.attempt and bool(resumption.targets)
    if not chosen_now and resumption.otherwise != OVER:
        chosen = _choose(instance, ports)
        if chosen is None:
            return "queued"
        instance, resumption = chosen, _of(chosen)
    if len(resumption.targets) > MOST_TARGETS:
        why = f"More than {MOST_TARGETS} instances of {resumption.wanted} run: give each a label of its own."
        return _end(instance, Progress("failed", None, "TooManyInstances", why), ports)
    try:
        text = payload.load(instance.input, ports.payloads)
    except PayloadGone as error:
        return _end(instance, Progress("failed", None, "InputUnreadable", str(error)), ports)
    took = [target for target in resumption.targets if _give(target, instance, text, ports)]
    if took:
        output = json_text({"event": resumption.event, "resumed": took})
        return _end(instance, Progress("completed", output), ports)
    # All of them have ended, or there was none.
    return _without_instance(instance, ports)


def _choose(instance: Instance, ports: ControlPorts) -> Instance | None:
    """Write which instances get the event, before one of them does. Return the row; None if another was quicker."""
    resumption = _of(instance)
    targets = find(resumption.workflow, resumption.labels, ports).alive
    if not targets:
        return instance
    now = ports.clock.now_ms()
    chosen = _with(instance, replace(resumption, targets=targets, attempt=instance.attempt))
    due = ports.pace.next_look(instance.created_at, now, queued=True)
    chosen = replace(chosen, status="queued", error=None, cause=None, updated_at=now, due_at=due)
    return _written(chosen, ports)


def _give(target_id: str, row: Instance, text: str, ports: ControlPorts) -> bool:
    """Raise the event for an instance. Return whether it has it, now or since a try before."""
    # A replay of the delivery is another attempt of the row, and another event.
    event_id = execution_name(row.id, row.attempt)
    try:
        target = get(target_id, ports)
        resumption = _of(row)
        raise_for(target, Event(event_id, resumption.event, text, ports.clock.now_ms()), ports)
        if resumption.otherwise == OVER:
            # Another delivery may have ended the wait meanwhile, or its time.
            return has_taken(target, event_id, ports)
    except (InstanceNotFound, NotSupported):
        return False
    except Conflict as error:
        target = get(target_id, ports)
        if not target.final:
            raise EngineUnavailable(str(error)) from error
        return has_taken(target, event_id, ports)
    return True


def _without_instance(instance: Instance, ports: ControlPorts) -> Status:
    """Let become of the event what the source says for it if no instance is there, or none any more."""
    resumption = _of(instance)
    if resumption.otherwise == "ignore":
        return _end(instance, Progress("completed", json_text({"event": resumption.event, "resumed": []})), ports)
    if resumption.otherwise == OVER:
        why = "Nothing waits at this address any more: it was used, or its time is over."
        return _end(instance, Progress("failed", None, "WaitOver", why), ports)
    if resumption.otherwise == "start":
        return _start_instead(instance, ports)
    now = ports.clock.now_ms()
    until = instance.created_at + resumption.hold_ms
    if now >= until:
        kept_until = iso(now + retention_s(instance.workflow, ports.workflows) * 1000)
        why = (
            f"No instance of {resumption.wanted} ran within {resumption.hold_ms // 3_600_000} hours. Until {kept_until}"
            " it is kept, and a redrive or a replay looks once more."
        )
        return _end(instance, Progress("failed", None, NO_INSTANCE, why), ports)
    due = min(ports.pace.next_look(instance.created_at, now, queued=True), now + LOOK_MS, until)
    held = replace(
        _with(instance, replace(resumption, targets=())),
        status="suspended",
        error=NO_INSTANCE,
        cause=f"Waits until an instance of {resumption.wanted} is started, until {iso(until)} at the latest.",
        updated_at=now,
        due_at=due,
    )
    return "queued" if _written(held, ports) is None else "suspended"


def _start_instead(instance: Instance, ports: ControlPorts) -> Status:
    """Make the row an instance of the source's own workflow, and start it."""
    workflow = active_workflow(instance.workflow, ports.workflows)
    content = input_of(instance, ports.payloads)
    try:
        accepted = workflow.accept(content)
    except InputInvalid as error:
        return _end(instance, Progress("failed", None, "InputInvalid", str(error)), ports)
    now = ports.clock.now_ms()
    started = replace(
        _with(instance, None),
        engine=workflow.engine,
        version=workflow.version,
        input=instance.input if accepted is content else json_text(accepted),
        status="queued",
        error=None,
        cause=None,
        updated_at=now,
        due_at=now + first_look_ms(workflow, ports),
    )
    written = _written(started, ports)
    return "queued" if written is None else start_when_due(written, ports)


def _end(instance: Instance, progress: Progress, ports: ControlPorts) -> Status:
    began, workflow = instance.created_at, instance.workflow
    record_progress(instance.id, instance.attempt, progress, began, ports, workflow, counted=False)
    return progress.status


def _written(instance: Instance, ports: RowPorts) -> Instance | None:
    """Write the row. Return it as it is now; None if another writer was quicker."""
    return replace(instance, revision=instance.revision + 1) if ports.ledger.amend(instance) else None


def _with(instance: Instance, resumption: Resumption | None) -> Instance:
    delivery = replace(instance.delivery or Delivery(), resumption=resumption)
    return replace(instance, delivery=None if delivery == Delivery() else delivery)


def _of(instance: Instance) -> Resumption:
    if instance.resumption is None:
        raise ValueError(f"{instance.id} resumes nothing")
    return instance.resumption
