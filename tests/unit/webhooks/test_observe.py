"""What is counted, when it is written, and that strangers can cause neither writes nor memory."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.contracts.instances import NOW, at_once
from verihook.adapters.ledgers.sqlite import SqliteFile, SqliteLedger
from verihook.adapters.telemetry.console import ConsoleTelemetry
from verihook.model.ports import Observation, Trace
from verihook.webhooks.observe import MAX_KEYS, PREVIOUS_MS, WINDOW_MS, WRITES, Observer


class Counted(SqliteLedger):
    """Counts its writes."""

    writes = 0

    def observe(self, observation: Observation) -> None:
        self.writes += 1
        super().observe(observation)

    def seen(self, kind: str = "rejected") -> list[tuple[str, str, int]]:
        return [(row.source, row.reason, row.count) for row in self.observations(kind, None, 1000)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Counted]:
    with SqliteFile(path, busy_timeout=0.01) as file:
        yield Counted(file)


@pytest.fixture
def told() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def observer(ledger: Counted, told: io.StringIO) -> Observer:
    return Observer(ledger, ConsoleTelemetry(told))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process holds the file."""
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


def refused(at: int = NOW, source: str | None = "orders", reason: str = "signature-mismatch") -> Trace:
    return Trace(f"request-{at}", at, source, reason=reason, status=401)


def by_previous(at: int = NOW, source: str = "orders") -> Trace:
    return Trace(f"request-{at}", at, source, "accepted", verified_by="previous", status=200)


def test_what_passed_is_counted_by_its_outcome(observer: Observer, ledger: Counted) -> None:
    for outcome in ("duplicate", "duplicate", "ignored", "handshake"):
        observer.passed(Trace("r", NOW, "orders", outcome, status=200))
    observer.flush()
    kinds = ("duplicate", "ignored", "handshake")
    assert [[("orders", "", 2)], [("orders", "", 1)], [("orders", "", 1)]] == [ledger.seen(kind) for kind in kinds]


