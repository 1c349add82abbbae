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

#: The name of the one document of a digest. Each digest has its own partition, so that a busy source has no hot one.
_DOCUMENT_NAME = "instance"


def check_before_claim(fresh: Instance, ports: ControlPorts, trace: Trace) -> None:
    """Raise Duplicate for a replay, before the claim, so that the replay leaves no row. Raises LedgerUnavailable, too.

    If the process dies before the claim, the sender delivers the same id again, which passes.
    """
    trace.replay_of = _first_instance(fresh, ports)
    if trace.replay_of is not None:
        raise Duplicate(
            f"The very bytes that are signed were delivered before, under another event id; their instance is "
            f"{trace.replay_of}."
        )


def check_after_claim(fresh: Instance, ports: ControlPorts, trace: Trace) -> None:
    """Note a replay in the trace, after the claim, which has recognised redeliveries. No failure stops the event."""
    try:
        trace.replay_of = _first_instance(fresh, ports)
    except LedgerUnavailable as error:
        ports.telemetry.failure(f"replays {fresh.id}", error)


def replay_of(instance: Instance, ports: DocumentPorts) -> str | None:
    """Return the id of the instance that the same signed bytes started first, or None if that is this instance.

    One read; none for an instance whose signed bytes are not remembered.
    """
    if instance.signed is None:
        return None
    first = ports.documents.read(_partition(instance), _DOCUMENT_NAME, ports.clock.now_ms())
    return None if first is None or first.text == instance.id else first.text


def _first_instance(fresh: Instance, ports: ControlPorts) -> str | None:
    """Return the id of another instance that these bytes started. If there is none, remember them, and return None.

    One write. The bytes are remembered as long as the longest instance may run and its row is then kept. A purge does
    not make them forgotten.
    """
    if fresh.signed is None:
        return None
    workflow = ports.workflows[fresh.workflow]
    kept_s = workflow.retention_s + workflow.longest_s
    document = Document(_DOCUMENT_NAME, fresh.id, 1, fresh.created_at // 1000 + kept_s)
    first = ports.documents.add(_partition(fresh), document, fresh.created_at)
    return None if first is None or first.text == fresh.id else first.text


def _partition(instance: Instance) -> str:
    return f"signed#{instance.source}#{instance.signed}"
