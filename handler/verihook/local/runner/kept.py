"""Executions whose kept definition this version refuses: a former version took it. They end, and say why."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from verihook.local.runner.rows import Key, Written
from verihook.local.states.errors import RUNTIME, Refused
from verihook.local.states.history import event

if TYPE_CHECKING:
    from verihook.local.runner.store import Store


def end_refused(store: Store, compile_kept: Callable[[int], object], now: float) -> list[Key]:
    """End what runs by a definition that cannot be compiled, and return it. Nothing of it can go on: no redrive."""
    ended = []
    for number in store.running_definitions():
        try:
            compile_kept(number)
        except Refused as refused:
            cause = f"The definition that it began with is refused by this version. Restart it. {refused}"
            for key in store.running_by(number):
                store.write(key, _end(store, key, cause, now))
                ended.append(key)
    return ended


def _end(store: Store, key: Key, cause: str, now: float) -> Written:
    last = max((each["id"] for each in store.history(key)), default=0)
    said = event(last + 1, "ExecutionFailed", now, last, {"error": RUNTIME, "cause": cause})
    return Written({}, None, [said], end=("FAILED", int(now * 1000), None, RUNTIME, cause))
