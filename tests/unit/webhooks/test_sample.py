"""What is kept of a delivery that was not accepted: bounded, printable, and names of headers alone."""

from __future__ import annotations

import json

from tests.contracts.instances import NOW
from verihook.model.ports import Trace
from verihook.request import Request
from verihook.webhooks.sample import sample_of


def trace(request: Request | None = None, **fields: object) -> Trace:
    return Trace("r1", NOW, "orders", reason="input-invalid", request=request, **fields)  # type: ignore[arg-type]


def test_names_of_headers_and_no_value_but_type_and_agent() -> None:
    headers = (
        ("authorization", "canary"),
        ("cookie", "canary"),
        ("x-signature", "canary"),
        ("content-type", "text/xml"),
        ("user-agent", "curl/8"),
    )
    sample = sample_of(
        trace(Request("POST", "/hooks/oders", "token=canary", headers, b"canary", "r1"), detail="/a: no")
    )
    assert "canary" not in sample
    assert json.loads(sample) == {
        "detail": "/a: no",
        "path": "/hooks/oders",
        "headers": ["authorization", "cookie", "x-signature", "content-type", "user-agent"],
        "contentType": "text/xml",
        "agent": "curl/8",
        "length": 6,
    }


def test_of_a_genuine_one_the_event_is_named() -> None:
    """Whole, so that it is found by its id."""
    sample = sample_of(trace(event_id="evt_1 \u00e9", event_type="order.created"))
    assert json.loads(sample) == {"eventId": "evt_1 \u00e9", "eventType": "order.created"}


def test_whatever_is_sent_it_is_short_and_printable() -> None:
    long = "\x1b[2J" + "é" * 100_000
    headers = (*((f"{long}{number}", long) for number in range(1000)), ("content-type", long), ("user-agent", long))
    sample = sample_of(trace(Request("POST", long, long, headers, b"x" * 10**6, long), detail=long))
    assert len(sample) < 4_500
    assert sample.isascii()
    assert sample.isprintable()


def test_what_was_no_request() -> None:
    assert sample_of(trace()) == ""
