"""Whom the event of a source with ``resume`` is for: instances that run already, or none of them.

Imported only for such a source. It is looked up before the claim, so that the row says from its first write on which
instances get the event; :mod:`verihook.instances.handover` then gives it to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verihook.errors import EventMalformed, RequestInvalid
from verihook.instances import handover
from verihook.instances.events import check_event_name, check_payload
from verihook.instances.handover import Found
from verihook.model.delivery import Delivery, EventFacts
from verihook.model.instance import Instance
from verihook.model.resumption import ENGINE, Resume, Resumption, labels_of
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

    def public(self) -> dict[str, object]:
        """Return what the answer to the sender says of it."""
        ended = {"ended": list(self.ended)} if self.ended else {}
        return {"resumed": list(self.resumed), **ended}

    def after_claim(self, fresh: Instance, existing: Instance | None, trace: Trace) -> Addressee:
        """Return whom the event of a claimed row goes to, or went to when it came before. Note it in the trace."""
        if existing is not None:
            return Addressee(() if existing.resumption is None else existing.resumption.targets)
        if fresh.resumption is not None:
            trace.outcome = "resumed"
        return self


def address(
    source: Source, event: ProvenEvent, facts: EventFacts, row_id: str, ports: IntakePorts, trace: Trace
) -> tuple[tuple[Instance, object] | None, Addressee]:
    """Return the row to claim of an event that resumes instances, or waits for one, and whom it is for.

    No row: it starts the source's own workflow, or is ignored. Two calls of the ledger, three if it is ignored. Raises
    BodyTooLarge, EventMalformed, InputInvalid and LedgerUnavailable.
    """
    resume = source.resume
    labels = None if resume is None else labels_of(resume.match, event.content, facts)
    if resume is None or labels is None:
        trace.detail = "resume: the event has no value for what match names"
        found, resumption = Found((), ()), None
    else:
        found = handover.find(resume.workflow, labels, ports)
        resumption = Resumption(
            resume.workflow, _event_name(resume, event), labels, resume.otherwise, resume.hold_ms, found.alive, 1
        )
        if not found.alive:
            trace.detail = f"resume: no instance of {resumption.wanted} runs{', it has ended' if found.ended else ''}"
    addressee = Addressee(found.alive, () if found.alive else found.ended)
    if resumption is None or not (found.alive or resumption.otherwise == "hold"):
        if resume is None or resume.otherwise == "start":
            return None, addressee
        existing = ports.ledger.get(row_id, trace.received_at)
        if existing is None:
            trace.outcome = "ignored"
            return None, replace(addressee, taken=False)
        # A redelivery whose instance has ended since: the claim meets the row.
        resumption = existing.resumption or _NOTHING
    return (_row_of(source, resumption, event, facts, row_id, ports, trace), event.content), addressee


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
        engine=ENGINE,
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
