"""What happens to an execution (first part), and what a turn wants done (second part)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verihook.local.states.resources import Resource


@dataclass(frozen=True, slots=True)
class Begin:
    """The execution begins."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: what is due by now happens."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A call of the patterns .sync and .waitForTaskToken was taken; its result comes later."""

    call: str
    output: Any


@dataclass(frozen=True, slots=True)
class Succeeded:
    """A call's result, as JSON data."""

    call: str
    output: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """A call's error; both may be None."""

    call: str
    error: str | None
    cause: str | None


@dataclass(frozen=True, slots=True)
class Beat:
    """SendTaskHeartbeat for a call."""

    call: str


@dataclass(frozen=True, slots=True)
class Stop:
    """StopExecution."""

    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Redrive:
    """RedriveExecution of one that has ended, but not well: it goes on with the state in which its own flow stood."""


@dataclass(frozen=True, slots=True)
class Adjust:
    """UpdateMapRun: what is None stays as it is."""

    map_run: str
    most: int | None = None
    tolerated_count: int | None = None
    tolerated_percentage: float | None = None


Stimulus = Begin | Redrive | Tick | Submitted | Succeeded | Failed | Beat | Stop | Adjust


@dataclass(frozen=True, slots=True)
class Record:
    """An event for the history ``log``: HistoryEvent of GetExecutionHistory, with the timestamp in seconds.

    ``state``: in which it happened, "" for what is of the execution.
    """

    log: str
    event: dict[str, Any]
    state: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """Make a call, and say Succeeded or Failed with its name. ``token`` is the task token of a callback or activity."""

    call: str
    resource: Resource
    arguments: Any
    token: str | None = None
    credentials: Any = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Forget:
    """A call's answer is no longer wanted."""

    call: str


@dataclass(frozen=True, slots=True)
class End:
    """The execution has ended: SUCCEEDED with an output, FAILED, TIMED_OUT or ABORTED."""

    status: str
    output: Any = None
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class MapRun:
    """How a map run stands now: RUNNING, SUCCEEDED, FAILED or ABORTED; ``told``: what DescribeMapRun has besides."""

    arn: str
    status: str
    told: dict[str, Any]


Effect = Record | Call | Forget | MapRun | End
