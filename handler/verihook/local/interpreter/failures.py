"""Says in the log which state of an execution has failed, and how: at each try, whether it is caught or not."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from verihook.model.instance import parse_execution_name

if TYPE_CHECKING:
    from moto.stepfunctions.parser.asl.eval.environment import Environment

_log = logging.getLogger(__name__)

#: The last events of an execution: how it has ended is said where it is recorded.
_ENDS = ("ExecutionFailed", "ExecutionTimedOut")


def tell_failures(environment: Environment, name: str) -> None:
    """From now on, for the execution of this name: each event of its history that is a failure."""
    manager: Any = environment.event_manager
    publish = manager._publish_history_event

    def publish_and_tell(**event: Any) -> None:
        publish(**event)
        if not environment.is_running():
            # It was stopped, or is left to a later process: what it waited with ends as if its time were over.
            return
        kind = str(event["event_type"].value)
        if kind == "FailStateEntered":
            say(name, f"state {event['event_details']['stateEnteredEventDetails']['name']!r} fails", None, None)
        if kind.endswith(("Failed", "TimedOut")) and kind not in _ENDS:
            details = next(iter((event["event_details"] or {}).values()), None)
            members = details if isinstance(details, dict) else {}
            state = _state(manager._history_event_list, event["source_event_id"])
            say(name, f"state {state!r}: {kind}", members.get("error"), members.get("cause"))

    manager._publish_history_event = publish_and_tell


def say(name: str, what: str, error: object, cause: object) -> None:
    """A failure in the execution ``name``. ``error`` and ``cause``: as far as they are known."""
    instance = (parse_execution_name(name) or (name, 1))[0]
    line = ": ".join([what, *(str(each) for each in (error, cause) if each)])
    _log.error("%s", line, extra={"instance": instance})


def _state(events: list[Any], number: int) -> str:
    """The state that was entered last before the event of this number; "" before the first."""
    known = {event["id"]: event for event in events}
    while (event := known.get(number)) is not None:
        if "stateEnteredEventDetails" in event:
            return str(event["stateEnteredEventDetails"]["name"])
        number = event["previousEventId"]
    return ""
