"""Tasks of activities, until a worker takes them by GetActivityTask.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-activities.html
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from verihook.local.runner.rows import Key
from verihook.local.states.data import text_of
from verihook.local.states.effects import Call, Submitted
from verihook.local.states.resources import Resource

if TYPE_CHECKING:
    from verihook.local.runner.runner import Runner

#: How long AWS lets a worker wait for a task.
POLL_S = 60.0


class Activities:
    """What waits for a worker, in order. Safe to use from any thread. The store has the calls: this is its index."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[tuple[Key, str], Call] = {}
        self._closed = False

    def put(self, key: Key, call: Call) -> None:
        """Offer a call of an execution."""
        with self._changed:
            self._waiting[key, call.call] = call
            self._changed.notify_all()

    def forget(self, key: Key, call: str) -> None:
        """Offer it no more."""
        with self._changed:
            self._waiting.pop((key, call), None)

    def has(self, name: str) -> bool:
        """Whether a task of the activity waits."""
        with self._changed:
            return self._first(name) is not None

    def take(self, name: str, until: float) -> tuple[Key, Call] | None:
        """Return the first task of an activity, once there is one; None if none comes until then, by monotonic()."""
        with self._changed:
            while (found := self._first(name)) is None:
                left = until - time.monotonic()
                if left <= 0 or self._closed:
                    return None
                self._changed.wait(left)
            return found[0], self._waiting.pop(found)

    def close(self) -> None:
        """Let no worker wait any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _first(self, name: str) -> tuple[Key, str] | None:
        found = (place for place, call in self._waiting.items() if activity_name(call.resource) == name)
        return next(found, None)


def activity_name(resource: Resource) -> str:
    """Return the name of an activity: on one machine its account and region do not matter."""
    return resource.arn.partition(":activity:")[2]


def take_task(runner: Runner, name: str, worker: str | None, wait_s: float = POLL_S) -> dict[str, Any]:
    """Return token and input of a task of the activity, which is the worker's then. Both are null if none came."""
    until = time.monotonic() + wait_s
    while (found := runner.activities.take(name, until)) is not None:
        key, call = found
        try:
            taken = runner.say(key, Submitted(call.call, worker))
        except Exception:
            runner.activities.put(key, call)
            raise
        if taken:  # it has not been given up meanwhile
            return {"taskToken": call.token, "input": text_of(call.arguments)}
    return {"taskToken": None, "input": None}
