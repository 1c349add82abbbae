from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from tests.unit.client.scripted import LISTED, Script
from verihook.client import ApiError, RateLimited, Retries, Unavailable
from verihook.client.retries import problem_of
from verihook.client.wire import Answer, NoAnswer


def test_pauses_double_and_are_spread() -> None:
    retries = Retries(5, first_s=1, longest_s=6)
    for tried, longest in [(1, 1), (2, 2), (3, 4), (4, 6), (5, 6)]:
        pauses = {retries.pause(tried, None) or 0 for _ in range(50)}
        assert longest / 2 <= min(pauses) < max(pauses) <= longest
        assert len(pauses) > 10
    assert retries.pause(6, None) is None


def test_what_the_server_asks_for_is_waited() -> None:
    retries = Retries(first_s=0.5, longest_s=30)
    assert 7 <= (retries.pause(1, 7) or 0) <= 7.5
    assert retries.pause(1, 31) is None
    assert Retries(0).pause(1, 0) is None


def test_retry_after_as_seconds_and_as_a_date() -> None:
    assert 7 == problem_of(Answer(429, {"retry-after": "7"}, b"")).retry_after
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=1000), usegmt=True)
    assert 900 < (problem_of(Answer(429, {"retry-after": date}, b"")).retry_after or 0) <= 1000
    assert 0 == problem_of(Answer(429, {"retry-after": "Sun, 01 Mar 2026 12:00:00 GMT"}, b"")).retry_after


@pytest.mark.parametrize("text", ["soon", "", "-1", "1e9"])
def test_another_retry_after_says_nothing(text: str) -> None:
    assert problem_of(Answer(503, {"retry-after": text}, b"")).retry_after is None


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"message": "Forbidden"}', "Forbidden"),
        (b'{"Message": "Function not found"}', "Function not found"),
        (b"<h1>Bad\n gateway</h1>", "The server answered 502: <h1>Bad gateway</h1>"),
        (b"\xff", "The server answered 502: �"),
        (b"", "The server answered 502"),
        (b"[1]", "The server answered 502: [1]"),
    ],
)
def test_what_a_gateway_says_is_told(body: bytes, detail: str) -> None:
    problem = problem_of(Answer(502, {}, body))
    assert (502, "", detail) == (problem.status, problem.code, problem.detail)


def test_no_answer() -> None:
    assert (0, "unreachable", "cut off") == (
        (problem := problem_of(NoAnswer("cut off", sent=True))).status,
        problem.code,
        problem.detail,
    )


def test_a_limit_that_lasts_is_told(script: Callable[..., Script]) -> None:
    told = script(httpx.Response(429, headers={"retry-after": "60"}))
    with pytest.raises(RateLimited) as caught:
        told.call("get", "order-1")
    assert (60, 1) == (caught.value.retry_after, len(told.requests))


def test_a_deadline_ends_the_retries(script: Callable[..., Script]) -> None:
    told = script(httpx.Response(503, headers={"retry-after": "1"}))
    with pytest.raises(Unavailable):
        told.call("wait", "order-1", timeout=0.5)
    assert 1 == len(told.requests)


@pytest.mark.parametrize("status", [301, 302, 418, 500])
def test_other_answers_are_told_as_they_are(script: Callable[..., Script], status: int) -> None:
    told = script(httpx.Response(status, headers={"location": "http://elsewhere.test/"}, json=LISTED))
    with pytest.raises(ApiError) as caught:
        told.call("get", "order-1")
    # A redirect is not followed: the key is not for elsewhere.
    assert (status, ApiError, 1) == (caught.value.status, type(caught.value), len(told.requests))
