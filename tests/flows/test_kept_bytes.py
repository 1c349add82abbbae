"""Of every sender's genuine vectors: the very bytes come back, a replay is the same input, and no secret is kept."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.instances import NOW
from tests.unit.parts import Parts, parts
from tests.vectors.run import read_cases, request_of
from verihook.adapters.ledgers.delivery_text import kept_text
from verihook.adapters.telemetry.delivery import own_fields
from verihook.errors import VerihookError
from verihook.instances import redelivery
from verihook.model.ports import Trace
from verihook.model.source import Source
from verihook.records import replace
from verihook.senders import load_sender
from verihook.senders.body import parse_as
from verihook.webhooks import deliveries
from verihook.webhooks.deliveries import accepted
from verihook.webhooks.intake import ProvenEvent, start_for_event

__all__ = ["parts"]

VECTORS = Path(__file__).parents[1] / "vectors"
CANARIES = tuple(
    (name, f"canary-{number}")
    for number, name in enumerate(
        ["authorization", "cookie", "x-api-key", "proxy-authorization", "x-forwarded-for", "x-real-ip", "referer"]
        + [f"x-odd-{number}" for number in range(40)]
    )
)


CASES = [case for case in read_cases(VECTORS) if case["valid"]]


@pytest.mark.parametrize("sender_id", sorted({str(case["scheme"]) for case in CASES}))
def test_the_bytes_come_back_and_the_input_is_the_same(parts: Parts, sender_id: str) -> None:
    for case in CASES:
        if case["scheme"] == sender_id:
            check(case, parts)


def check(case: dict[str, Any], parts: Parts) -> None:
    """Deliver the case, open it and replay it."""
    request = request_of(case)
    request = replace(request, headers=(*request.headers, *CANARIES), path="/hooks/a", request_id="r1")
    sender = load_sender(case["scheme"])
    source = Source("a", sender, (), "w", keep="full")
    try:
        body = parse_as(sender.places, request)
    except VerihookError:
        # A vector may sign bytes that are no event of its sender: as a source that takes any bytes gets them.
        body = parse_as(replace(sender.places, body="raw", form_field="", envelope=""), request)
    trace = Trace("r1", parts.clock.now_ms(), "a", verified_by="current", request=request)
    event = ProvenEvent(body.content, body.text, f"{case['id']}", "t", request)
    taken = start_for_event(source, event, parts.services, trace)
    assert taken.instance_id is not None
    row = parts.row(taken.instance_id)
    kept = deliveries.body(accepted(row), parts.clock.now_ms(), parts.services.payloads)
    assert hashlib.sha256(kept).digest() == hashlib.sha256(base64.b64decode(case["body_base64"])).digest()
    again = redelivery.replay(row.id, parts.services, as_new=True)
    assert parts.engine.inputs[again.id] == parts.engine.inputs[row.id]

    kept_of_it = json.dumps([kept_text(row.delivery, NOW), kept_text(again.delivery, NOW), own_fields(trace)])
    assert "canary" not in kept_of_it
    for secret in case.get("secrets") or [case.get("secret") or "canary"]:
        assert str(secret) not in kept_of_it
    if header := sender.signature_header:
        assert all(value not in kept_of_it for value in request.values(header))
