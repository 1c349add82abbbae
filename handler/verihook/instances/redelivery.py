"""Replays a delivery that was accepted: what the ledger keeps of it is started once more.

That is an operator's act. Neither signature nor time is checked again, because the delivery was proven when it came,
and the workflow gets the same input, byte for byte.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from verihook.errors import DeliveryNotFound, NotSupported
from verihook.instances import lifecycle, payload
from verihook.instances.inputs import store_input, store_raw
from verihook.instances.starting import active_workflow, first_look_ms, start_when_due
from verihook.model.delivery import Delivery, Facts, OtherBytes
from verihook.model.instance import BATCH, Instance
from verihook.model.ports import Document
from verihook.records import replace
from verihook.strict_json import parse_kept

#: The most instances that are found by the delivery that they replay.
_MOST_LINKS = 1000

if TYPE_CHECKING:
    from verihook.model.ports import Payloads
    from verihook.model.ports.sets import ControlPorts, DocumentPorts
    from verihook.model.workflow import Workflow


def replay(delivery_id: str, ports: ControlPorts, *, as_new: bool) -> Instance:
    """Start a delivery again: as the next attempt of its instance, or ``as_new``, as an instance of its own.

    Return the row; that of a new instance has the delivery's facts and labels, and in ``replay_of`` its id. Raises
    DeliveryNotFound, NotActive, NotSupported, WorkflowNotFound, PayloadGone, Unavailable, and Conflict as
    :func:`verihook.instances.restart`.
    """
    row = ports.ledger.get(delivery_id, ports.clock.now_ms())
    if row is None or row.purged or row.source is None:
        raise DeliveryNotFound("There is no delivery with this id that was accepted.")
    return replay_as_new(row, ports, secrets.token_hex(20)) if as_new else lifecycle.restart(delivery_id, ports)


def links(delivery_id: str, ports: DocumentPorts) -> list[str]:
    """Return the ids of the instances by which the delivery was replayed as new."""
    return [each.name for each in ports.documents.all(_links(delivery_id), _MOST_LINKS, ports.clock.now_ms())]


def forget_links(delivery_id: str, ports: DocumentPorts) -> None:
    """Delete what :func:`links` returns."""
    for id in links(delivery_id, ports):
        ports.documents.remove(_links(delivery_id), id)


def _links(delivery_id: str) -> str:
    return f"replays#{delivery_id}"


def _link(row: Instance, fresh: Instance, workflow: Workflow, ports: ControlPorts) -> None:
    """Note the new instance at the first, before it is claimed, so that it is found by that."""
    kept_s = workflow.retention_s + workflow.longest_s
    document = Document(fresh.id, "", 1, fresh.created_at // 1000 + kept_s)
    ports.documents.add(_links(row.id), document, fresh.created_at)


def replay_as_new(row: Instance, ports: ControlPorts, new_id: str) -> Instance:
    """Start the row's input once more under this id. If the id has a row, that is what an earlier call has made."""
    if row.engine == BATCH:
        raise NotSupported(
            "A delivery of several events is replayed as a new one event by event: replay their instances."
        )
    workflow = active_workflow(row.workflow, ports.workflows)
    now = ports.clock.now_ms()
    text = payload.load(row.input, ports.payloads)
    content = parse_kept(text, f"The input of the instance {row.id}", lambda parsed: parsed)
    fresh = Instance(
        new_id,
        workflow.name,
        text,
        created_at=now,
        updated_at=now,
        version=workflow.version,
        source=row.source,
        event_id=row.event_id,
        event_type=row.event_type,
        engine=workflow.engine if row.resumption is None else row.engine,
        due_at=now + first_look_ms(workflow, ports),
        tags=row.tags,
        metadata=row.metadata,
        delivery=_linked(row, now, ports.payloads),
        line=row.line,
    )
    kept, given = store_input(text, content, fresh.id, workflow, ports)
    fresh = store_raw(replace(fresh, input=kept), ports.payloads)
    _link(row, fresh, workflow, ports)
    earlier = ports.ledger.claim(fresh)
    if earlier is not None:
        return earlier
    return replace(fresh, status=start_when_due(fresh, ports, given))


def _linked(row: Instance, now: int, payloads: Payloads) -> Delivery:
    """Return what the new row keeps: the facts, as long as those of any delivery that comes now, and the link."""
    delivery = Delivery() if row.delivery is None else row.delivery.at(now) or Delivery()
    facts = delivery.facts or Facts("", now, verified_by="")
    body = facts.body
    if body is not None and body.raw is not None:
        body = OtherBytes(body.length, body.sha256, payload.load(body.raw, payloads))
    resumption = None if row.resumption is None else replace(row.resumption, targets=(), attempt=0)
    facts = replace(facts, received_at=now, body=body)
    return replace(delivery, resumption=resumption, facts=facts, replay_of=row.id)
