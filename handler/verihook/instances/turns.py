"""Lines: which instance runs now, and which ones wait until others have ended.

An instance stands in the line of its source's ``ordering``, in which one runs at a time, and then in that of its
workflow's ``max_running``. It comes into a line when it is to be started. The first members of the line run; each of
the others is queued with the error :data:`~verihook.model.instance.WAITS_ITS_TURN`. At the end of an attempt its member
is taken out, and the one that comes to the front is started by the same call. If a crash prevents that, reconcile
does: it starts those at the front, and takes out those that have ended.

A line decides, never a row or a clock: an attempt is started, or begun by a worker, only while it is at the front.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from verihook.errors import LedgerUnavailable
from verihook.instances.inputs import input_for_engine
from verihook.instances.payload import canonical_json
from verihook.instances.reading import engine_of
from verihook.model.conflict import Overtaken, retry_on_conflict
from verihook.model.instance import WAITS_ITS_TURN, Instance, execution_name, parse_execution_name
from verihook.model.ports import Place
from verihook.records import replace

if TYPE_CHECKING:
    from verihook.model.ports.sets import RecordPorts

#: At most so long after an end reconcile looks at the first instance that waits, in milliseconds, if a crash has kept
#: the instance from being started at once.
LOOK_MS = 60_000


def line_of(source: str, workflow: str, value: object) -> str | None:
    """Return the line of the events of a source with this value, for one workflow; None for the value null."""
    if value is None:
        return None
    text = f"{len(source)}:{source}:{workflow}:{canonical_json(value)}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def take_turn(instance: Instance, ports: RecordPorts, front: str = "") -> Instance | None:
    """Return the row to start, or None if others are before the instance: then its row says so.

    ``front``: the line to whose front it has just come; who is there stays there. Raises LedgerUnavailable, also if the
    line of its ordering is full: then the instance has no place in it.
    """
    for line, most in _lines(instance, ports):
        if line == front:
            continue
        place = _place_in(line, instance, most, ports)
        if place is None or place.ahead >= most:
            _note_that_it_waits(instance, place, most, ports)
            return None
    return _called(instance, ports) if instance.waits_its_turn else instance


def is_to_begin(instance: Instance, ports: RecordPorts) -> bool:
    """Whether the instance is at the front of its lines, as a worker asks that has found its row."""
    for line, most in _lines(instance, ports):
        member = _member(instance)
        place = ports.documents.place(line, member, most) or ports.documents.line_up(line, member, most)
        if place is None or place.ahead >= most:
            return False
    return True


def is_at_the_front(instance: Instance, ports: RecordPorts) -> bool:
    """Whether the instance may have been started."""
    places = ((ports.documents.place(line, _member(instance), most), most) for line, most in _lines(instance, ports))
    return all(place is not None and place.ahead < most for place, most in places)


def look(instance: Instance, ports: RecordPorts) -> Instance | None:
    """As :func:`take_turn`, for reconcile: take out those before it that have ended."""
    for line, most in _lines(instance, ports):
        place = _place_in(line, instance, most, ports)
        if place is not None and place.ahead >= most:
            # All of the front for the first that waits, and one of it for each of the others.
            checked = place.front if place.ahead == most else (place.front[place.ahead % most],)
            for member in checked:
                if _live(member, ports) is None:
                    _step_out(line, member, most, ports)
    return take_turn(instance, ports)


def leave(instance: Instance, ports: RecordPorts) -> None:
    """Take an attempt that is over out of its lines, and start those whose turn has come. Raises nothing."""
    try:
        for line, most in _lines(instance, ports):
            _step_out(line, _member(instance), most, ports)
    except Exception as error:  # noqa: BLE001  # the end is written; reconcile starts the next
        ports.telemetry.failure(f"next after {_member(instance)}", error)


def leave_at_end(instance_id: str, attempt: int, ports: RecordPorts) -> None:
    """As :func:`leave`, for an attempt of which only the name is known. Raises nothing."""
    try:
        row = ports.ledger.get(instance_id, ports.clock.now_ms())
    except LedgerUnavailable as error:
        ports.telemetry.failure(f"next after {instance_id}", error)
        return
    if row is not None:
        leave(replace(row, attempt=attempt), ports)


def _lines(instance: Instance, ports: RecordPorts) -> Iterator[tuple[str, int]]:
    """Give the lines of an instance, in the order in which it waits in them, each with how many may run."""
    if instance.runs_nothing:
        return
    if instance.line is not None:
        yield instance.line, 1
    workflow = ports.workflows.get(instance.workflow)
    if workflow is not None and workflow.max_running is not None:
        yield f"workflow#{workflow.name}", workflow.max_running


def _member(instance: Instance) -> str:
    return execution_name(instance.id, instance.attempt)


def _place_in(line: str, instance: Instance, most: int, ports: RecordPorts) -> Place | None:
    """Return the place in a line, at its end if it was not in it; None if the line of a workflow is full."""
    member = _member(instance)
    # A row that waits is in its line already, and a read costs less than a write that is refused.
    place = ports.documents.place(line, member, most) if instance.waits_its_turn else None
    place = place or ports.documents.line_up(line, member, most)
    if place is None and line == instance.line:
        raise LedgerUnavailable("Too many events with this value of the source's ordering wait; deliver again later.")
    return place


def _note_that_it_waits(instance: Instance, place: Place | None, most: int, ports: RecordPorts) -> None:
    """Write that the instance waits, and when reconcile looks at it. If the row has changed, it is left as it is."""
    now = ports.clock.now_ms()
    due = ports.pace.next_look(instance.created_at, now, queued=True)
    if place is None:
        cause = "It has no place in the line of its workflow yet, which is full."
    else:
        behind = parse_execution_name(place.behind)
        cause = f"It starts when its turn comes; before it is {behind[0] if behind else 'another instance'}."
        due = min(due, now + LOOK_MS) if place.ahead == most else due
    ports.ledger.amend(replace(instance, error=WAITS_ITS_TURN, cause=cause, due_at=due))


def _called(instance: Instance, ports: RecordPorts) -> Instance | None:
    """Write that the instance waits no more. Return its row; None if it is not to be started any more.

    In AWS the write also wakes the worker of the engine ``function``, by the stream of the table. It is made even if
    the row does not say yet that it waits: then the call that is about to write so finds another revision.
    """
    read: Instance | None = instance

    def call() -> Instance | None:
        nonlocal read
        # As it was read; if it has changed since, as it is now.
        row, read = read or _live(_member(instance), ports), None
        now = ports.clock.now_ms()
        if row is None or row.status != "queued" or row.held or row.not_before > now:
            return None
        called = replace(row, error=None, cause=None, updated_at=now, due_at=now + ports.pace.first_ms)
        if not ports.ledger.amend(called):
            raise Overtaken
        return replace(called, revision=called.revision + 1)

    return retry_on_conflict(call, "This instance")


def _live(member: str, ports: RecordPorts) -> Instance | None:
    """Return the row of a member; None if that attempt is over."""
    name = parse_execution_name(member)
    row = None if name is None else ports.ledger.get(name[0], ports.clock.now_ms())
    over = row is None or row.purged or row.final or row.attempt != (name or ("", 0))[1]
    return None if over else row


def _step_out(line: str, member: str, most: int, ports: RecordPorts) -> None:
    """Take a member out of a line, and start the one that comes to the front; if that is over, take it out, too."""
    while member := ports.documents.step_out(line, member, most):
        row = _live(member, ports)
        if row is not None:
            _start(row, line, ports)
            return


def _start(row: Instance, line: str, ports: RecordPorts) -> None:
    """Start an instance whose turn has come in a line. If its engine does not take it, reconcile finds out why."""
    try:
        called = _called(row, ports)
        if called is None or (ready := take_turn(called, ports, line)) is None:
            return
        engine, definition = engine_of(ready, ports)
        text = input_for_engine(engine, ready, ports.payloads)
        engine.start(definition, _member(ready), text, ready.connection)
    except Exception as error:  # noqa: BLE001  # the others of the lines must not wait for it
        ports.telemetry.failure(f"start {_member(row)}", error)
