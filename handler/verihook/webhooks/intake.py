"""An event that is proven genuine becomes an instance: filter, validate, claim, start.

Both kinds of delivery end here: those over HTTP (:mod:`verihook.webhooks.receive`) and the messages of queues and
topics (:mod:`verihook.webhooks.feeds`). An accepted event costs one ledger write and one engine start, a duplicate one
write; :mod:`verihook.instances.replays` costs one write more for senders that sign neither the event's id nor a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from verihook import instances
from verihook.errors import Duplicate
from verihook.instances import holding, limits, lines, payload, replays
from verihook.instances.inputs import store_input, store_raw
from verihook.instances.starting import first_look_ms, start_when_due
from verihook.model import deadline
from verihook.model.delivery import EventFacts
from verihook.model.instance import Instance, Status
from verihook.model.ports import Trace
from verihook.model.source import Source
from verihook.records import replace
from verihook.request import Reply, Request, json_text
from verihook.senders.event import is_wanted, refined
from verihook.webhooks.identity import id_of, identity_of
from verihook.webhooks.keeping import delivery_of, passed_headers, payload_keys, raw_in_row
from verihook.webhooks.start_time import start_time

if TYPE_CHECKING:
    from verihook.model.ports.sets import ControlPorts, IntakePorts
    from verihook.webhooks.addressing import Addressee


# Not frozen: one is made of every delivery, and a frozen one takes three times as long to make.
@dataclass(slots=True)
class ProvenEvent:
    """A genuine event: its JSON text, the same parsed, the event's id and type if it has them.

    ``request``: what brought it; a message of a queue as a request whose path is the ARN of its feed. ``signed``: the
    digest of what its sender signed, if a captured delivery could come again under another id.
    ``action``: what refines its type.
    """

    content: Any
    text: str
    id: str | None
    type: str | None
    request: Request
    signed: str | None = None
    action: str | None = None


# Not frozen: one is made of every delivery, and a frozen one takes three times as long to make.
@dataclass(slots=True)
class IntakeResult:
    """What became of an event. ``instance_id`` and ``status`` are None if the source does not want it.

    ``others``: if the source starts several workflows, the results of all but the first. ``addressee``: which
    instances the event is for, if the source has ``resume``. ``reply``: what the source's entry answers in place of us.
    """

    instance_id: str | None
    status: Status | None
    duplicate: bool
    workflow: str = field(default="", compare=False)
    others: tuple[IntakeResult, ...] = ()
    addressee: Addressee | None = field(default=None, compare=False)
    reply: Reply | None = None


_NOTHING = IntakeResult(None, None, duplicate=False)


@dataclass(slots=True)
class _Claimed:
    """A row after its claim. ``given``: the input for its engine; ``existing``: the row that was there already."""

    fresh: Instance
    given: str
    existing: Instance | None


def start_for_event(source: Source, event: ProvenEvent, ports: IntakePorts, trace: Trace) -> IntakeResult:
    """Start the workflows of the source, unless the event is known already or not wanted. Fill in the trace.

    If the source has ``resume``, the event goes to the instances that it is for in place of a start.

    Raises NotActive, NotSupported, InputInvalid, RateLimited or Duplicate; then nothing was accepted. Raises
    Unavailable; then, of several workflows, the first ones may have started, and the next delivery of the event starts
    the others.
    """
    trace.event_type, trace.event_id = event.type, event.id
    if not _is_wanted(event, source, trace):
        trace.outcome = "ignored"
        return _NOTHING
    if source.entry:
        # Imported here: few sources have one.
        from verihook.webhooks.entering import enter

        entered = enter(source, event, ports, trace)
        taken = _NOTHING if entered.source is None else _take_in(entered.source, event, ports, trace)
        return replace(taken, reply=entered.reply)
    return _take_in(source, event, ports, trace)


def _take_in(source: Source, event: ProvenEvent, ports: IntakePorts, trace: Trace) -> IntakeResult:
    addressed = addressee = None
    with deadline.part(deadline.CLAIM_SHARE):
        if source.resume is not None or source.waits:
            from verihook.webhooks import addressing

            row_id = id_of(source, source.workflow, identity_of(source, event, trace), ports.instance_key)
            addressed, addressee = addressing.address(source, event, _facts_of(source, event), row_id, ports, trace)
            if addressee is not None and not addressee.taken:
                return IntakeResult(None, None, duplicate=False, addressee=addressee)
        # Each row is made, and each input checked, before the first is claimed.
        rows = [addressed] if addressed else [_new_row(source, event, name, ports, trace) for name in source.workflows]
        trace.instance_id = rows[0][0].id
        claimed = [_claim(fresh, content, source, ports, trace, first=fresh is rows[0][0]) for fresh, content in rows]
    trace.outcome = "accepted" if None in [each.existing for each in claimed] else "duplicate"
    results = [_started(each, source, ports, trace) for each in claimed]
    if addressee is not None:
        results[0].addressee = addressee.after_claim(rows[0][0], claimed[0].existing, trace)
    return results[0] if len(results) == 1 else replace(results[0], others=tuple(results[1:]))


def _claim(
    fresh: Instance, content: object, source: Source, ports: IntakePorts, trace: Trace, *, first: bool
) -> _Claimed:
    """Claim a row. ``first``: of the rows of this delivery; what holds of the delivery is looked at with that one."""
    # Most sources remember nothing of what was signed.
    refuses_replays = first and fresh.signed is not None and source.refuses_replays
    if refuses_replays:
        replays.check_before_claim(fresh, ports, trace)
    payloads = ports.recent_payloads.without_repeats(ports.payloads, trace.received_at)
    kept, given = store_input(fresh.input, content, fresh.id, ports.workflows[fresh.workflow], ports, payloads)
    if kept is not fresh.input:
        fresh = replace(fresh, input=kept)
    fresh = store_raw(fresh, payloads)
    if first and source.starts_per_minute is not None:
        limits.spend_token(f"source#{source.name}", source.starts_per_minute, ports)
    if fresh.held:
        holding.take_ticket(fresh, ports)
    existing = ports.ledger.claim(fresh)
    for key in payload_keys(fresh):
        ports.recent_payloads.note(key, existing or fresh, trace.received_at)
    if existing is None and first and not refuses_replays:
        replays.check_after_claim(fresh, ports, trace)
    if existing is None and fresh.held:
        fresh = holding.settled(fresh, ports)
    return _Claimed(fresh, given, existing)


def _started(claimed: _Claimed, source: Source, ports: IntakePorts, trace: Trace) -> IntakeResult:
    fresh, existing = claimed.fresh, claimed.existing
    if existing is not None:
        return _redelivered(existing, fresh, claimed.given, source, ports, trace)
    return IntakeResult(fresh.id, _start_now(fresh, ports, claimed.given), duplicate=False, workflow=fresh.workflow)


def _is_wanted(event: ProvenEvent, source: Source, trace: Trace) -> bool:
    """Whether the source's filters let the event pass; if not, ``trace`` has the reason in words."""
    if source.types and not is_wanted(event.type, source.types, event.action):
        trace.detail = f"types: {refined(event.type, event.action) or 'an event without a type'} is not among them"
    elif not source.types and event.type in source.sender.places.pings:
        trace.detail = f"{event.type}: the sender's test; name it in types if it is to start a workflow"
    elif source.when is not None and not source.when.holds(event.content, _facts_of(source, event)):
        trace.detail = "when: the expression is not true of the event"
    else:
        return True
    return False


