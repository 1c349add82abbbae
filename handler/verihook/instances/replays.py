"""Signed bytes that come again under another event id.

Some senders sign their body, and neither the event's id nor a time (GitHub): a captured delivery can be sent again
under any id. The digest of what was signed is remembered with the instance that it started, so that a second id for
it is seen. Two events may have equal bodies (their topic stands in a header), so a second id is refused only if the
source says so, or if the sender's documentation says that no two bodies are equal.

The same id always passes: what is remembered is the instance id, which is derived from the event's id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verihook.errors import Duplicate, LedgerUnavailable
from verihook.model.instance import Instance
from verihook.model.ports import Document, Trace

if TYPE_CHECKING:
    from verihook.model.ports.sets import ControlPorts, DocumentPorts

#: Each digest has a partition of its own, so that no source is slower for it.
_NAME = "instance"


def check_before_claim(fresh: Instance, ports: ControlPorts, trace: Trace) -> None:
    """Raise Duplicate for a replay, before the claim, so that it leaves no row. Raises LedgerUnavailable, too.

    If the process dies after this, the sender delivers the same id again, which passes.
    """
    trace.replay_of = _first_instance(fresh, ports)
    if trace.replay_of is not None:
        raise Duplicate(
            f"The very bytes that are signed were delivered before, under another event id; their instance is "
            f"{trace.replay_of}."
        )


def check_after_claim(fresh: Instance, ports: ControlPorts, trace: Trace) -> None:
    """Note a replay in the trace, after the claim, which has found redeliveries. No failure stops the event."""
    try:
        trace.replay_of = _first_instance(fresh, ports)
    except LedgerUnavailable as error:
        ports.telemetry.failure(f"replays {fresh.id}", error)


def replay_of(instance: Instance, ports: DocumentPorts) -> str | None:
    """The instance that the same signed bytes started first, None if that is this one. One read if it has any."""
    if instance.signed is None:
        return None
    first = ports.documents.read(_partition(instance), _NAME, ports.clock.now_ms())
    return None if first is None or first.text == instance.id else first.text


def _first_instance(fresh: Instance, ports: ControlPorts) -> str | None:
    """Another instance that these bytes started; None if there is none, and then they are remembered. One write.

    They are remembered as long as the instance's row, which is kept from its end on. A purge leaves them.
    """
    if fresh.signed is None:
        return None
    workflow = ports.workflows[fresh.workflow]
    kept_s = workflow.retention_s + workflow.longest_s
    document = Document(_NAME, fresh.id, 1, fresh.created_at // 1000 + kept_s)
    first = ports.documents.add(_partition(fresh), document, fresh.created_at)
    return None if first is None or first.text == fresh.id else first.text


def _partition(instance: Instance) -> str:
    return f"signed#{instance.source}#{instance.signed}"
