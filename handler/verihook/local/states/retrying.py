"""Retriers and catchers.

https://states-language.net/spec.html#errors
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from verihook.local.states.data import is_number, is_whole
from verihook.local.states.errors import DATA_LIMIT, HEARTBEAT, RUNTIME, TIMEOUT
from verihook.local.states.fields import JSONPATH, MAX_SECONDS, compiled
from verihook.local.states.findings import EMPTY
from verihook.local.states.paths import Reference, compile_reference
from verihook.local.states.templates import Template

#: AWS's longest MaxDelaySeconds: 366 days.
_MAX_DELAY = 31_622_400


def matches(names: tuple[str, ...], error: str | None) -> bool:
    """Whether a retrier or catcher of these names takes the error.

    States.Runtime is taken by none, States.DataLimitExceeded by its own name alone, a missing heartbeat by
    States.Timeout too. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    if error == RUNTIME:
        return False
    if error is not None and error in names:
        return True
    if error == HEARTBEAT and TIMEOUT in names:
        return True
    if error == DATA_LIMIT:
        return False
    return "States.ALL" in names or ("States.TaskFailed" in names and error not in {TIMEOUT, HEARTBEAT})


@dataclass(frozen=True, slots=True)
class Retrier:
    """One element of Retry; ``jitter`` means a delay of any length up to the computed one."""

    names: tuple[str, ...]
    interval: int
    attempts: int
    backoff: float
    longest: int | None
    jitter: bool

    def delay(self, done: int, chance: random.Random) -> float:
        """Return the seconds before the next attempt, after so many retries by this retrier."""
        try:
            wanted = self.interval * self.backoff**done
        except OverflowError:
            wanted = float(MAX_SECONDS)
        wanted = min(wanted, MAX_SECONDS if self.longest is None else self.longest)
        return chance.uniform(0, wanted) if self.jitter else wanted


@dataclass(frozen=True, slots=True)
class Catcher:
    """One element of Catch. ``result_path`` is JSONPath's (None discards the error), ``output`` JSONata's."""

    names: tuple[str, ...]
    next: str
    result_path: Reference | None
    assign: Template | None
    output: Template | None


def compile_retrier(value: Any, *, last: bool) -> Retrier:
    """Return the retrier. Raises ValueError."""
    known = {"IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"}
    _only(value, {"ErrorEquals", "Comment", *known})
    longest = value.get("MaxDelaySeconds")
    jitter = value.get("JitterStrategy", "NONE")
    if jitter not in {"FULL", "NONE"}:
        raise ValueError("JitterStrategy is one of FULL, NONE")
    backoff = value.get("BackoffRate", 2.0)
    if not is_number(backoff) or backoff < 1:
        raise ValueError("BackoffRate is a number of at least 1.0")
    return Retrier(
        _names(value, last=last),
        _whole(value.get("IntervalSeconds", 1), "IntervalSeconds", 1, MAX_SECONDS),
        _whole(value.get("MaxAttempts", 3), "MaxAttempts", 0, MAX_SECONDS),
        float(backoff),
        None if longest is None else _whole(longest, "MaxDelaySeconds", 1, _MAX_DELAY),
        jitter == "FULL",
    )


def compile_catcher(value: Any, language: str, *, last: bool) -> Catcher:
    """Return the catcher. Raises ValueError."""
    own = {"ResultPath"} if language == JSONPATH else {"Output"}
    _only(value, {"ErrorEquals", "Comment", "Next", "Assign", *own})
    if not isinstance(value.get("Next"), str):
        raise ValueError("These fields are required: [Next]")
    path = value.get("ResultPath", "$")
    return Catcher(
        _names(value, last=last),
        value["Next"],
        None if path is None else compile_reference(path),
        compiled(language, "Assign", value["Assign"]) if "Assign" in value else None,
        compiled(language, "Output", value["Output"]) if "Output" in value else None,
    )


def _only(value: Any, known: set[str]) -> None:
    if not isinstance(value, dict):
        raise ValueError("Expected value of type Object")
    if unknown := [name for name in value if name not in known]:
        raise ValueError(f"Field '{unknown[0]}' is not supported")


def _names(value: dict[str, Any], *, last: bool) -> tuple[str, ...]:
    names = value.get("ErrorEquals")
    if names is None:
        raise ValueError("These fields are required: [ErrorEquals]")
    if names == []:
        raise ValueError(EMPTY)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("ErrorEquals is an array of strings")
    if "States.ALL" in names and (len(names) > 1 or not last):
        raise ValueError("States.ALL must appear alone and at end of list")
    return tuple(names)


def _whole(value: Any, name: str, least: int, most: int) -> int:
    if not is_whole(value) or not least <= value <= most:
        raise ValueError(f"{name} is an integer from {least} to {most}")
    return int(value)
