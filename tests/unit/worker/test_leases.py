"""The rules of a lease that the worker's own tests do not reach."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.working import NOW, Working, working
from verihook.errors import LedgerUnavailable
from verihook.model.instance import Instance, Progress
from verihook.model.ports import MAX_CAUSE, MAX_ERROR, Pace
from verihook.worker import leases
from verihook.worker.leases import Ending, backoff_ms


@pytest.mark.parametrize(
    ("backoff_s", "tries", "expected"),
    [(2, 1, 2000), (2, 2, 4000), (2, 5, 32_000), (2, 12, 3_600_000), (7, 10**6, 3_600_000), (0, 9, 0)],
)
def test_the_back_off_doubles_up_to_an_hour(backoff_s: int, tries: int, expected: int) -> None:
    assert expected == backoff_ms(backoff_s, tries)


def take(w: Working) -> Instance:
    leased = leases.acquire(w.row(), 1000, w.services)
    assert leased is not None
    return leased


def test_a_lease_is_taken_from_a_row_that_others_touched(tmp_path: Path) -> None:
    with working(tmp_path, {"w": print}) as w:
        stale = w.claim()
        assert w.services.ledger.amend(replace(stale, cause="touched"))
        leased = leases.acquire(stale, 1000, w.services)
        assert leased == w.row()
        assert ("running", 1, "touched") == (leased.status, leased.tries, leased.cause)
        assert (None, NOW, NOW + 1000) == (leased.start_at, leased.begun_at, leased.leased_until)


@pytest.mark.parametrize(
    "change", [{"held": True}, {"status": "terminated"}, {"start_at": NOW + 1}, {"leased_until": NOW + 1}, {"tries": 1}]
)
def test_no_lease_where_the_row_is_not_to_be_begun_any_more(tmp_path: Path, change: dict[str, Any]) -> None:
    with working(tmp_path, {"w": print}) as w:
        stale = w.claim()
        assert w.services.ledger.amend(replace(stale, **change))
        assert leases.acquire(stale, 1000, w.services) is None


@pytest.mark.parametrize(("held", "status", "due"), [(False, "queued", NOW), (True, "suspended", None)])
def test_what_is_given_back_had_no_try(tmp_path: Path, held: bool, status: str, due: int | None) -> None:
    with working(tmp_path, {"w": print}) as w:
        w.claim()
        leased = take(w)
        assert w.services.ledger.amend(replace(leased, held=held, status="suspended" if held else "running"))
        assert leases.write_row(leased, leases.give_back, w.services)
        row = w.row()
        assert (status, 0, None, due) == (row.status, row.tries, row.leased_until, row.due_at)
        # Whatever the function of that try still comes to is not written.
        assert not leases.write_row(leased, leases.give_back, w.services)


def test_an_end_is_written_although_others_touched_the_row(tmp_path: Path) -> None:
    with working(tmp_path, {"w": print}) as w:
        w.claim()
        leased = take(w)
        assert w.services.ledger.amend(replace(leased, held=True, status="suspended"))
        words = Progress("failed", None, "E" * 5000, "\ud800" + "c" * 5000)
        ending = leases.edit_to_end(Ending(words), leased, w.services.workflows["w"], w.services.payloads)
        assert leases.write_row(leased, ending, w.services) is True
        row = w.row()
        assert ("failed", False, NOW, None) == (row.status, row.held, row.begun_at, row.leased_until)
        assert ("E" * MAX_ERROR, MAX_CAUSE) == (row.error, len(row.cause or ""))
        assert leases.write_row(leased, ending, w.services) is False


def test_one_that_is_held_between_two_tries_is_not_due(tmp_path: Path) -> None:
    with working(tmp_path, {"w": print}) as w:
        w.claim()
        leased = take(w)
        assert w.services.ledger.amend(replace(leased, held=True))
        again = leases.edit_to_retry(Progress("failed", None, "E", "c"), w.services.workflows["w"])
        assert leases.write_row(leased, again, w.services) is True
        assert ("suspended", True, None, NOW + 2000) == (
            w.row().status,
            w.row().held,
            w.row().due_at,
            w.row().leased_until,
        )


def test_a_row_that_everybody_writes_is_given_up(tmp_path: Path) -> None:
    class Contended:
        """Another writer is quicker, every time."""

        def __init__(self, ledger: Any) -> None:
            self._ledger = ledger

        def amend(self, instance: Instance) -> bool:
            return False

        def get(self, instance_id: str, now_ms: int) -> Any:
            return self._ledger.get(instance_id, now_ms)

    with working(tmp_path, {"w": print}) as w:
        w.claim()
        leased = take(w)
        w.clock.at += 1000
        services = replace(w.services, ledger=Contended(w.services.ledger))  # type: ignore[arg-type]
        with pytest.raises(LedgerUnavailable):
            leases.acquire(leased, 1000, services)
        again = leases.edit_to_retry(Progress("failed"), w.services.workflows["w"])
        with pytest.raises(LedgerUnavailable):
            leases.write_row(leased, again, services)


@pytest.mark.parametrize(
    ("due_at", "first_ms", "expected"),
    [
        (NOW + 1, 100, NOW + 1),
        (NOW + 1000, 100, NOW + 1000),
        (NOW + 1001, 100, NOW + 1000),
        (NOW + 60_000, 60_000, NOW + 60_000),
        (NOW + 60_001, 60_000, NOW + 1000),
        (NOW, 100, NOW + 1000),
        (None, 100, NOW + 1000),
    ],
)
def test_a_look_that_comes_soon_is_not_moved(tmp_path: Path, due_at: int | None, first_ms: int, expected: int) -> None:
    """To move it costs two units of the index; one that comes late would leave a dead worker's row to itself."""
    with working(tmp_path, {"w": print}) as w:
        w.claim(due_at=due_at)
        services = replace(w.services, pace=Pace(first_ms, 200))
        leased = leases.acquire(w.row(), 1000, services)
        assert leased is not None
        assert (expected, NOW + 1000) == (leased.due_at, leased.leased_until)
