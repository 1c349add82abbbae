"""The operations on an instance after its start: suspend, resume, terminate, restart, redrive, purge."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from verihook.errors import BodyTooLarge, Conflict, NotSupported
from verihook.instances import lines, payload, purging, replacing, starting
from verihook.instances.events import open_gate
from verihook.instances.measuring import measure_end
from verihook.instances.progress import cut, record_end, record_progress, store_output
from verihook.instances.reading import engine_of, get
from verihook.model.conflict import Overtaken, retry_on_conflict
from verihook.model.instance import INSTANCE_ID, Instance, Progress, execution_name
from verihook.model.ports import MAX_CAUSE
from verihook.records import replace
from verihook.request import json_text

if TYPE_CHECKING:
    from verihook.model.ports.sets import ControlPorts, ReadPorts, RecordPorts, RowPorts

_ABSENT = object()


def terminate(instance_id: str, ports: ControlPorts, reason: str = "", output: object = _ABSENT) -> Instance:
    """End the instance. Return its row.

    ``output``: the output to give it. Raises Conflict if the instance has ended, even if only its engine knows that so
    far; BodyTooLarge for an output that is too large to keep.

    The engine stops the instance before the row is written: after a crash in between, reconcile finds the end.
    """
    instance = _get_not_final(instance_id, ports)
    reason = cut(reason, MAX_CAUSE) or ""
    text = None if output is _ABSENT else json_text(output)
    if text is not None and (why := payload.too_large(text, ports.payloads)) is not None:
        raise BodyTooLarge(why)
    _raise_if_ended(instance, replacing.stop_attempt(instance, reason or "terminated", ports), ports)
    progress = Progress("terminated", text, None, reason or None)
    if not record_progress(instance.id, instance.attempt, progress, instance.created_at, ports, instance.workflow):
        # The engine's own report of the stop was quicker: add the reason and the output, which it does not know.
        return _complete_end(instance, progress, ports)
    return get(instance_id, ports)


def suspend(instance_id: str, ports: ControlPorts, reason: str = "") -> Instance:
    """Let no further step of the instance start, not even the first. Nothing happens if it is suspended already.

    Raises Conflict if it has ended, NotSupported if its engine cannot suspend.
    """
    why = cut(reason, MAX_CAUSE) or None
    before = get(instance_id, ports)

    def hold(instance: Instance) -> Instance:
        nonlocal before
        _raise_if_final(instance)
        if instance.held and not instance.held_by_pause:
            return instance
        before = instance
        error = None if instance.held_by_pause else instance.error
        # The row stays due: if a start was under way, reconcile finds the instance running.
        return replace(instance, held=True, status="suspended", error=error, cause=why)

    held = _amend(instance_id, hold, ports)
    engine, definition = engine_of(held, ports)
    name = execution_name(held.id, held.attempt)
    found = _describe(held, ports)
    _raise_if_ended(held, found, ports)
    try:
        if before.status == "running" or found is not None:
            engine.suspend(definition, name)
    except NotSupported:

        def undo(instance: Instance) -> Instance:
            if instance.final or instance.attempt != held.attempt:
                return instance
            return replace(instance, held=False, status=before.status, due_at=before.due_at, cause=before.cause)

        _amend(instance_id, undo, ports)
        raise
    return held


def resume(instance_id: str, ports: ControlPorts) -> Instance:
    """Let the instance go on. Nothing happens if it is not suspended. Raises Conflict if it has ended."""

    def release(instance: Instance) -> Instance:
        _raise_if_final(instance)
        if not instance.held and instance.status != "suspended":
            return instance
        status = ("queued" if found is None else "running") if instance.status == "suspended" else instance.status
        due = max(ports.clock.now_ms() + ports.pace.first_ms, instance.not_before)
        error = None if instance.held_by_pause else instance.error
        return replace(instance, held=False, status=status, due_at=due, error=error, cause=None)

    before = _get_not_final(instance_id, ports)
    if not before.held and before.status != "suspended":
        return before
    # The engine first: after a crash in between, the row is still held, and the next call resumes it. Also if the
    # ledger says queued: the instance may have started since, and its engine may hold it.
    engine, definition = engine_of(before, ports)
    name = execution_name(before.id, before.attempt)
    engine.resume(definition, name)
    found = _describe(before, ports)
    _raise_if_ended(before, found, ports)
    released = _amend(instance_id, release, ports)
    if released.revision > before.revision + 1:
        # Another writer came in between, perhaps reconcile, which then has suspended it again.
        engine.resume(definition, name)
    if released.status == "queued":
        return replace(released, status=starting.start_when_due(released, ports))
    open_gate(released, ports)
    return released


def _describe(instance: Instance, ports: ReadPorts) -> Progress | None:
    """What the engine says of the instance; None for an express one and for a row that waits for its worker."""
    engine, definition = engine_of(instance, ports)
    if ports.workflows[instance.workflow].express or not engine.keeps_names:
        return None
    return engine.describe(definition, execution_name(instance.id, instance.attempt))


def _raise_if_ended(instance: Instance, progress: Progress | None, ports: RecordPorts) -> None:
    """Record an end that the engine knows, and raise Conflict for it."""
    if progress is not None and record_end(instance, progress, ports):
        raise Conflict(f"The instance is {progress.status} already.", instance_id=instance.id)


def restart(instance_id: str, ports: ControlPorts, attempt: int | None = None) -> Instance:
    """Begin a new attempt under the same id with the same input; stop a running one first.

    ``attempt``: the one to follow, None for any. Raises Conflict if another caller was quicker, NotActive if the
    workflow is not active.
    """
    return _begin_again(_get_attempt(instance_id, attempt, ports), ports)


def _get_attempt(instance_id: str, attempt: int | None, ports: RowPorts) -> Instance:
    """Return the row. Raises Conflict if it is of another attempt than this; None for any."""
    instance = get(instance_id, ports)
    if attempt not in (None, instance.attempt):
        raise _was_restarted(instance_id)
    return instance


def _was_restarted(instance_id: str) -> Conflict:
    return Conflict(f"The instance {instance_id!r} was restarted by another caller.", instance_id=instance_id)


def _begin_again(instance: Instance, ports: ControlPorts) -> Instance:
    starting.active_workflow(instance.workflow, ports.workflows)
    following = replacing.replace_attempt(instance, _next_attempt(instance, ports), ports)
    if following is None:
        raise _was_restarted(instance.id)
    return replace(following, status=starting.start_when_due(following, ports))


def redrive(instance_id: str, ports: ControlPorts, attempt: int | None = None, token: str = "") -> Instance:
    """Continue a failed instance at the step that failed, or begin a new attempt if its engine cannot do that.

    ``attempt``: the one to continue, None for any. ``token``: as in :meth:`verihook.model.ports.Engine.redrive`. Raises
    Conflict if it has not failed.
    """
    instance = _get_attempt(instance_id, attempt, ports)
    if instance.status not in ("failed", "timed_out", "terminated"):
        raise Conflict(
            f"Only what failed can be redriven; this instance is {instance.status}.", instance_id=instance_id
        )
    starting.active_workflow(instance.workflow, ports.workflows)
    engine, definition = engine_of(instance, ports)
    if not engine.continues:
        return _begin_again(instance, ports)

    def revive(current: Instance) -> Instance:
        if current.status != instance.status or current.attempt != instance.attempt:
            raise Conflict(f"The instance is {current.status} by now.", instance_id=instance_id)
        return replacing.running_again(current, ports)

    if not lines.may_begin(instance, ports):
        lines.leave(instance, ports)
        why = "Another instance is before it in its line: redrive it when that has ended, or restart it, to wait."
        raise Conflict(why, instance_id=instance_id)
    # The row first: after a crash in between, reconcile finds that the instance has failed. The other way round, the
    # row would say failed for good while the instance runs.
    revived = _amend(instance_id, revive, ports)
    if engine.redrive(definition, execution_name(instance.id, instance.attempt), token):
        return revived

    def undo(current: Instance) -> Instance:
        if current.attempt != instance.attempt:
            raise _was_restarted(instance_id)
        return replace(instance, revision=current.revision)

    _amend(instance_id, undo, ports)
    return restart(instance_id, ports)


def purge(instance_id: str, ports: ControlPorts, force: bool = False) -> None:
    """Delete all that is kept of the instance, and leave a tombstone (:mod:`verihook.instances.purging`).

    The tombstone is written first, so that no start takes the id while its remains are deleted. A purge that was
    stopped in between is finished by the next call, which raises InstanceNotFound as for any tombstone. Raises
    Conflict while the instance runs, unless ``force`` terminates it first.
    """
    row = ports.ledger.get(instance_id, ports.clock.now_ms()) if INSTANCE_ID.fullmatch(instance_id) else None
    if row is not None and row.purged:
        purging.finish_purge(row, ports)
    instance = get(instance_id, ports)
    if not instance.final:
        if not force:
            raise Conflict(f"The instance is {instance.status}; terminate it first, or force.", instance_id=instance_id)
        with suppress(Conflict):  # it may have ended by itself since it was read
            terminate(instance_id, ports, "purged")
    instance = get(instance_id, ports)
    # Raises if the engine is not configured, before anything is deleted.
    engine_of(instance, ports)

    def to_tombstone(current: Instance) -> Instance:
        if current.attempt != instance.attempt or not current.final:
            raise Conflict(f"The instance is {current.status} again.", instance_id=instance_id)
        return purging.tombstone_of(current, ports.clock.now_ms())

    purging.delete_remains(_amend(instance_id, to_tombstone, ports), ports)


def _next_attempt(instance: Instance, ports: ControlPorts) -> Instance:
    """Return the row of the next attempt, which begins no sooner than the time that the start asked for."""
    now = ports.clock.now_ms()
    later = instance.start_at if instance.start_at is not None and instance.start_at > now else None
    return replace(
        instance,
        created_at=now,
        updated_at=now,
        status="queued",
        version=ports.workflows[instance.workflow].version,
        due_at=max(now + starting.first_look_ms(ports.workflows[instance.workflow], ports), later or 0),
        expires_at=None,
        output=None,
        error=None,
        cause=None,
        held=False,
        start_at=later,
        tries=0,
        begun_at=None,
        leased_until=None,
        callback_tries=0,
    )


def _complete_end(instance: Instance, progress: Progress, ports: ControlPorts) -> Instance:
    """Add the caller's reason and output to the row of a terminated attempt. Raises Conflict if it ended otherwise."""

    def complete(current: Instance) -> Instance:
        if current.attempt != instance.attempt or current.status != "terminated":
            raise Conflict(f"The instance is {current.status}.", instance_id=instance.id)
        text = store_output(instance.id, progress.output, ports.payloads)
        return replace(current, output=text or current.output, cause=progress.cause or current.cause)

    completed = _amend(instance.id, complete, ports)
    # An engine that wrote the end itself has started no other instance, and measured nothing.
    lines.leave(completed, ports)
    if completed.engine == "function":
        measure_end(completed.workflow, "terminated", completed.created_at, ports)
    return completed


def _get_not_final(instance_id: str, ports: RowPorts) -> Instance:
    instance = get(instance_id, ports)
    _raise_if_final(instance)
    return instance


def _raise_if_final(instance: Instance) -> None:
    if instance.final:
        raise Conflict(f"The instance is {instance.status} already.", instance_id=instance.id)


def _amend(instance_id: str, edit: Callable[[Instance], Instance], ports: RowPorts) -> Instance:
    """Write the edited row. ``edit`` runs again on the newer row if another writer was quicker."""

    def write() -> Instance:
        current = get(instance_id, ports)
        fresh = edit(current)
        if fresh == current:
            return current
        fresh = replace(fresh, updated_at=ports.clock.now_ms())
        if ports.ledger.amend(fresh):
            return replace(fresh, revision=fresh.revision + 1)
        raise Overtaken

    return retry_on_conflict(write, "This instance")