def _facts_of(source: Source, event: ProvenEvent) -> EventFacts:
    return EventFacts(source.name, event.type, event.id, passed_headers(source, event.request))


def _start_now(fresh: Instance, ports: ControlPorts, given: str) -> Status:
    """Start an instance whose row is durable, or leave it until its time, or until its workflow is not paused.

    Its engine is not waited for, as reconcile starts what is not started in time. An Express machine is waited for: its
    end is the answer.
    """
    if fresh.status != "queued":
        # It is held, or was started behind what was held.
        return fresh.status
    if fresh.resumption is not None:
        return _hand_over_now(fresh, ports)
    if ports.workflows[fresh.workflow].express:
        return instances.start(fresh, ports, given)
    with deadline.at_most(deadline.START_MS):
        return start_when_due(fresh, ports, given)


def _hand_over_now(row: Instance, ports: ControlPorts) -> Status:
    from verihook.instances import handover

    with deadline.at_most(deadline.START_MS):
        return handover.hand_over(row, ports)


def _new_row(
    source: Source, event: ProvenEvent, name: str, ports: IntakePorts, trace: Trace
) -> tuple[Instance, object]:
    """The row to claim for the workflow ``name``, with the whole text of its input, and that parsed.

    It holds nothing of the delivery but the event, so every retry starts the same.
    """
    workflow, held = holding.workflow_for(name, source, ports)
    transform = source.transform
    content = event.content if transform is None else transform.result(event.content, _facts_of(source, event))
    content = workflow.accept(content)
    now, start_at = trace.received_at, None
    if source.delay is not None or source.start_at is not None:
        start_at = start_time(source, event.content, _facts_of(source, event), now)
    # The very text that came, unless it was transformed, or the schema's defaults were put in.
    text = event.text if content is event.content else json_text(content)
    identity = identity_of(source, event, trace)
    instance = Instance(
        id_of(source, name, identity, ports.instance_key),
        workflow.name,
        text,
        created_at=now,
        updated_at=now,
        version=workflow.version,
        source=source.name,
        event_id=event.id,
        event_type=event.type,
        engine=workflow.engine,
        due_at=max(now + first_look_ms(workflow, ports), start_at or 0),
        start_at=start_at,
        signed=event.signed,
        delivery=delivery_of(source, event.request, text, trace),
        metadata=_metadata(source, event) if source.metadata else {},
        line=lines.line_of_event(source, name, event.content, _facts_of(source, event)) if source.ordering else None,
    )
    if held:
        error, cause = holding.reason(workflow)
        instance = replace(instance, status="suspended", held=True, error=error, cause=cause)
    return instance, content


