"""Reads an execution's history into steps: one per entered state, those of Map iterations and branches included.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from verihook.instance import Step

_ENDS = frozenset({"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"})
#: The events of these are told by the state they belong to.
_WITHOUT_STATE = ("Execution", "MapIteration", "MapRun")


def steps_of(events: Iterable[Mapping[str, Any]]) -> list[Step]:
    """The steps in the order they started. ``events`` are boto3's, oldest first.

    A state is completed when it was exited, also after a retry or by a catch; what the end of the execution finds
    entered has failed with it.
    """
    reading = _Reading()
    for event in events:
        reading.take(event)
    return reading.steps


class _Reading:
    """Finds an event's state through ``previousEventId``: iterations of one Map enter the same name side by side."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._previous: dict[int, int] = {}
        self._open: dict[int, int] = {}  # id of the entering event -> index of its step
        self._errors: dict[int, str] = {}  # index of a step -> its latest error

    def take(self, event: Mapping[str, Any]) -> None:
        """Read the next event."""
        kind, number = str(event["type"]), int(event["id"])
        self._previous[number] = int(event.get("previousEventId", 0))
        at = _milliseconds(event["timestamp"])
        if kind.endswith("StateEntered"):
            self._open[number] = len(self.steps)
            self.steps.append(Step(event["stateEnteredEventDetails"]["name"], "running", at))
        elif kind.endswith("StateExited"):
            details = event["stateExitedEventDetails"]
            entered = self._find(number, details["name"])
            if entered is not None:
                index = self._open.pop(entered)
                output = details.get("output")
                self.steps[index] = replace(self.steps[index], status="completed", ended_at=at, output=output)
        elif kind in _ENDS:
            self._end(event, at)
        elif _error(event) is not None and not kind.startswith(_WITHOUT_STATE):
            entered = self._find(number, None)
            if entered is not None:
                self._errors[self._open[entered]] = str(_error(event))

    def _find(self, number: int, name: str | None) -> int | None:
        """The entering event of the open state that an event belongs to; by order where the chain is broken."""
        while number in self._previous:
            number = self._previous[number]
            if number in self._open and name in (None, self.steps[self._open[number]].name):
                return number
        return next((entered for entered, index in self._open.items() if self.steps[index].name == name), None)

    def _end(self, event: Mapping[str, Any], at: int) -> None:
        error = _error(event) or str(event["type"])
        for index in self._open.values():
            self.steps[index] = replace(
                self.steps[index], status="failed", ended_at=at, error=self._errors.get(index, error)
            )
        self._open.clear()


def _error(event: Mapping[str, Any]) -> str | None:
    """``error`` of the event's details; every kind has its own key for them."""
    for key, details in event.items():
        if key.endswith("EventDetails") and isinstance(details, dict) and details.get("error"):
            return str(details["error"])
    return None


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
