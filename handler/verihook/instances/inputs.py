"""The two forms of an input: in its row, and for its engine. Each is the text, or a reference to a payload of the text.

A row gets a reference for smaller inputs than an engine does, because each write of a row costs by the row's size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verihook.instances import payload
from verihook.model.instance import Instance
from verihook.model.ports import MAX_INLINE, Engine, Payloads, PayloadWriter
from verihook.model.workflow import Workflow
from verihook.records import replace

if TYPE_CHECKING:
    from verihook.model.ports.sets import RecordPorts

#: The most that a row keeps of a body that is not its input, in characters; a longer one becomes a payload.
RAW_ROOM = 8_192


def store_input(
    text: str,
    content: object,
    instance_id: str,
    workflow: Workflow,
    ports: RecordPorts,
    payloads: PayloadWriter | None = None,
) -> tuple[str, str]:
    """Store a new input. Return its form in the row, and its form for the engine.

    ``content`` is the parsed text. ``payloads``: the store for a large input, by default that of ``ports``. Raises
    PayloadsUnavailable.
    """
    store = payloads or ports.payloads
    limit = min(MAX_INLINE, ports.engines[workflow.engine].max_input)
    for_engine = payload.store_if_large(text, content, instance_id, limit, store)
    if for_engine is not text or ports.ledger.has_room(text):
        return for_engine, for_engine
    return payload.store_if_large(text, content, instance_id, 0, store), for_engine


def store_raw(instance: Instance, payloads: PayloadWriter) -> Instance:
    """Return the row to claim. If the body that it keeps is too long for it, store that as a payload, by one call.

    Raises PayloadsUnavailable.
    """
    delivery, facts = instance.delivery, instance.facts
    if delivery is None or facts is None or facts.body is None or facts.body.raw is None:
        return instance
    raw = payload.store_if_large(facts.body.raw, None, instance.id, RAW_ROOM, payloads)
    body = replace(facts.body, raw=raw)
    return replace(instance, delivery=replace(delivery, facts=replace(facts, body=body)))


def input_for_engine(engine: Engine, instance: Instance, payloads: Payloads) -> str:
    """Return the input of a row in its form for the engine, byte for byte the same as at the first start.

    Raises PayloadsUnavailable, PayloadGone.
    """
    if not engine.keeps_names:
        # Its worker reads the row.
        return instance.input
    return payload.inline_if_small(instance.input, min(MAX_INLINE, engine.max_input), payloads)
