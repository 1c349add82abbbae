"""An input as its row has it, and as its engine is given it: the text, or a reference to the payload that it is.

A row has a reference sooner than an engine: what would make every write of the row dear is kept apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verihook.instances import payload
from verihook.model.instance import Instance
from verihook.model.ports import MAX_INLINE, Engine, Payloads, Puts
from verihook.model.workflow import Workflow

if TYPE_CHECKING:
    from verihook.model.ports.sets import RecordPorts


def store_input(
    text: str,
    content: object,
    instance_id: str,
    workflow: Workflow,
    ports: RecordPorts,
    payloads: Puts | None = None,
) -> tuple[str, str]:
    """A fresh input as its row has it, and as the engine is given it.

    ``content`` is the parsed text. ``payloads``: where it is put, if not in those of ``ports``. Raises
    PayloadsUnavailable.
    """
    where = payloads or ports.payloads
    limit = min(MAX_INLINE, ports.engines[workflow.engine].max_input)
    given = payload.store_if_large(text, content, instance_id, limit, where)
    if given is not text or ports.ledger.has_room(text):
        return given, given
    return payload.store_if_large(text, content, instance_id, 0, where), given


def input_for_engine(engine: Engine, instance: Instance, payloads: Payloads) -> str:
    """The input of a row as its engine is given it, the very same as at its first start.

    Raises PayloadsUnavailable, PayloadGone.
    """
    if not engine.keeps_names:
        # The worker reads it itself.
        return instance.input
    return payload.inline_if_small(instance.input, min(MAX_INLINE, engine.max_input), payloads)
