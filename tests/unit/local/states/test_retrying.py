"""Delays of retries against a slow reading, and which errors a name takes."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verihook.local.states.retrying import compile_catcher, compile_retrier, matches


@settings(max_examples=300, deadline=None)
@given(
    st.integers(1, 1000),
    st.floats(1, 20),
    st.none() | st.integers(1, 5000),
    st.booleans(),
    st.integers(0, 40),
    st.integers(),
)
def test_a_delay_is_what_the_slow_reading_says(
    interval: int, backoff: float, longest: int | None, full: bool, done: int, seed: int
) -> None:
    given_fields = {"ErrorEquals": ["A"], "IntervalSeconds": interval, "BackoffRate": backoff}
    given_fields |= {} if longest is None else {"MaxDelaySeconds": longest}
    given_fields |= {"JitterStrategy": "FULL"} if full else {}
    delay = compile_retrier(given_fields, last=True).delay(done, random.Random(seed))
    expected = float(interval)
    for _ in range(done):  # one multiplication for each retry
        expected *= backoff
    expected = min(expected, longest or 99_999_999)
    assert 0 <= delay <= expected if full else delay == pytest.approx(expected)


def test_jitter_is_spread_over_the_whole_delay() -> None:
    retrier = compile_retrier({"ErrorEquals": ["A"], "IntervalSeconds": 10, "JitterStrategy": "FULL"}, last=True)
    delays = [retrier.delay(0, random.Random(seed)) for seed in range(100)]
    assert min(delays) < 1
    assert max(delays) > 9


@pytest.mark.parametrize(
    ("names", "taken", "left"),
    [
        (["A"], ["A"], ["B", None, "States.Timeout"]),
        (
            ["States.ALL"],
            ["A", "States.Timeout", "States.QueryEvaluationError"],
            ["States.Runtime", "States.DataLimitExceeded"],
        ),
        (
            ["States.TaskFailed"],
            ["A", "Lambda.Unknown"],
            ["States.Timeout", "States.HeartbeatTimeout", "States.Runtime"],
        ),
        (["States.Timeout"], ["States.Timeout", "States.HeartbeatTimeout"], ["A"]),
        (["States.HeartbeatTimeout"], ["States.HeartbeatTimeout"], ["States.Timeout"]),
        (["States.DataLimitExceeded"], ["States.DataLimitExceeded"], ["A"]),
        (["States.Runtime"], [], ["States.Runtime"]),
    ],
)
def test_what_a_name_takes(names: list[str], taken: list[str], left: list[str | None]) -> None:
    assert all(matches(tuple(names), error) for error in taken)
    assert not any(matches(tuple(names), error) for error in left)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ErrorEquals": []},
        {"ErrorEquals": ["A", "States.ALL"]},
        {"ErrorEquals": ["A"], "BackoffRate": 0.5},
        {"ErrorEquals": ["A"], "MaxDelaySeconds": 0},
        {"ErrorEquals": ["A"], "JitterStrategy": "HALF"},
        {"ErrorEquals": ["A"], "MaxAttempts": -1},
        {"ErrorEquals": ["A"], "Interval": 1},
        {"ErrorEquals": [1]},
        [],
    ],
)
def test_what_is_no_retrier(wrong: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # any of several messages
        compile_retrier(wrong, last=True)


def test_a_catcher_of_all_is_the_last_one_and_leads_somewhere() -> None:
    with pytest.raises(ValueError, match=r"States\.ALL"):
        compile_catcher({"ErrorEquals": ["States.ALL"], "Next": "B"}, "JSONPath", last=False)
    with pytest.raises(ValueError, match="Next"):
        compile_catcher({"ErrorEquals": ["A"]}, "JSONPath", last=True)
