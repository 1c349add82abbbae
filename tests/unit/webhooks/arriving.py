"""An event that arrives at a source, without a server."""

from __future__ import annotations

import json

from tests.unit.parts import Parts
from verihook.model.ports import Trace
from verihook.model.source import Source
from verihook.request import Request
from verihook.webhooks.intake import IntakeResult, ProvenEvent, start_for_event


def arrive(parts: Parts, event: str, source: Source, **members: object) -> IntakeResult:
    """Take an event with this id and these members beside it."""
    trace = Trace(f"r-{event}", parts.clock.now_ms(), source.name)
    content = {"id": event, **members}
    text = json.dumps(content)
    request = Request("POST", "/", "", (), text.encode(), trace.request_id)
    return start_for_event(source, ProvenEvent(content, text, event, None, request), parts.services, trace)
