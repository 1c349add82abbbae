"""An execution's history as GetExecutionHistory gives it, and as the journal keeps it.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

from verihook.strict_json import parse_kept

if TYPE_CHECKING:
    from moto.stepfunctions.parser.asl.eval.environment import Environment

#: The last event of a history, by the status of its execution.
_LAST = {
    "SUCCEEDED": ("ExecutionSucceeded", "executionSucceededEventDetails"),
    "FAILED": ("ExecutionFailed", "executionFailedEventDetails"),
    "TIMED_OUT": ("ExecutionTimedOut", "executionTimedOutEventDetails"),
    "ABORTED": ("ExecutionAborted", "executionAbortedEventDetails"),
}
_LAST_TYPES = frozenset(kind for kind, _ in _LAST.values())


def begin(environment: Environment, document: str) -> None:
    """Write the first event."""
    from moto.stepfunctions.parser.api import HistoryEventType

    details: Any = {"executionStartedEventDetails": {"input": document, "inputDetails": {"truncated": False}}}
    environment.event_manager.add_event(
        context=environment.event_history_context,
        event_type=HistoryEventType.ExecutionStarted,
        event_details=details,
        update_source_event_id=False,
    )


def go_on(environment: Environment, chapters: list[bytes], redrives: int | None) -> None:
    """Take up the events of a former run; with the event of a redrive if it is one (``redrives``: how many so far)."""
    from moto.stepfunctions.parser.api import HistoryEventType

    manager, context = environment.event_manager, environment.event_history_context
    events = [event for chapter in chapters for event in unpack(chapter)]
    manager._history_event_list.extend(events)  # type: ignore[arg-type]  # as this module writes them
    last = max((event["id"] for event in events), default=0)
    manager._event_id_gen._next_id = last + 1
    context.source_event_id = context.last_published_event_id = last
    if redrives is not None:
        details: Any = {"executionRedrivenEventDetails": {"redriveCount": redrives}}
        manager.add_event(context=context, event_type=HistoryEventType.ExecutionRedriven, event_details=details)


def of(environment: Environment, after: int = 0) -> list[dict[str, Any]]:
    """The events so far, but the first ``after``, with timestamps in seconds since the epoch."""
    manager = environment.event_manager
    with manager._mutex:
        events: list[Any] = [dict(event) for event in manager._history_event_list[after:]]
    for event in events:
        if not isinstance(event["timestamp"], float):  # one of a former run is as it should be
            event["type"] = str(event["type"].value)
            event["timestamp"] = datetime.fromisoformat(event["timestamp"]).timestamp()
    return events


def closed(events: list[dict[str, Any]], status: str, at: int, details: dict[str, Any]) -> list[dict[str, Any]]:
    """The events with exactly one last one: moto's thread writes it too late or never for a stop or a timeout."""
    redriven = max((index for index, event in enumerate(events) if event["type"] == "ExecutionRedriven"), default=0)
    kept = events[:redriven] + [event for event in events[redriven:] if event["type"] not in _LAST_TYPES]
    kind, key = _LAST[status]
    last = kept[-1]["id"] if kept else 0
    return [*kept, {"id": last + 1, "previousEventId": last, "type": kind, "timestamp": at / 1000, key: details}]


def without_data(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events without inputs and outputs."""
    data = ("input", "output")
    return [
        {
            key: {name: value for name, value in details.items() if name not in data}
            if isinstance(details, dict)
            else details
            for key, details in event.items()
        }
        for event in events
    ]


def pack(events: list[dict[str, Any]]) -> bytes:
    """The events for the journal: inputs and outputs repeat from state to state, so they shrink well."""
    return zlib.compress(json.dumps(events, separators=(",", ":")).encode(), level=1)


def unpack(packed: bytes) -> list[dict[str, Any]]:
    """The inverse of :func:`pack`."""
    return parse_kept(zlib.decompress(packed), "The history of an execution", list)
