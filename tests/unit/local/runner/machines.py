"""A runner, functions that are called by it, a clock, and a store whose process dies."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.flows.waiting import wait_until
from verihook.local.runner.integrations import Function, Integrations
from verihook.local.runner.rows import Entry, Key, Written
from verihook.local.runner.runner import Runner
from verihook.local.runner.store import Store
from verihook.local.states.effects import Succeeded

START = 1_800_000_000.0
KEY = ("m", "e")


def task(function: str, **more: Any) -> dict[str, Any]:
    return {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "OutputPath": "$.Payload",
        "Parameters": {"FunctionName": function, "Payload.$": "$"}, **more,
    }  # fmt: skip


def asl(**states: Any) -> str:
    return json.dumps({"StartAt": next(iter(states)), "States": states})


CALLBACK = {
    "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "TimeoutSeconds": 100,
    "Parameters": {"FunctionName": "note", "Payload": {"token.$": "$$.Task.Token"}},
}  # fmt: skip
EACH = {"Type": "Map", "ItemsPath": "$.l", "ItemProcessor": {"StartAt": "I", "States": {"I": task("add", End=True)}}}
#: A call, a wait, a callback, a Map of calls.
LONG = asl(A=task("split", Next="B"), B={"Type": "Wait", "Seconds": 60, "Next": "C"},
           C={**CALLBACK, "ResultPath": None, "Next": "D"}, D={**EACH, "End": True})  # fmt: skip


class Functions(dict[str, Function]):
    """What the tasks call, and what was called; an answer to a token is given in a thread of its own."""

    def __init__(self) -> None:
        super().__init__(split=self.split, add=self.add, note=self.note)
        self.called: list[str] = []
        self.tokens: list[str] = []

    def split(self, event: Any) -> Any:
        self.called.append("split")
        return {"l": event["l"]}

    def add(self, event: Any) -> Any:
        self.called.append(f"add {event}")
        return event + 1

    def note(self, event: Any) -> None:
        self.called.append("note")
        self.tokens.append(event["token"])


class Clock:
    """A time that the test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


def opened(path: Path, functions: Functions, clock: Callable[[], float], definition: str = LONG) -> Runner:
    runner = Runner(path, Integrations(functions), now=clock, look_every=0.01)
    runner.deploy("m", definition)
    return runner


def finished(runner: Runner, functions: Functions, clock: Clock, key: Key = KEY) -> Entry:
    """Answer every token that is given out, and let time pass, until the end."""
    answered: set[str] = set()

    def ended() -> Entry | None:
        for token in [*functions.tokens]:
            if token not in answered and runner.answer(token, lambda call: Succeeded(call, "yes")):
                answered.add(token)
        clock.now += 5
        entry = runner.store.get(key)
        return entry if entry is not None and entry.status != "RUNNING" else None

    return wait_until(ended)


def stand(runner: Runner) -> None:
    """Return once everything that was started waits for its time."""
    wait_until(lambda: all(due for _, due in runner.store.running()))


def ended_one(runner: Runner) -> Entry | None:
    entry = runner.store.get(KEY)
    return entry if entry is not None and entry.status != "RUNNING" else None


class Dying(Store):
    """A store whose process dies at its n-th write: before it is written, or after."""

    def __init__(self, path: Path, left: int, *, after: bool) -> None:
        super().__init__(path)
        self._left, self._after = left, after

    def begin(self, entry: Entry, turn: Written) -> Entry | None:
        return self._dying(lambda: super(Dying, self).begin(entry, turn))

    def write(self, key: Key, turn: Written, *, durably: bool = False) -> None:
        self._dying(lambda: super(Dying, self).write(key, turn, durably=durably))

    def _dying(self, write: Callable[[], Any]) -> Any:
        self._left -= 1
        if self._left > 0:
            return write()
        if self._left == 0 and self._after:
            write()
        raise sqlite3.ProgrammingError("the process is dead")

    @property
    def dead(self) -> bool:
        return self._left <= 0
