"""What is kept of an execution, and what a turn changes of it."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import Any

from verihook.local.states.effects import MapRun
from verihook.strict_json import parse

#: Machine and name of an execution.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Parent:
    """The execution, and its call, that wait for the end of another; ``parsed``: for its output as JSON."""

    machine: str
    name: str
    call: str
    parsed: bool

    @property
    def key(self) -> Key:
        """Machine and name."""
        return self.machine, self.name


@dataclass(frozen=True, slots=True)
class Entry:
    """An execution without its position. Times in milliseconds since the epoch."""

    machine: str
    name: str
    definition: int
    input: str
    started_at: int
    status: str = "RUNNING"
    stopped_at: int | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    redrives: int = 0
    redriven_at: int | None = None
    parent: Parent | None = None

    @property
    def key(self) -> Key:
        """Machine and name."""
        return self.machine, self.name


@dataclass(slots=True)
class Written:
    """What one turn changes, at ``now`` in seconds.

    ``calls``: those to make, each with its task token and what :func:`packed` has of it; ``taken``: the one that was
    submitted, which is not made again; ``answered``: those that are over.
    """

    position: dict[str, Any]
    due: float | None
    events: list[dict[str, Any]]
    calls: dict[str, tuple[str | None, bytes]] = field(default_factory=dict)
    taken: str | None = None
    answered: list[str] = field(default_factory=list)
    end: tuple[str, int, str | None, str | None, str | None] | None = None
    redriven: tuple[int, str | None] | None = None
    map_runs: list[MapRun] = field(default_factory=list)
    now: float = 0.0


def packed(value: Any) -> bytes:
    """Return JSON data as it is kept."""
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode(), 1)


def unpacked(data: bytes) -> Any:
    """Return what was packed."""
    return parse(zlib.decompress(data))


class Taken(Exception):
    """Another execution has the name; ``entry`` is that one."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(f"the execution {entry.name} exists already")
        self.entry = entry


def same_json(one: str, other: str) -> bool:
    """Whether two JSON texts mean the same; 1, 1.0 and true differ, white space and key order do not matter."""
    return one == other or _canonical(one) == _canonical(other)


def _canonical(document: str) -> str:
    return json.dumps(parse(document), sort_keys=True)
