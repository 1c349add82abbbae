"""Whom the event of a source with ``resume`` is for: instances that run already, or none of them.

Imported only for such a source. It is looked up before the claim, so that the row says from its first write on which
instances get the event; :mod:`verihook.instances.handover` then gives it to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verihook.errors import Conflict, EventMalformed, RequestInvalid
from verihook.instances import handover
from verihook.instances.addresses import PARAMETER, awaited, parse_address
from verihook.instances.events import check_event_name, check_payload
from verihook.instances.mailboxes import read_mailbox
from verihook.model.delivery import Delivery, EventFacts
from verihook.model.instance import FINAL, RESUME, Instance, Status, execution_name
from verihook.model.resumption import OVER, Resume, Resumption, labels_of
from verihook.records import replace
from verihook.request import json_text
from verihook.webhooks.keeping import delivery_of

if TYPE_CHECKING:
    from verihook.model.ports import Trace
    from verihook.model.ports.sets import IntakePorts
    from verihook.model.source import Source
    from verihook.webhooks.intake import ProvenEvent


#: For a row that is claimed only to find the one that is there already.
_NOTHING = Resumption("", "", (), "ignore", 0)


@dataclass(frozen=True, slots=True)
class Addressee:
    """The ids of the instances that get an event; if there are none, of those that had its labels and have ended.

    ``taken``: whether it is taken at all; if not, it is ignored.
    """

    resumed: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    taken: bool = True

    def public(self, status: Status | None = None) -> dict[str, object]:
        """Return what the answer to the sender says of it. ``status``: of the row, if the event has one.

        If it has failed, or there are too many instances, none of them gets the event, and none is named.
        """
        ended = {"ended": list(self.ended)} if self.ended else {}
        has_failed = status in FINAL and status != "completed"
        resumed = () if has_failed or len(self.resumed) > handover.MOST_TARGETS else self.resumed
        return {"resumed": list(resumed), **ended}

    def after_claim(self, fresh: Instance, existing: Instance | None, trace: Trace) -> Addressee:
        """Return whom the event of a claimed row goes to, or went to when it came before. Note it in the trace."""
        if existing is not None:
            return Addressee(handover.resumed(existing))
        if fresh.resumption is not None:
            trace.outcome = "resumed"
        return self


def address(
    source: Source, event: ProvenEvent, facts: EventFacts, row_id: str, ports: IntakePorts, trace: Trace
) -> tuple[tuple[Instance, object] | None, Addressee | None]:
    """Return the row to claim of an event that resumes instances, or waits for one, and whom it is for.

    No row: it starts what the source starts, or is ignored. Two calls of the ledger, three if it is ignored. Raises
    BodyTooLarge, EventMalformed, InputInvalid, RequestInvalid and LedgerUnavailable; Conflict at an address whose wait
    is over.
    """
    # Of a query that is too long to parse it cannot be told whether it has an address: it is refused.
    if source.waits and (named := dict(reversed(event.request.parameters())).get(PARAMETER)) is not None:
        waiting = _at_address(named, source, row_id, ports, trace.received_at)
        row = _row_of(source, waiting, event, facts, row_id, ports, trace)
        return (row, event.content), Addressee(waiting.targets)
    if source.resume is None:
        return None, None
    resumption, addressee = _by_labels(source.resume, event, facts, ports, trace)
    if resumption is None or not (addressee.resumed or resumption.otherwise == "hold"):
        if source.resume.otherwise == "start":
            return None, addressee
        existing = ports.ledger.get(row_id, trace.received_at)
        if existing is None:
            trace.outcome = "ignored"
            return None, replace(addressee, taken=False)
        # A redelivery whose instance has ended since: the claim meets the row.
        resumption = existing.resumption or _NOTHING
    return (_row_of(source, resumption, event, facts, row_id, ports, trace), event.content), addressee


def _by_labels(
    resume: Resume, event: ProvenEvent, facts: EventFacts, ports: IntakePorts, trace: Trace
) -> tuple[Resumption | None, Addressee]:
    """Return what its row keeps, None if the event has no value for a label; and the instances that have the labels."""
    labels = labels_of(resume.match, event.content, facts)
    if labels is None:
        trace.detail = "resume: the event has no value for what match names"
        return None, Addressee()
    name = _event_name(resume, event)
    found = handover.find(resume.workflow, labels, ports)
    resumption = Resumption(resume.workflow, name, labels, resume.otherwise, resume.hold_ms, found.alive, 1)
    if found.alive:
        return resumption, Addressee(found.alive)
    trace.detail = f"resume: no instance of {resumption.wanted} runs{', it has ended' if found.ended else ''}"
    return resumption, Addressee((), found.ended)


def _at_address(named: str, source: Source, row_id: str, ports: IntakePorts, now_ms: int) -> Resumption:
    """Return what the row keeps of an event that came to the address of a wait. Raises Conflict if that is over."""
    address = parse_address(named)
    if address is not None and (instance := ports.ledger.get(address.instance_id, now_ms)) is not None:
        box = read_mailbox(execution_name(instance.id, address.attempt), ports.documents, now_ms)
        name = awaited(address, source.name, box, now_ms)
        if name is not None and instance.attempt == address.attempt and not (instance.final or instance.purged):
            return Resumption(instance.workflow, name, (), OVER, 0, (instance.id,), 1)
    existing = ports.ledger.get(row_id, now_ms)
    if existing is not None and existing.resumption is not None:
        # A redelivery of the event that has ended the wait: the claim meets its row.
        return existing.resumption
    raise Conflict("Nothing waits at this address any more: it was used, its time is over, or it was never given out.")


def _row_of(
    source: Source,
    resumption: Resumption,
    event: ProvenEvent,
    facts: EventFacts,
    row_id: str,
    ports: IntakePorts,
    trace: Trace,
) -> Instance:
    transform = source.transform
    text = event.text if transform is None else json_text(transform.result(event.content, facts))
    check_payload(text)
    workflow, now = ports.workflows[source.workflow], trace.received_at
    kept = delivery_of(source, event.request, text, trace) or Delivery()
    return Instance(
        row_id,
        workflow.name,
        text,
        created_at=now,
        updated_at=now,
        version=workflow.version,
        source=source.name,
        event_id=event.id,
        event_type=event.type,
        engine=RESUME,
        due_at=now + ports.pace.first_ms,
        signed=event.signed,
        delivery=replace(kept, resumption=resumption),
    )


def _event_name(resume: Resume, event: ProvenEvent) -> str:
    """Return the name under which the event is raised. Raises EventMalformed if its type can be none."""
    name = resume.event or event.type or ""
    try:
        check_event_name(name)
    except RequestInvalid:
        raise EventMalformed(
            "resume: the event's type cannot be the name of an event; give the source resume.event."
        ) from None
    return name
