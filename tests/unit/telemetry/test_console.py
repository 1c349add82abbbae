"""What a person at a terminal sees."""

from __future__ import annotations

import io

from verihook.ports import Trace
from verihook.telemetry.console import ConsoleTelemetry


def shown(trace: Trace) -> str:
    stream = io.StringIO()
    ConsoleTelemetry(stream).delivery(trace)
    return stream.getvalue()


def test_deliveries() -> None:
    accepted = Trace("r", 0, "orders", "accepted", None, "current", "evt_1", "order.created", "abc", 202, 12)
    assert "202 orders accepted order.created -> abc (12 ms)\n" == shown(accepted)
    refused = Trace("r", 0, "orders", reason="signature-mismatch", status=401)
    assert "401 orders rejected signature-mismatch (0 ms)\n" == shown(refused)
    assert "404 - rejected source-not-found (0 ms)\n" == shown(Trace("r", 0, reason="source-not-found", status=404))


def test_a_secret_that_is_being_rotated_out_is_named() -> None:
    accepted = Trace("r", 0, "orders", "accepted", None, "previous", "evt_1", "order.created", "abc", 202, 12)
    assert "202 orders accepted order.created by-previous-secret -> abc (12 ms)\n" == shown(accepted)


def test_a_type_cannot_move_the_cursor() -> None:
    assert "\x1b" not in shown(Trace("r", 0, "orders", "ignored", event_type="\x1b[2Jgone\n", status=200))


def test_reads_are_not_shown() -> None:
    assert "" == shown(Trace("r", 0, None, "read", status=200))


def test_failures() -> None:
    stream = io.StringIO()
    ConsoleTelemetry(stream).failure("start abc", ValueError("why"))
    assert "! start abc: ValueError: why\n" == stream.getvalue()
