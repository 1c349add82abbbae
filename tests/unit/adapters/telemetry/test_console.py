"""What a person at a terminal sees."""

from __future__ import annotations

import io
from threading import Event, Thread

import pytest

from verihook.adapters.telemetry.console import ConsoleTelemetry
from verihook.errors import LedgerUnavailable
from verihook.model.ports import Trace
from verihook.request import Request


def shown(trace: Trace) -> str:
    stream = io.StringIO()
    ConsoleTelemetry(stream).delivery(trace)
    return stream.getvalue()


def test_deliveries() -> None:
    accepted = Trace("r", 0, "orders", "accepted", None, "current", "evt_1", "order.created", "abc", 200, 12)
    assert (
        "200 orders accepted order.created -> abc (12 ms) request r event evt_1 on 1970-01-01T00:00:00.012Z\n"
        == shown(accepted)
    )
    refused = Trace("r", 0, "orders", reason="signature-mismatch", status=401)
    assert "401 orders rejected signature-mismatch (0 ms) request r on 1970-01-01T00:00:00.000Z\n" == shown(refused)
    assert "404 - rejected source-not-found (0 ms) request r on 1970-01-01T00:00:00.000Z\n" == shown(
        Trace("r", 0, reason="source-not-found", status=404)
    )


def test_a_refusal_by_a_secret_that_was_made_here_says_so() -> None:
    stream = io.StringIO()
    telemetry = ConsoleTelemetry(stream, made={"orders"})
    for source, status in (("orders", 401), ("github", 401), ("orders", 503)):
        telemetry.delivery(Trace("r", 0, source, reason="x", status=status))
    assert [
        "401 orders rejected x (its secret was made here) (0 ms) request r on 1970-01-01T00:00:00.000Z",
        "401 github rejected x (0 ms) request r on 1970-01-01T00:00:00.000Z",
        "503 orders rejected x (0 ms) request r on 1970-01-01T00:00:00.000Z",
    ] == stream.getvalue().splitlines()


def test_a_refusal_has_its_request_id_and_what_is_wrong_in_words() -> None:
    wrong = Trace("a b", 0, "acme", reason="input-invalid", event_type="parcel.sent", status=422, duration_ms=1)
    wrong.detail = "/weight: 'x\n202 acme accepted\x1b[2J' is not of type 'number'"
    assert shown(wrong) == (
        '422 acme rejected input-invalid parcel.sent (1 ms) request "a b" on 1970-01-01T00:00:00.001Z: '
        "/weight: 'x\ufffd202 acme accepted\ufffd[2J' is not of type 'number'\n"
    )


def test_a_secret_that_is_being_rotated_out_is_named() -> None:
    accepted = Trace("r", 0, "orders", "accepted", None, "previous", "evt_1", "order.created", "abc", 200, 12)
    ended = "(12 ms) request r event evt_1 on 1970-01-01T00:00:00.012Z\n"
    assert f"200 orders accepted order.created by-previous-secret -> abc {ended}" == shown(accepted)


def test_the_path_is_shown_and_cut() -> None:
    trace = Trace("r", 0, reason="source-not-found", status=404)
    trace.request = Request("POST", "/hooks/oders" + "x" * 999, "", (), b"", "r")
    assert f"request r at /hooks/oders{'x' * (256 - len('/hooks/oders'))} on 1970" in shown(trace)


def test_a_type_cannot_move_the_cursor() -> None:
    assert "\x1b" not in shown(Trace("r", 0, "orders", "ignored", event_type="\x1b[2Jgone\n", status=200))


def test_a_type_does_not_pass_for_words_of_ours() -> None:
    shown_type = shown(Trace("r", 0, "orders", "ignored", event_type="x -> abc (0 ms)", status=200))
    assert shown_type == '200 orders ignored "x -> abc (0 ms)" (0 ms) request r on 1970-01-01T00:00:00.000Z\n'