def test_a_flood_of_forgeries_is_one_write_a_window(observer: Observer, ledger: Counted) -> None:
    for after in range(0, WINDOW_MS, 10):
        observer.rejected(refused(NOW + after))
    assert 0 == ledger.writes
    for after in range(WINDOW_MS, 2 * WINDOW_MS, 10):
        observer.rejected(refused(NOW + after))
    assert 1 == ledger.writes
    assert [("orders", "signature-mismatch", WINDOW_MS // 10 + 1)] == ledger.seen()


def test_the_sample_and_the_times_are_those_of_the_deliveries(observer: Observer, ledger: Counted) -> None:
    for after in (0, 5, WINDOW_MS):
        observer.rejected(refused(NOW + after))
    expected = Observation(
        "rejected", "orders", "signature-mismatch", 3, NOW, NOW + WINDOW_MS, f"request-{NOW + WINDOW_MS}"
    )
    assert [expected] == ledger.observations("rejected", None, 10)


def test_the_time_is_that_of_the_answer(observer: Observer, ledger: Counted) -> None:
    observer.rejected(Trace("r", NOW, reason="not-found", duration_ms=70))
    observer.flush()
    (row,) = ledger.observations("rejected", None, 10)
    assert (NOW + 70, NOW + 70) == (row.first_at, row.last_at)


def test_flush_writes_what_waits_and_opens_a_new_window(observer: Observer, ledger: Counted) -> None:
    observer.flush()
    assert 0 == ledger.writes
    observer.rejected(refused())
    observer.flush()
    observer.flush()
    assert 1 == ledger.writes
    observer.rejected(refused(NOW + WINDOW_MS))
    assert 1 == ledger.writes
    observer.rejected(refused(NOW + 2 * WINDOW_MS))
    assert [("orders", "signature-mismatch", 3)] == ledger.seen()


def test_one_refusal_waits_for_few_writes_and_none_is_forgotten(observer: Observer, ledger: Counted) -> None:
    for number in range(25):
        observer.rejected(refused(reason=f"reason-{number}"))
    writes = []
    for window in (1, 2, 3, 4):
        observer.rejected(refused(NOW + window * WINDOW_MS, reason="reason-0"))
        writes.append(ledger.writes)
    # The fourth window has what the first wrote already, once more.
    assert [WRITES, 2 * WRITES, 26, 27] == writes
    assert {f"reason-{number}": 5 if number == 0 else 1 for number in range(25)} == {
        reason: count for _, reason, count in ledger.seen()
    }


def test_memory_is_bounded_and_the_sum_is_kept(observer: Observer, ledger: Counted) -> None:
    for number in range(MAX_KEYS * 3):
        observer.rejected(refused(reason=f"reason-{number}"))
    assert MAX_KEYS + 1 == len(observer._waiting)
    observer.previous(by_previous(source="quiet"))
    observer.flush()
    seen = ledger.seen()
    assert MAX_KEYS + 1 == len(seen)
    assert ("", "other", MAX_KEYS * 2) in seen
    assert MAX_KEYS * 3 == sum(count for _, _, count in seen)
    assert [("quiet", "", 1)] == ledger.seen("previous-secret")


def test_a_long_or_odd_request_id_is_cut(observer: Observer, ledger: Counted) -> None:
    observer.rejected(Trace("\ud800é\x1b" + "x" * 1000, NOW, reason="source-not-found"))
    observer.flush()
    (row,) = ledger.observations("rejected", "", 10)
    assert "???" + "x" * 125 == row.request_id


def test_a_previous_secret_is_seen_at_once_and_then_seldom(observer: Observer, ledger: Counted) -> None:
    observer.previous(by_previous())
    assert [("orders", "", 1)] == ledger.seen("previous-secret")
    for after in range(1, PREVIOUS_MS, 1000):
        observer.previous(by_previous(NOW + after))
    assert 1 == ledger.writes
    observer.previous(by_previous(NOW + PREVIOUS_MS))
    assert 2 == ledger.writes
    rows = ledger.observations("previous-secret", "orders", 10)
    assert (NOW + PREVIOUS_MS, PREVIOUS_MS // 1000 + 2) == (rows[0].last_at, sum(row.count for row in rows))


def test_each_source_has_its_own_previous_secret(observer: Observer, ledger: Counted) -> None:
    for source in ("orders", "github", "orders"):
        observer.previous(by_previous(source=source))
    assert [("orders", "", 1), ("github", "", 1)] == ledger.seen("previous-secret")


def test_a_failed_write_raises_nothing_and_loses_nothing(
    observer: Observer, ledger: Counted, path: Path, told: io.StringIO
) -> None:
    observer.rejected(refused())
    observer.rejected(refused(reason="missing-header"))
    with locked(path):
        observer.rejected(refused(NOW + WINDOW_MS))
        observer.previous(by_previous())
        observer.flush()
    # One try each, although two rows waited: the answer waits for it.
    assert 3 == ledger.writes
    why = (
        "The ledger did not answer: another process keeps it locked. "
        "Find out what else has ledger.db open, and stop it."
    )
    # The three are one condition, which is said once a minute.
    assert [f"! observe: LedgerUnavailable: {why} ({path})"] == told.getvalue().splitlines()
    observer.flush()
    assert [("orders", "signature-mismatch", 2), ("orders", "missing-header", 1)] == ledger.seen()
    assert [("orders", "", 1)] == ledger.seen("previous-secret")


def test_while_the_ledger_is_away_it_is_asked_once_a_window(observer: Observer, ledger: Counted, path: Path) -> None:
    with locked(path):
        for after in range(0, 3 * WINDOW_MS + 1, 1000):
            observer.rejected(refused(NOW + after))
    assert 3 == ledger.writes
    observer.flush()
    assert 3 * WINDOW_MS // 1000 + 1 == sum(count for _, _, count in ledger.seen())


def test_an_answer_that_waited_for_the_ledger_waits_no_longer(observer: Observer, ledger: Counted) -> None:
    down = Trace("r", NOW, "orders", "unavailable", "ledger-unavailable", "previous", status=503)
    observer.rejected(down)
    observer.rejected(Trace("r", NOW + WINDOW_MS, "orders", "unavailable", "ledger-unavailable", status=503))
    observer.previous(down)
    assert 0 == ledger.writes
    observer.rejected(refused(NOW + WINDOW_MS))
    assert ("orders", "ledger-unavailable", 2) in ledger.seen()
    assert [("orders", "", 1)] == ledger.seen("previous-secret")


def test_32_threads_lose_no_count(observer: Observer, ledger: Counted) -> None:
    def deliver() -> None:
        for after in range(0, 10 * WINDOW_MS, WINDOW_MS // 10):
            observer.rejected(refused(NOW + after))
            observer.previous(by_previous(NOW + after))

    at_once([deliver] * 32)
    observer.flush()
    assert 32 * 100 == sum(count for _, _, count in ledger.seen())
    assert 32 * 100 == sum(count for _, _, count in ledger.seen("previous-secret"))
