"""Where an execution stands: plain data, which :func:`kept` turns into JSON and :func:`restored` back.

A *frame* is one path through a flow: the machine's own, a branch of a Parallel, an iteration of a Map. A frame that
waits for its branches or iterations has a *container*. Events go to a *log*: the execution's ("") or, in a distributed
Map, that of a child execution.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Container:
    """Of a Map or Parallel that runs: what has ended, what runs, what is still to start.

    ``items`` are the inputs that are still to start, the next one last; ``started`` counts the others, and
    ``started_items``, of a distributed Map, what is in them. ``most`` is as many as may run, ``asked`` what
    MaxConcurrency says; ``told``: as DescribeMapRun was last told of it.
    """

    total: int
    results: list[Any]
    running: list[int] = field(default_factory=list)
    items: list[Any] = field(default_factory=list)
    started: int = 0
    most: int = 0
    data: Any = None
    failures: int = 0
    failed_items: int = 0
    aborted: int = 0
    aborted_items: int = 0
    succeeded_items: int = 0
    started_items: int = 0
    asked: int = 0
    told: dict[str, Any] | None = None
    item_counts: list[int] = field(default_factory=list)
    tolerated_count: float | None = None
    tolerated_percentage: float | None = None
    map_run: str | None = None


@dataclass(slots=True)
class Frame:
    """One path through a flow.

    ``place`` leads to the flow (machine.flow_at). Times are seconds since 1970. ``phase`` says what it waits for:
    ``ready`` nothing, ``wait`` the time ``wake``, ``retry`` the same before another attempt, ``call`` an answer,
    ``read`` a distributed Map's items, ``inside`` its branches or iterations, ``write`` that their results are kept.
    """

    id: int
    parent: int | None
    index: int
    place: list[Any]
    log: str
    state: str
    input: Any
    variables: dict[str, Any] = field(default_factory=dict)
    item: dict[str, Any] | None = None
    phase: str = "ready"
    entered: float = 0.0
    entered_event: int = 0
    previous: int = 0
    retries: list[int] = field(default_factory=list)
    retry_count: int = 0
    wake: float | None = None
    timeout: float | None = None
    heartbeat: float | None = None
    heartbeat_seconds: float | None = None
    call: str | None = None
    token: str | None = None
    container: Container | None = None

    @property
    def inside(self) -> Container:
        """What runs inside its state. Raises RuntimeError if nothing does."""
        if self.container is None:
            raise RuntimeError(f"nothing runs inside the state {self.state}")
        return self.container

    def due(self) -> float | None:
        """Return when something happens to the frame though nothing is said to it, or None."""
        times = [time for time in (self.wake, self.timeout, self.heartbeat) if time is not None]
        return min(times, default=None)

    def rest(self) -> None:
        """Forget what the frame waited for."""
        self.wake = self.timeout = self.heartbeat = self.heartbeat_seconds = self.call = self.token = None
        self.phase = "ready"


@dataclass(slots=True)
class Log:
    """A history: how many events it has, and the execution that it is of, as the context object shows it."""

    execution: dict[str, Any]
    events: int = 0


@dataclass(slots=True)
class Position:
    """One execution. ``seed`` is a secret of the runner's: identifiers and task tokens are made from it.

    ``left``, of one that has not ended well: state, input and variables with which a redrive goes on.
    """

    machine: dict[str, Any]
    logs: dict[str, Log]
    seed: str
    frames: dict[int, Frame] = field(default_factory=dict)
    ready: list[int] = field(default_factory=list)
    frames_made: int = 0
    calls_made: int = 0
    turns: int = 0
    timeout: float | None = None
    status: str = "RUNNING"
    left: dict[str, Any] | None = None

    def due(self) -> float | None:
        """Return when a Tick has something to do: 0.0 for at once, None if only an answer moves the execution."""
        if self.status != "RUNNING":
            return None
        if self.ready:
            return 0.0
        times = [time for time in (self.timeout, *(frame.due() for frame in self.frames.values())) if time is not None]
        return min(times, default=None)

    def called(self, call: str) -> Frame | None:
        """Return the frame that waits for this call; None for one that is answered or given up."""
        number = call.partition(".")[0]
        frame = self.frames.get(int(number)) if number.isdigit() else None
        return frame if frame is not None and frame.call == call else None


def kept(position: Position) -> dict[str, Any]:
    """Return the position as JSON data."""
    return asdict(position)


def restored(data: dict[str, Any]) -> Position:
    """Return the position that :func:`kept` was given."""
    frames = {int(number): _frame(frame) for number, frame in data["frames"].items()}
    logs = {name: Log(**log) for name, log in data["logs"].items()}
    return Position(**{**data, "frames": frames, "logs": logs})


def _frame(data: dict[str, Any]) -> Frame:
    inside = data["container"]
    return Frame(**{**data, "container": None if inside is None else Container(**inside)})
