"""What a definition becomes: states with compiled fields. compiler.py makes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from verihook.local.states.choices import Rule
from verihook.local.states.fields import JSONATA
from verihook.local.states.retrying import Catcher, Retrier
from verihook.local.states.templates import Template


@dataclass(slots=True)
class Choice:
    """A rule of a Choice state, with what it assigns and, in JSONata, gives; ``place`` is where in the state it is."""

    place: str
    rule: Rule
    next: str
    assign: Template | None
    output: Template | None


@dataclass(slots=True)
class State:
    """One state. ``of`` has its other fields by name, as fields.py compiles them."""

    name: str
    kind: str
    language: str
    next: str | None
    ends: bool = False
    of: dict[str, Any] = field(default_factory=dict)
    retriers: list[Retrier] = field(default_factory=list)
    catchers: list[Catcher] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    default: str | None = None
    flows: list[Flow] = field(default_factory=list)
    distributed: Distributed | None = None

    @property
    def spread(self) -> Distributed:
        """What the Map has as a distributed one. Raises RuntimeError for another state."""
        if self.distributed is None:
            raise RuntimeError(f"the state {self.name} is no distributed Map")
        return self.distributed

    @property
    def jsonata(self) -> bool:
        """Whether its query language is JSONata."""
        return self.language == JSONATA


@dataclass(slots=True)
class Distributed:
    """A Map of mode DISTRIBUTED: what reads its items and how they are put into batches."""

    express: bool
    label: str | None
    reader: Reader | None
    batcher: dict[str, Any] | None
    writer: Reader | None


@dataclass(slots=True)
class Reader:
    """ItemReader or ResultWriter: a call, and how its answer is read."""

    resource: str
    arguments: Template
    config: dict[str, Any]


@dataclass(slots=True)
class Flow:
    """StartAt and States: of a machine, a branch, or the processor of a Map."""

    start: str
    states: dict[str, State]


@dataclass(slots=True)
class Machine:
    """A compiled state machine."""

    flow: Flow
    express: bool
    timeout: int | None

    def flow_at(self, place: list[Any]) -> Flow:
        """Return the flow at a place: state and number of its flow, state and number in that, and so on."""
        flow = self.flow
        for name, number in zip(place[::2], place[1::2], strict=True):
            flow = flow.states[name].flows[number]
        return flow