def _metadata(source: Source, event: ProvenEvent) -> dict[str, str]:
    from verihook.model.resumption import metadata_of

    return metadata_of(source.metadata, event.content, _facts_of(source, event))


def _has_changed(existing: Instance, fresh: Instance, source: Source, ports: ControlPorts) -> bool:
    # An event that resumes has no defaults of its workflow's schema put in.
    comparable = not existing.purged and (existing.resumption is None) == (fresh.resumption is None)
    if not comparable or payload.same_json(existing.input, fresh.input, ports.payloads):
        return False
    if not source.entry:
        return True
    from verihook.webhooks.entering import has_other_body

    return has_other_body(existing, fresh)


def _redelivered(
    existing: Instance, fresh: Instance, given: str, source: Source, ports: IntakePorts, trace: Trace
) -> IntakeResult:
    """The event is known already: the source's policies decide. It is not refused if another workflow is new."""
    carrier = None if existing.delivery is None else existing.delivery.carrier
    if carrier is not None and fresh.delivery is not None and carrier == fresh.delivery.carrier:
        # This very attempt of the delivery has claimed it, and was stopped, or has the event twice.
        return IntakeResult(existing.id, existing.status, duplicate=False, workflow=fresh.workflow)
    changed = _has_changed(existing, fresh, source, ports)
    trace.changed = trace.changed or changed
    if changed and source.keep == "full" and trace.request is not None:
        trace.changed_body = raw_in_row(trace.request.body)
    known = trace.outcome == "duplicate"
    if known and changed and source.changed == "reject":
        raise Duplicate(f"The event was delivered before, with another body; its instance is {existing.id}.")
    if known and source.duplicates == "reject":
        raise Duplicate(f"The event was delivered before; its instance is {existing.id}.")
    if existing.resumption is not None and not (existing.final or existing.held or existing.purged):
        return IntakeResult(existing.id, _hand_over_now(existing, ports), duplicate=True, workflow=fresh.workflow)
    if source.duplicates == "restart" and not existing.purged:
        following = instances.replace_attempt(existing, fresh, ports)
        if following is not None:
            following = holding.settled(following, ports) if following.held else following
            status = _start_now(following, ports, given)
            return IntakeResult(following.id, status, duplicate=True, workflow=fresh.workflow)
        existing = ports.ledger.get(existing.id, ports.clock.now_ms()) or existing
    if existing.line is not None and existing.status == "queued" and not existing.waits_its_turn:
        # Before it was in its line, its first delivery may have been cut off.
        existing = replace(existing, status=_start_now(existing, ports, given))
    return IntakeResult(existing.id, existing.status, duplicate=True, workflow=fresh.workflow)
