"""From a request to a running attempt."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from verihook.errors import (
    EngineRefused,
    EngineUnavailable,
    IdTaken,
    NotActive,
    NotSupported,
    PayloadGone,
    PayloadsUnavailable,
    WorkflowNotFound,
)
from verihook.instances import idempotency, lines, purging
from verihook.instances.inputs import input_for_engine, store_input
from verihook.instances.progress import record_progress
from verihook.instances.reading import engine_of
from verihook.instances.replacing import replace_attempt
from verihook.instances.start_request import OnConflict, StartRequest, check_request
from verihook.model.delivery import Delivery
from verihook.model.instance import Instance, Progress, Status, execution_name
from verihook.model.workflow import Workflow
from verihook.records import replace
from verihook.request import json_text

if TYPE_CHECKING:
    from verihook.model.ports.sets import ControlPorts, RecordPorts, RowPorts, SubmitPorts

#: The longest that an express execution takes, in milliseconds: five minutes, and some time to record its end.
EXPRESS_MS = 330_000

#: The time that a worker has to begin an instance that it was woken for, in milliseconds.
WORKER_MS = 5_000


@dataclass(frozen=True, slots=True)
class Submitted:
    """The result of a start. ``created``: this call made the attempt; ``replayed``: its idempotency key was known.

    ``accepted``: the row that the answer describes, which is the same each time for one idempotency key.
    """

    instance: Instance
    replayed: bool
    created: bool
    accepted: Instance


def submit(
    request: StartRequest, scope: str, ports: SubmitPorts, admit: Callable[[], object] = lambda: None
) -> Submitted:
    """Start an instance for a caller of the API. Nothing is written before everything is checked.

    ``scope``: the owner of the idempotency keys. ``admit`` is called after the checks, and may raise. Raises
    WorkflowNotFound, NotActive, NotSupported, InputInvalid, RequestInvalid, IdTaken, IdempotencyMismatch, Unavailable.
    """
    workflow = active_workflow(request.workflow, ports.workflows)
    if request.version not in (None, workflow.version):
        raise WorkflowNotFound(f"Workflow {workflow.name!r} has version {workflow.version}, not {request.version}.")
    check_request(request, workflow, ports.caller, ports.clock.now_ms())
    content = workflow.accept(request.content)
    text = json_text(content)
    admit()
    fresh, accepted, replayed = _apply_idempotency_key(request, _new_instance(request, workflow, ports), scope, ports)
    kept_input = partial(store_input, text, content, fresh.id, workflow, ports)
    kept, engine_input = kept_input()
    fresh = replace(fresh, input=kept)
    existing = ports.ledger.claim(fresh)
    if existing is not None and request.id is not None and (not replayed or existing.updated_at < fresh.created_at):
        claimed = _claim_purged_id(existing, fresh, kept_input, ports)
        fresh, existing = (fresh, existing) if claimed is None else (claimed, None)
    if existing is None:
        return Submitted(
            replace(fresh, status=start_when_due(fresh, ports, engine_input)), replayed, created=True, accepted=accepted
        )
    # A later caller with the same key may be the first to claim the row, which then has the time of the key.
    ours = replayed or existing.created_at == fresh.created_at
    if request.idempotency_key is not None and ours and existing.event_id == fresh.event_id:
        return Submitted(existing, replayed, created=False, accepted=accepted)
    if replayed and request.on_conflict in ("restart", "replace") and _was_replaced_since(existing, fresh):
        # The instance that this key started has been replaced since: another restart would undo that later start.
        return Submitted(existing, replayed, created=False, accepted=accepted)
    taken = _resolve_conflict(existing, fresh, request.on_conflict, ports)
    return replace(taken, replayed=replayed and not taken.created)


def _claim_purged_id(
    existing: Instance, fresh: Instance, keep_input: Callable[[], object], ports: ControlPorts
) -> Instance | None:
    """Replace a tombstone by the new row, for a start that names its id. Return None if the id is not free."""
    if not purging.is_reusable(existing, fresh):
        return None
    if existing.leased_until is not None:
        # A purge was stopped in between, or is under way.
        if existing.leased_until > ports.clock.now_ms() or not purging.finish_purge(existing, ports):
            return None
        existing = ports.ledger.get(existing.id, ports.clock.now_ms()) or existing
    # Keep the input again: the purge may have deleted the payload of the new instance, too.
    keep_input()
    following = replace(fresh, attempt=existing.attempt + 1, revision=existing.revision)
    return replace(following, revision=following.revision + 1) if ports.ledger.amend(following) else None


def _was_replaced_since(existing: Instance, fresh: Instance) -> bool:
    return existing.created_at > fresh.created_at and not existing.purged and existing.workflow == fresh.workflow


def _apply_idempotency_key(
    request: StartRequest, fresh: Instance, scope: str, ports: SubmitPorts
) -> tuple[Instance, Instance, bool]:
    """The row to claim, the row that the answer describes, and whether the idempotency key was used before."""
    if request.idempotency_key is None:
        return fresh, fresh, False
    start = idempotency.FirstStart(fresh.id, fresh.version, fresh.created_at, fresh.start_at)
    fingerprint, key = _fingerprint_of(request), request.idempotency_key
    first, replayed = idempotency.claim_key(scope, key, fingerprint, start, ports)
    if replayed and request.clear_on_failure and _has_failed(first.instance_id, ports):
        first, replayed = idempotency.reclaim_key(scope, key, fingerprint, start, first, ports)
    fresh = replace(
        fresh,
        id=first.instance_id,
        created_at=first.created_at,
        start_at=first.start_at,
        # For a start by the API the key stands in for the event's id: it says what the instance was started for.
        event_id=idempotency.digest_of_key(scope, key),
    )
    return fresh, replace(fresh, version=first.version), replayed


def _has_failed(instance_id: str, ports: RowPorts) -> bool:
    """Return whether the instance has failed. A terminated one has not: its operator did not want it to go on."""
    instance = ports.ledger.get(instance_id, ports.clock.now_ms())
    return instance is not None and not instance.purged and instance.status in ("failed", "timed_out")


def _fingerprint_of(request: StartRequest) -> str:
    """Return the fingerprint of all of the request but its time: with a ``delay``, that is later at every try."""
    labels = [list(request.tags), dict(request.metadata)]
    what = [request.workflow, request.id, request.content, request.version]
    return idempotency.fingerprint([*what, request.connection, request.callback_url, labels])


def active_workflow(name: str, workflows: Mapping[str, Workflow]) -> Workflow:
    """The workflow of this name. Raises WorkflowNotFound, NotActive unless its status is active, and NotSupported."""
    workflow = workflows.get(name)
    if workflow is None:
        raise WorkflowNotFound(f"There is no workflow {name[:63]!r}.")
    if workflow.status != "active":
        raise NotActive(f"Workflow must be active to run. Current status: {workflow.status}")
    if workflow.refusal is not None:
        raise NotSupported(workflow.refusal)
    return workflow


def first_look_ms(workflow: Workflow, ports: RecordPorts) -> int:
    """Return how long after its claim reconcile looks at an instance for the first time.

    An express execution is left to the call that started it until it has ended. The engine ``function`` has nothing but
    the row, and its worker reports the end: reconcile only repairs what a crash left.
    """
    if workflow.express:
        return EXPRESS_MS
    first_ms = ports.pace.first_ms
    return first_ms if ports.engines[workflow.engine].keeps_names else max(first_ms, WORKER_MS)


def start_when_due(instance: Instance, ports: ControlPorts, engine_input: str | None = None) -> Status:
    """Start a claimed instance now, or leave it queued until its time. ``engine_input`` as in :func:`start`."""
    if instance.not_before > ports.clock.now_ms():
        return "queued"
    return start(instance, ports, engine_input)


def start(
    instance: Instance, ports: ControlPorts, engine_input: str | None = None, *, tries_again: bool = False
) -> Status:
    """Start a claimed instance in its engine.

    ``tries_again``: raises EngineUnavailable if the engine is throttled, as the caller asks it again, more slowly.
    ``engine_input``: the input in the engine's form; None if it must be read from the row or its payload.
    Returns ``queued`` if the engine did not confirm: the row is durable, and reconcile starts it. An express execution
    has ended when this returns.
    """
    name = execution_name(instance.id, instance.attempt)
    called = lines.take_turn(instance, ports) if lines.may_wait(instance, ports) else instance
    if called is None:
        return "queued"
    instance = called
    try:
        engine, definition = engine_of(instance, ports)
        if (refusal := ports.workflows[instance.workflow].refusal) is not None:
            raise EngineUnavailable(refusal)
        engine_input = engine_input or input_for_engine(engine, instance, ports.payloads)
        if not ports.workflows[instance.workflow].express:
            return engine.start(definition, name, engine_input, instance.connection)
        progress = engine.run(definition, name, engine_input)
    except EngineRefused as error:
        progress = Progress("failed", error="EngineRefused", cause=str(error))
    except PayloadGone as error:
        progress = Progress("failed", error="InputUnreadable", cause=str(error))
    except (EngineUnavailable, PayloadsUnavailable) as error:
        if tries_again and isinstance(error, EngineUnavailable) and error.throttled:
            raise
        ports.telemetry.failure(f"start {name}", error)
        return "queued"
    record_progress(instance.id, instance.attempt, progress, instance.created_at, ports, instance.workflow)
    return progress.status


def _resolve_conflict(existing: Instance, fresh: Instance, policy: OnConflict, ports: ControlPorts) -> Submitted:
    if existing.workflow != fresh.workflow:
        # The caller may start this workflow, and need not learn what has ids of others.
        raise IdTaken(existing.id)
    if policy == "return" and not existing.purged:
        return Submitted(existing, replayed=False, created=False, accepted=existing)
    if (policy == "restart" or (policy == "replace" and existing.final)) and not existing.purged:
        following = replace_attempt(existing, fresh, ports)
        if following is not None:
            begun = replace(following, status=start_when_due(following, ports))
            return Submitted(begun, replayed=False, created=True, accepted=begun)
        current = ports.ledger.get(existing.id, ports.clock.now_ms()) or existing
        if policy == "restart":
            return Submitted(current, replayed=False, created=False, accepted=current)
    raise IdTaken(existing.id)


def _new_instance(request: StartRequest, workflow: Workflow, ports: RecordPorts) -> Instance:
    now = ports.clock.now_ms()
    return Instance(
        request.id or secrets.token_hex(16),
        workflow.name,
        "",
        created_at=now,
        updated_at=now,
        version=workflow.version,
        engine=workflow.engine,
        due_at=max(now + first_look_ms(workflow, ports), request.start_at or 0),
        start_at=request.start_at,
        tags=tuple(dict.fromkeys(request.tags)),
        metadata=dict(request.metadata),
        connection=request.connection,
        callback_url=request.callback_url,
        delivery=None if request.trace is None else Delivery(None, {"traceparent": request.trace}),
    )
