"""The context object: ``$$`` in JSONPath, ``$states.context`` in JSONata.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verihook.local.states.timestamps import written

if TYPE_CHECKING:
    from verihook.local.states.machine import State
    from verihook.local.states.positions import Frame, Position

_RETRIED = {"Task", "Map", "Parallel"}


def context_object(position: Position, frame: Frame, state: State, item: dict[str, Any] | None) -> dict[str, Any]:
    """Return the context object in a frame; ``item`` is the one that an ItemSelector is evaluated for."""
    shown: dict[str, Any] = {"Name": state.name, "EnteredTime": written(frame.entered)}
    if state.kind in _RETRIED:
        shown["RetryCount"] = frame.retry_count
    context: dict[str, Any] = {
        "Execution": position.logs[frame.log].execution,
        "StateMachine": position.machine,
        "State": shown,
    }
    if (item := item or _item(position, frame)) is not None:
        context["Map"] = {"Item": item}
    if frame.token is not None:
        context["Task"] = {"Token": frame.token}
    return context


def _item(position: Position, frame: Frame | None) -> dict[str, Any] | None:
    """The item of the innermost iteration."""
    while frame is not None:
        if frame.item is not None:
            return frame.item
        frame = None if frame.parent is None else position.frames[frame.parent]
    return None
