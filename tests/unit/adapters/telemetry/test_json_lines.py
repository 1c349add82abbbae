"""The log of one machine for programs: one JSON object a line, whatever strangers send."""

from __future__ import annotations

import io
import json
from typing import Any

from verihook.adapters.telemetry.json_lines import JsonLinesTelemetry
from verihook.model.ports import Trace
from verihook.request import Request

REQUEST = Request("POST", "/hooks/orders", "", (("authorization", "canary"),), b"canary", "r1")


def line(trace: Trace) -> dict[str, Any]:
    stream = io.StringIO()
    JsonLinesTelemetry(stream).delivery(trace)
    (text,) = stream.getvalue().splitlines()
    assert "canary" not in text
    content: dict[str, Any] = json.loads(text)
    return content


def test_an_accepted_delivery() -> None:
    trace = Trace("r1", 0, "orders", "accepted", None, "current", "evt_1", "order.created", "abc", 200, 12)
    trace.request = REQUEST
    assert line(trace) == {
        "time": "1970-01-01T00:00:00.012Z",
        "requestId": "r1",
        "source": "orders",
        "path": "/hooks/orders",
        "status": 200,
        "outcome": "accepted",
        "eventId": "evt_1",
        "eventType": "order.created",
        "instanceId": "abc",
        "verifiedBy": "current",
        "durationMs": 12,
    }


def test_a_refusal_has_its_reason_and_its_detail() -> None:
    told = line(Trace("r\n\ud800", 0, "orders", reason="input-invalid", status=422, detail="/a\x1b: why"))
    assert ("rejected", "input-invalid", "/a\ufffd: why", 422, 0) == (
        told["outcome"],
        told["reason"],
        told["detail"],
        told["status"],
        told["durationMs"],
    )


def test_a_line_is_printable_ascii_whatever_a_sender_wrote() -> None:
    stream = io.StringIO()
    hostile = "".join(map(chr, (*range(32), 127, *range(128, 160), 0x202E, 0xD800, 0x2028)))
    JsonLinesTelemetry(stream).delivery(Trace(hostile, 0, "orders", "accepted", event_id=hostile, event_type=hostile))
    text = stream.getvalue()
    assert text.endswith("\n")
    assert (text[:-1].isascii(), text[:-1].isprintable()) == (True, True)
    assert {json.loads(text)[name] for name in ("requestId", "eventId", "eventType")} == {hostile}


def test_a_path_is_cut() -> None:
    """A stranger's request makes a bounded line."""
    trace = Trace("r1", 0, reason="source-not-found", status=404)
    trace.request = Request("POST", f"/hooks/{'x' * 10_000}", "", (), b"", "r1")
    assert line(trace)["path"] == f"/hooks/{'x' * 249}"


def test_a_failure_has_its_stack() -> None:
    stream = io.StringIO()
    try:
        raise ValueError("why\nnot")
    except ValueError as error:
        JsonLinesTelemetry(stream).failure("start abc", error)
    told = json.loads(stream.getvalue())
    assert ("start abc", "ValueError", "why\nnot") == (told["failure"], told["error"], told["detail"])
    assert __file__ in told["stack"][0]
