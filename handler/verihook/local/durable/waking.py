"""The end of a handler is noticed at once.

The SDK writes checkpoints in a thread that looks every 100 ms whether it is to stop, and the handler's end waits for
that: a workflow that does nothing would take as long.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from aws_durable_execution_sdk_python.state import ExecutionState, _Signal


@cache
def mend_ends() -> None:
    """Have the SDK wake that thread when it is to stop, once in a process."""
    replace: Any = setattr  # the method is replaced on purpose
    replace(ExecutionState, "stop_checkpointing", _waking(ExecutionState.stop_checkpointing))


def _waking(stop: Callable[[Any], None]) -> Callable[[Any], None]:
    @wraps(stop)
    def stop_checkpointing(self: Any) -> None:
        stop(self)
        # What wakes it when a refresh is due sooner than it thought: it looks around, and sees the stop.
        self._checkpoint_queue.put(_Signal.REFRESH_WAKE)

    return stop_checkpointing
