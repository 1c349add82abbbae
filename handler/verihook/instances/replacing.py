"""Stops an attempt, and puts the next one into its place."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from verihook.errors import EngineRefused, PayloadGone
from verihook.instances import history, lines
from verihook.instances.inputs import input_for_engine
from verihook.instances.progress import record_end
from verihook.instances.reading import engine_of
from verihook.model.instance import FINAL, Instance, Progress, execution_name
from verihook.records import replace

if TYPE_CHECKING:
    from verihook.model.ports.sets import ControlPorts, RowPorts

#: How long after its claim the start of an instance may still be under way, in milliseconds: after that, Lambda has
#: stopped the invocation that claimed it.
UNDER_WAY_MS = 60_000


def replace_attempt(existing: Instance, fresh: Instance, ports: ControlPorts) -> Instance | None:
    """Stop ``existing`` if it still runs, and put ``fresh`` into its place as the next attempt.

    Return the new attempt, which is to be started; None if another caller restarted the instance first. Raises
    EngineUnavailable if the old attempt cannot be stopped; then nothing was changed.
    The old attempt is stopped before the row changes: a crash between the two leaves an instance that ends
    ``terminated``, never two that run.
    """
    attempt = existing.attempt
    while existing.attempt == attempt:
        if not existing.final:
            if record_end(existing, stop_attempt(existing, "restarted", ports), ports):
                existing = _current_row(existing, ports)
                continue
            existing = replace(existing, status="terminated", updated_at=ports.clock.now_ms(), cause="restarted")
        history.save_attempt(existing, ports)
        following = replace(fresh, attempt=attempt + 1, revision=existing.revision)
        if ports.ledger.amend(following):
            lines.leave(existing, ports)
            return replace(following, revision=following.revision + 1)
        # If only the end of the stopped attempt was recorded in between, this call still restarts it.
        existing = _current_row(existing, ports)
    return None


def _current_row(instance: Instance, ports: RowPorts) -> Instance:
    """Return the row as it is now; if it is gone or purged, the former row with attempt 0."""
    current = ports.ledger.get(instance.id, ports.clock.now_ms())
    return replace(instance, attempt=0) if current is None or current.purged else current


def stop_attempt(instance: Instance, cause: str, ports: ControlPorts) -> Progress | None:
    """Stop the present attempt in its engine. Return how it had ended before, or None if this call stopped it.

    Raises EngineUnavailable. The ledger learns of an end late, so only the engine knows whether there was still
    something to stop. If another caller may be starting the attempt just now, this call starts it first: its name is
    then taken, so that the other start does nothing and never runs beside the next attempt. Any later start comes from
    reconcile, which stops an execution whose attempt is over.
    """
    engine, definition = engine_of(instance, ports)
    name = execution_name(instance.id, instance.attempt)
    now = ports.clock.now_ms()
    if ports.workflows[instance.workflow].express:
        # An express execution cannot be stopped, and starting it would run it.
        return None
    put_off = instance.held or instance.not_before > now or now - instance.updated_at > UNDER_WAY_MS
    if not put_off and lines.may_wait(instance, ports):
        put_off = not lines.is_at_the_front(instance, ports)
    if instance.status == "queued" and engine.keeps_names and not put_off:
        with suppress(EngineRefused, PayloadGone):
            engine.start(definition, name, input_for_engine(engine, instance, ports.payloads), instance.connection)
    engine.stop(definition, name, cause)
    found = engine.describe(definition, name)
    return found if found is not None and found.status in FINAL - {"terminated"} else None


def running_again(instance: Instance, ports: ControlPorts) -> Instance:
    """Return the row of an instance that has failed, as that of its attempt that goes on."""
    now = ports.clock.now_ms()
    return replace(
        instance,
        status="running",
        updated_at=now,
        due_at=now + ports.pace.again_ms,
        expires_at=None,
        output=None,
        error=None,
        cause=None,
        callback_tries=0,
    )