def test_a_failure_is_one_line_of_printable_text_whatever_an_exception_quotes() -> None:
    stream = io.StringIO()
    text = "a\r\n202 orders accepted -> forged\x1b[2J\u2028\u202e\x9b\ud800" + "x" * 100_000
    ConsoleTelemetry(stream).failure("start abc\n", ValueError(text))
    said = stream.getvalue()
    assert said.isprintable() or (said[:-1].isprintable() and said.endswith("\n"))
    assert len(said) < 2100
    said.encode()


def test_reads_are_not_shown() -> None:
    assert "" == shown(Trace("r", 0, None, "read", status=200))


def test_failures() -> None:
    stream = io.StringIO()
    ConsoleTelemetry(stream).failure("start abc", ValueError("why"))
    assert "! start abc: ValueError: why\n" == stream.getvalue()


def test_a_failure_shows_where_and_an_error_of_ours_its_words_alone() -> None:
    stream = io.StringIO()
    telemetry = ConsoleTelemetry(stream)
    for error in (ValueError("why"), LedgerUnavailable("The ledger did not answer.")):
        try:
            raise error
        except (ValueError, LedgerUnavailable) as raised:
            telemetry.failure("start abc", raised)
    head, frame, ours = stream.getvalue().splitlines()
    assert "! start abc: ValueError: why" == head
    assert frame.startswith(f'    File "{__file__}", line ')
    assert "! start abc: LedgerUnavailable: The ledger did not answer." == ours


def test_what_is_unavailable_for_a_while_is_one_line_whatever_needs_it() -> None:
    stream = io.StringIO()
    telemetry = ConsoleTelemetry(stream)
    full = LedgerUnavailable("The disk is full.")
    full.add_note("data/ledger.db")
    for number in range(100):
        telemetry.failure(f"reconcile {number}", full)
        telemetry.failure("observe", full)
    telemetry.failure("observe", LedgerUnavailable("The ledger is locked."))
    assert [
        "! reconcile 0: LedgerUnavailable: The disk is full. (data/ledger.db)",
        "! observe: LedgerUnavailable: The ledger is locked.",
    ] == stream.getvalue().splitlines()


def test_a_redelivery_with_another_body_is_named() -> None:
    trace = Trace("r", 0, "orders", "duplicate", instance_id="abc", status=200, changed=True)
    assert "200 orders duplicate with-another-body -> abc (0 ms) request r on 1970-01-01T00:00:00.000Z\n" == shown(
        trace
    )


def test_signed_bytes_under_another_id_are_named() -> None:
    trace = Trace("r", 0, "github", "accepted", instance_id="abc", status=200, replay_of="def")
    assert "200 github accepted replay-of def -> abc (0 ms) request r on 1970-01-01T00:00:00.000Z\n" == shown(trace)


class _Slow(io.StringIO):
    """A terminal that holds the first line until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.held, self.release = Event(), Event()

    def write(self, text: str) -> int:
        if not self.held.is_set():
            self.held.set()
            self.release.wait(60)
        return super().write(text)


def test_a_slow_terminal_holds_one_thread_alone_and_loses_no_line() -> None:
    terminal = _Slow()
    telemetry = ConsoleTelemetry(terminal)
    first = Thread(target=telemetry.failure, args=("first", ValueError("why")))
    first.start()
    assert terminal.held.wait(60)
    for number in range(3):
        telemetry.failure(f"later {number}", ValueError("why"))
    assert "" == terminal.getvalue()
    terminal.release.set()
    first.join(60)
    lines = [line.split(":")[0] for line in terminal.getvalue().splitlines()]
    assert ["! first", "! later 0", "! later 1", "! later 2"] == lines


def test_a_terminal_that_is_gone_raises_each_time() -> None:
    stream = io.StringIO()
    telemetry = ConsoleTelemetry(stream)
    stream.close()
    for _ in range(2):
        with pytest.raises(ValueError, match="closed"):
            telemetry.failure("start abc", ValueError("why"))
