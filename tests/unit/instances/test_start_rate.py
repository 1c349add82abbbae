"""Reconcile's rate in AWS: as fast as the engine takes starts, and none that is throttled is lost."""

from __future__ import annotations

from itertools import count
from typing import NoReturn

import pytest

from tests.unit.bare import StandingClock
from tests.unit.parts import Parts, parts, request
from verihook import instances
from verihook.adapters.aws.errors import ServiceError
from verihook.adapters.engines.stepfunctions import StepFunctionsEngine
from verihook.errors import EngineUnavailable
from verihook.instances.reconcile import REPAIRS_MS, reconcile
from verihook.instances.round_report import Report
from verihook.instances.start_rate import FIRST, LEAST, MOST, PAUSE_MS, StartRate, Starts
from verihook.model.instance import Status

__all__ = ["parts"]


def starts(clock: StandingClock) -> Starts:
    """Of a clock that goes on by what is slept, and not otherwise."""

    def sleep(milliseconds: float) -> None:
        clock.at += round(milliseconds)

    return Starts(StartRate(clock, sleep))


def queue(parts: Parts, many: int) -> None:
    parts.engine.failing.add("start")
    for number in range(many):
        instances.submit(request(id=f"i{number:03}"), "", parts.services)
    parts.engine.failing.clear()
    parts.engine.calls.clear()
    parts.heard.failures.clear()
    parts.clock.at += 1_000


def throttled(*_: object) -> NoReturn:
    error = EngineUnavailable("Throttled.")
    error.throttled = True
    raise error


def test_an_end_whose_report_was_lost_is_found_at_the_first_look(parts: Parts) -> None:
    queue(parts, 1)
    parts.engine.end("i000")
    assert Report(looked=1, finished=1) == reconcile(parts.services, starts=starts(parts.clock))


def bucket(parts: Parts, tokens: int) -> None:
    """Let the engine take so many starts and throttle the others, until the test adds more."""
    take, left = parts.engine.start, iter(range(tokens))

    def start(definition: str, name: str, input: str, connection: str | None = None) -> Status:
        if next(left, None) is None:
            throttled()
        return take(definition, name, input, connection)

    parts.engine.start = start  # type: ignore[method-assign]


def test_once_asking_is_throttled_what_is_queued_is_started_without(parts: Parts) -> None:
    queue(parts, 40)
    parts.engine.describe = throttled  # type: ignore[method-assign, assignment]
    pace = starts(parts.clock)
    assert Report(looked=40, started=40) == reconcile(parts.services, starts=pace)
    assert not pace.asks
    assert not parts.heard.failures
    assert {"running"} == {parts.row(f"i{number:03}").status for number in range(40)}


def test_what_is_throttled_stays_due_unwritten_and_comes_first_again(parts: Parts) -> None:
    queue(parts, 40)
    before = {f"i{number:03}": parts.row(f"i{number:03}") for number in range(40)}
    took = parts.engine.start
    bucket(parts, 10)
    report = reconcile(parts.services, starts=starts(parts.clock))
    assert (40, 10, 30, 0) == (report.looked, report.started, report.throttled, report.postponed)
    left = {id for id, row in before.items() if parts.row(id) == row}
    assert 30 == len(left)
    # One word for the log.
    assert 1 == len(parts.heard.failures)
    parts.engine.start = took  # type: ignore[method-assign]
    assert left <= {row.id for row in parts.ledger.due(parts.clock.now_ms(), 40)}
    assert 30 == reconcile(parts.services, starts=starts(parts.clock)).started
    assert 40 == len(set(parts.engine.starts)) == len(parts.engine.starts)


def test_rounds_follow_until_the_throttled_are_started_and_end_in_time_for_the_next_minute(parts: Parts) -> None:
    queue(parts, 30)
    began = parts.clock.at
    bucket(parts, 12)
    report = reconcile(parts.services, 4, lambda: 900_000, starts(parts.clock))
    assert 12 == report.started
    assert REPAIRS_MS <= parts.clock.at - began < REPAIRS_MS + 5 * PAUSE_MS


def test_an_engine_that_is_away_is_still_not_asked_for_every_row(parts: Parts) -> None:
    queue(parts, 200)
    parts.engine.failing.add("start")
    report = reconcile(parts.services, starts=starts(parts.clock))
    assert 200 == report.looked
    assert len(parts.engine.calls) < 100


def test_the_rate_grows_is_halved_once_for_all_that_are_under_way_and_has_bounds() -> None:
    clock = StandingClock()
    rate = starts(clock).rate
    assert rate is not None
    assert [True, False, False] == [rate.throttled() for _ in range(3)]
    assert FIRST / 2 == rate.per_second
    began = clock.at
    rate.wait()
    assert clock.at - began == PAUSE_MS
    rate.wait()
    assert clock.at - began == PAUSE_MS + 1_000 / rate.per_second
    for _ in range(50):
        clock.at += PAUSE_MS
        rate.throttled()
    assert LEAST == rate.per_second
    for _ in range(10_000):
        rate.taken()
    assert MOST == rate.per_second


def test_step_functions_says_whether_it_is_throttled_or_away() -> None:
    codes = count()

    class Client:
        def start_execution(self, **_: str) -> None:
            raise ServiceError(["ThrottlingException", "ServiceUnavailable"][next(codes)])

    engine = StepFunctionsEngine(Client(), "arn:aws:states:x:1:stateMachine:")  # type: ignore[arg-type]
    for is_throttled in (True, False):
        with pytest.raises(EngineUnavailable) as raised:
            engine.start("m", "i", "{}")
        assert is_throttled is raised.value.throttled
