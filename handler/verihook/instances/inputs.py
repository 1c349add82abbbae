"""An input as its row has it and as its engine gets it: the text, or a reference to a payload with the text.

A row gets a reference for smaller inputs than an engine does: the size of a row is the cost of each of its writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verihook.instances import payload
from verihook.model.instance import Instance
from verihook.model.ports import MAX_INLINE, Engine, Payloads, PayloadWriter
from verihook.model.workflow import Workflow

if TYPE_CHECKING:
    from verihook.model.ports.sets import RecordPorts


def store_input(
    text: str,
    content: object,
    instance_id: str,
    workflow: Workflow,
    ports: RecordPorts,
    payloads: PayloadWriter | None = None,
) -> tuple[str, str]:
    """Store a new input. Return it as its row has it, and as the engine gets it.

    ``content`` is the parsed text. ``payloads``: the store for a large one, if not that of ``ports``. Raises
    PayloadsUnavailable.
    """
    store = payloads or ports.payloads
    limit = min(MAX_INLINE, ports.engines[workflow.engine].max_input)
    given = payload.store_if_large(text, content, instance_id, limit, store)
    if given is not text or ports.ledger.has_room(text):
        return given, given
    return payload.store_if_large(text, content, instance_id, 0, store), given


def input_for_engine(engine: Engine, instance: Instance, payloads: Payloads) -> str:
    """The input of a row as its engine gets it, byte for byte the same as at its first start.

    Raises PayloadsUnavailable, PayloadGone.
    """
    if not engine.keeps_names:
        # Its worker reads the row.
        return instance.input
    return payload.inline_if_small(instance.input, min(MAX_INLINE, engine.max_input), payloads)
