"""Reads an execution's history into steps: one per entered state, those of Map iterations and branches included.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from verihook.model.instance import Step, milliseconds_of
from verihook.records import replace

_ENDS = frozenset({"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"})
#: A state with one of these events has succeeded, whatever failed before.
_SUCCESSES = frozenset(
    {"TaskSucceeded", "LambdaFunctionSucceeded", "ActivitySucceeded", "MapStateSucceeded", "ParallelStateSucceeded"}
)
#: The types of events that say nothing of a state's failure begin with one of these.
_WITHOUT_STATE = ("Execution", "MapIteration", "MapRun")

Failure = tuple[str | None, str | None]


def steps_of(events: Iterable[Mapping[str, Any]]) -> list[Step]:
    """The steps in the order they started. ``events`` are boto3's, oldest first.

    A state is completed when it was exited. All tries of a state are one step; ``error`` and ``cause`` are those of its
    last failure if no success followed: a completed step that has them was left by a Catch. A state that was not exited
    before the execution ended has failed, and goes on if the execution is redriven.
    """
    reading = _Reading()
    for event in events:
        reading.add(event)
    return reading.steps


class _Reading:
    """Finds an event's state through ``previousEventId``: iterations of one Map enter the same name side by side."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._previous: dict[int, int] = {}
        self._open: dict[int, int] = {}  # id of the entering event -> index of its step
        self._failures: dict[int, Failure] = {}  # index of a step -> its latest failure
        self._ended: dict[int, int] = {}  # what the last end of the execution found open

    def add(self, event: Mapping[str, Any]) -> None:
        """Read the next event."""
        kind, number = str(event["type"]), int(event["id"])
        self._previous[number] = int(event.get("previousEventId", 0))
        at = milliseconds_of(event["timestamp"])
        if kind.endswith("StateEntered"):
            self._enter(number, event["stateEnteredEventDetails"], at)
        elif kind.endswith("StateExited"):
            self._exit(number, event["stateExitedEventDetails"], at)
        elif kind in _ENDS:
            self._end(event, at)
        elif kind == "ExecutionRedriven":
            self._redrive()
        elif kind in _SUCCESSES or (_failure(event) is not None and not kind.startswith(_WITHOUT_STATE)):
            self._try(number, None if kind in _SUCCESSES else _failure(event))

    def _enter(self, number: int, details: Mapping[str, Any], at: int) -> None:
        """Begin a new step, or go on with the one that a redrive enters again."""
        name = details["name"]
        again = next((entered for entered, index in self._ended.items() if self.steps[index].name == name), None)
        if again is not None:
            self._open.pop(again, None)
            self._open[number] = self._ended.pop(again)
            return
        self._open[number] = len(self.steps)
        self.steps.append(Step(name, "running", at, input=details.get("input")))

    def _exit(self, number: int, details: Mapping[str, Any], at: int) -> None:
        entered = self._find(number, details["name"])
        if entered is None:
            return
        index = self._open.pop(entered)
        self._ended.pop(entered, None)
        error, cause = self._failures.pop(index, (None, None))
        self.steps[index] = replace(
            self.steps[index], status="completed", ended_at=at, output=details.get("output"), error=error, cause=cause
        )

    def _try(self, number: int, failure: Failure | None) -> None:
        entered = self._find(number, None)
        if entered is None:
            return
        if failure is None:
            self._failures.pop(self._open[entered], None)
        else:
            self._failures[self._open[entered]] = failure

    def _find(self, number: int, name: str | None) -> int | None:
        """Return the entering event of the open state that an event belongs to; by order if the chain is broken."""
        while number in self._previous:
            number = self._previous[number]
            if number in self._open and name in (None, self.steps[self._open[number]].name):
                return number
        return next((entered for entered, index in self._open.items() if self.steps[index].name == name), None)

    def _end(self, event: Mapping[str, Any], at: int) -> None:
        end = _failure(event) or (str(event["type"]), None)
        for index in self._open.values():
            error, cause = self._failures.get(index, end)
            self.steps[index] = replace(self.steps[index], status="failed", ended_at=at, error=error, cause=cause)
        self._ended = dict(self._open)
        self._open.clear()

    def _redrive(self) -> None:
        """Let the states that were open at the end run again: AWS enters them again, or only schedules their tasks."""
        self._open.update(self._ended)
        for index in self._open.values():
            self._failures.pop(index, None)
            self.steps[index] = replace(self.steps[index], status="running", ended_at=None, error=None, cause=None)


def _failure(event: Mapping[str, Any]) -> Failure | None:
    """``error`` and ``cause`` of the event's details, None if it is no failure; every kind has its own key."""
    for key, details in event.items():
        if key.endswith("EventDetails") and isinstance(details, dict) and details.get("error"):
            return str(details["error"]), details.get("cause")
    return None
