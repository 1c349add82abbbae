"""Signed bytes that come again under another event id.

Some senders sign their body, and neither the event's id nor a time (GitHub): whoever has captured a delivery can send
it under any id. The digest of what was signed is remembered with the instance that it started, so that a second id for
it is seen. Two events may well have equal bodies (a topic stands in a header, too), so it is refused only if the source
says so, or the sender's documentation that it cannot be.

The same id always passes: what is remembered is the instance, which the id is derived to.
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
    """Before the claim, so that what is refused leaves nothing. Raises Duplicate, LedgerUnavailable.

    If the process dies after it, the sender delivers the same id again, which passes.
    """
    trace.replay_of = _first_instance(fresh, ports)
    if trace.replay_of is not None:
        raise Duplicate(
            f"The very bytes that are signed were delivered before, under another event id; their instance is "
            f"{trace.replay_of}."
        )


def check_after_claim(fresh: Instance, ports: ControlPorts, trace: Trace) -> None:
    """After the claim, which has told a redelivery by then. The event is taken whatever this comes to."""
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

    They are for as long as the instance's row, whose time begins when it ends. A purge leaves them.
    """
    if fresh.signed is None:
        return None
    workflow = ports.workflows[fresh.workflow]
    kept_s = workflow.retention_s + workflow.longest_s
    document = Document(_NAME, fresh.id, 1, fresh.created_at // 1000 + kept_s)
    first = ports.documents.first(_partition(fresh), document, fresh.created_at)
    return None if first is None or first.text == fresh.id else first.text


def _partition(instance: Instance) -> str:
    return f"signed#{instance.source}#{instance.signed}"
