"""Which requests are sent again, and when.

A request is sent again if it did not reach the server or was answered 429; one that may be repeated
(:attr:`Request.repeatable`) also if its answer was lost, or was 502, 503 or 504. The pauses double, and are random, so
that clients which failed together do not come back together
(https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/). ``Retry-After`` is heeded.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Generic

from verihook.client.errors import ApiError, Problem
from verihook.client.wire import AFTER_PAUSE, Answer, NoAnswer, Pause, Request, RetriedWork, T, Work

_PASSING = frozenset({502, 503, 504})

#: How much of an answer that is not Verihook's is quoted, in bytes.
_MAX_QUOTED = 200


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is sent again at most, and the first and the longest pause before it, in seconds.

    If a server asks to wait longer than ``longest_s`` (Retry-After), the request is not sent again.
    """

    most: int = 4
    first_s: float = 0.25
    longest_s: float = 30.0

    def pause(self, tried: int, retry_after: float | None) -> float | None:
        """Return the seconds before the next try, after ``tried`` tries; None if there is no next one."""
        if tried > self.most or (retry_after or 0) > self.longest_s:
            return None
        spread: float = min(self.longest_s, self.first_s * 2 ** (tried - 1))
        if retry_after is not None:
            return retry_after + random.uniform(0, self.first_s)  # noqa: S311  # keeps no secret
        return random.uniform(spread / 2, spread)  # noqa: S311  # keeps no secret


class RetriedOperation(Generic[T]):
    """An operation whose requests are sent again until each is answered with success."""

    #: What the operation returned, once :meth:`next` has returned None.
    result: T

    def __init__(self, work: Work[T], retries: Retries) -> None:
        self._steps = _retried(work, retries)

    def next(self, outcome: Answer | NoAnswer | None = None) -> Request | Pause | None:
        """Return the next request or pause, given the ``outcome`` of the last one; None at the end.

        Raises ApiError if a request fails for good.
        """
        try:
            return next(self._steps) if outcome is None else self._steps.send(outcome)
        except StopIteration as end:
            self.result = end.value
            return None


def _retried(work: Work[T], retries: Retries) -> RetriedWork[T]:
    """Run the operation, and repeat each request until it succeeds. Raises ApiError if one fails for good."""
    try:
        step = next(work)
        while True:
            if isinstance(step, Request):
                answer = yield from _exchange(step, retries)
            else:
                yield step
                answer = AFTER_PAUSE
            step = work.send(answer)
    except StopIteration as end:
        result: T = end.value
        return result


def _exchange(request: Request, retries: Retries) -> RetriedWork[Answer]:
    tried = 0
    while True:
        outcome = yield request
        if isinstance(outcome, Answer) and (200 <= outcome.status < 300 or outcome.status in request.answers):
            return outcome
        tried += 1
        problem = problem_of(outcome)
        pause = retries.pause(tried, problem.retry_after) if _may_repeat(outcome, request) else None
        if pause is None or (request.deadline is not None and time.monotonic() + pause > request.deadline):
            raise ApiError.of(problem)
        yield Pause(pause)


def _may_repeat(outcome: Answer | NoAnswer, request: Request) -> bool:
    if isinstance(outcome, NoAnswer):
        return request.repeatable or not outcome.sent
    # After a 429 nothing was done.
    return outcome.status == 429 or (request.repeatable and outcome.status in _PASSING)


def problem_of(outcome: Answer | NoAnswer) -> Problem:
    """Return what went wrong: from problem+json, or from what a proxy or gateway answered in a form of its own."""
    if isinstance(outcome, NoAnswer):
        return Problem(0, "unreachable", outcome.why)
    try:
        content = json.loads(outcome.body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        text = " ".join(outcome.body[:_MAX_QUOTED].decode(errors="replace").split())
        content = {"detail": f"The server answered {outcome.status}{': ' if text else ''}{text}"}
    # API Gateway and function URLs answer {"message": "Forbidden"}.
    detail = content.get("detail") or content.get("message") or content.get("Message") or ""
    return problem_in(outcome.status, {**content, "detail": detail}, _retry_after(outcome.headers))


def problem_in(status: int, content: Mapping[str, object], retry_after: float | None = None) -> Problem:
    """Return the problem that the API's JSON describes."""
    violations = content.get("violations")
    return Problem(
        status,
        str(content.get("code") or ""),
        str(content.get("detail") or ""),
        tuple(violations) if isinstance(violations, list) else (),
        _text(content.get("requestId")),
        retry_after,
        _text(content.get("instanceId")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of Retry-After, also if it is a date (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    left = (at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)
    return max(0.0, left.total_seconds())
