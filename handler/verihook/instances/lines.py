"""Which instances stand in lines. Few workflows have lines, so :mod:`verihook.instances.turns` is imported for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verihook.model.instance import Instance

if TYPE_CHECKING:
    from verihook.model.delivery import EventFacts
    from verihook.model.ports.sets import ReadPorts, RecordPorts
    from verihook.model.source import Source


def line_of_event(source: Source, workflow: str, content: object, facts: EventFacts) -> str | None:
    """Return the line of an event of a source with ``ordering``; None if the event has no value, and need not wait."""
    from verihook.instances import turns

    value = None if source.ordering is None else source.ordering.result(content, facts)
    return turns.line_of(source.name, workflow, value)


def may_wait(instance: Instance, ports: ReadPorts) -> bool:
    """Whether the instance is to wait if others are before it."""
    workflow = ports.workflows.get(instance.workflow)
    in_line = instance.line is not None or (workflow is not None and workflow.max_running is not None)
    return in_line and not instance.runs_nothing


def take_turn(instance: Instance, ports: RecordPorts) -> Instance | None:
    """See :func:`verihook.instances.turns.take_turn`."""
    from verihook.instances import turns

    return turns.take_turn(instance, ports)


def look(instance: Instance, ports: RecordPorts) -> Instance | None:
    """See :func:`verihook.instances.turns.look`."""
    from verihook.instances import turns

    return turns.look(instance, ports)


def may_begin(instance: Instance, ports: RecordPorts) -> bool:
    """Whether a worker that has found the row may begin it."""
    if not may_wait(instance, ports):
        return True
    from verihook.instances import turns

    return turns.is_to_begin(instance, ports)


def is_at_the_front(instance: Instance, ports: RecordPorts) -> bool:
    """Whether an instance that may have to wait may have been started."""
    from verihook.instances import turns

    return turns.is_at_the_front(instance, ports)


def leave(over: Instance, ports: RecordPorts) -> None:
    """Start those whose turn comes because this attempt is over. Raises nothing."""
    if may_wait(over, ports):
        from verihook.instances import turns

        turns.leave(over, ports)


def leave_at_end(instance_id: str, attempt: int, workflow: str | None, ports: RecordPorts) -> None:
    """As :func:`leave`, for an attempt of which only the name is known, and perhaps its workflow."""
    known = ports.workflows.get(workflow or "")
    if known.in_lines if known is not None else any(each.in_lines for each in ports.workflows.values()):
        from verihook.instances import turns

        turns.leave_at_end(instance_id, attempt, ports)
