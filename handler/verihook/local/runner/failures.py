"""Says in the log which state of an execution has failed, and how: at each try, whether it is caught or not."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from verihook.local.states.effects import Effect, Record
from verihook.model.instance import parse_execution_name

_log = logging.getLogger(__name__)

#: The last events of an execution: how it has ended is said where it is recorded.
_ENDS = ("ExecutionFailed", "ExecutionTimedOut")


def tell_failures(name: str, effects: Iterable[Effect]) -> None:
    """Of what a turn of the execution of this name has found: each event of its history that is a failure."""
    for effect in effects:
        if not isinstance(effect, Record):
            continue
        kind = str(effect.event["type"])
        if kind == "FailStateEntered":
            say(name, f"state {effect.state!r} fails", None, None)
        elif kind.endswith(("Failed", "TimedOut")) and kind not in _ENDS:
            details = next((each for each in effect.event.values() if isinstance(each, dict)), {})
            say(name, f"state {effect.state!r}: {kind}", details.get("error"), details.get("cause"))


def say(name: str, what: str, error: object, cause: object) -> None:
    """A failure in the execution ``name``. ``error`` and ``cause``: as far as they are known."""
    instance = (parse_execution_name(name) or (name, 1))[0]
    line = ": ".join([what, *(str(each) for each in (error, cause) if each)])
    _log.error("%s", line, extra={"instance": instance})
