"""How long the answer to the current request may still take: one deadline for every call that the request causes.

A sender gives up after its timeout and delivers again, so a later answer is useless. The request's entry sets the
deadline, the core gives parts of it to its steps, and the clients of AWS wait no longer than what is left. Without a
deadline (a feed, a repair, a request to the API), the clients have timeouts of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar, Token
from dataclasses import dataclass

#: The most that an answer may take, in milliseconds, however patient its sender is.
LONGEST_MS = 3_000

#: The same if the answer has the result of an Express machine: its sender is ready to wait for that.
LONGEST_EXPRESS_MS = 8_000

#: The part of a sender's timeout that is left to the network and to a cold start, in milliseconds.
ON_THE_WAY_MS = 1_000

#: The share of the whole time that an event may take until it is durable; the rest is left to the engine.
CLAIM_SHARE = 2 / 3

#: The most that the start of an engine may take, in milliseconds: an instance that is durable can be started later.
START_MS = 1_000


# Not frozen: a delivery makes several, and a frozen one takes three times as long to make.
@dataclass(slots=True)
class _Deadline:
    """The deadline of a ``with`` block, which is entered once. Times in milliseconds by the clock ``now_ms``."""

    now_ms: Callable[[], int]
    begun: int
    until: int
    _before: Token[_Deadline | None] | None = None

    def __enter__(self) -> None:
        self._before = _present.set(self)

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            _present.reset(self._before)


_present: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)

#: Stands for a part of no deadline, which is none.
_NONE = nullcontext()


def patience_ms(timeout_s: float | None, longest_ms: int = LONGEST_MS) -> int:
    """Return how long an answer may take, in milliseconds, for a sender with this timeout (None: it names none).

    At least half of the timeout, as some senders wait for only a second; at most ``longest_ms``.
    """
    if timeout_s is None:
        return longest_ms
    timeout_ms = int(timeout_s * 1000)
    return min(longest_ms, max(timeout_ms - ON_THE_WAY_MS, timeout_ms // 2))


def within(whole_ms: int, begun_ms: int, now_ms: Callable[[], int]) -> AbstractContextManager[None]:
    """Give the calls in a ``with`` block ``whole_ms`` in all, counted from ``begun_ms``, by the clock ``now_ms``."""
    return _Deadline(now_ms, begun_ms, begun_ms + whole_ms)


def part(share: float) -> AbstractContextManager[None]:
    """Give the calls in a ``with`` block this share of the whole time, counted from its beginning."""
    whole = _present.get()
    if whole is None:
        return _NONE
    return _Deadline(whole.now_ms, whole.begun, whole.begun + int((whole.until - whole.begun) * share))


def at_most(most_ms: int) -> AbstractContextManager[None]:
    """Give the calls in a ``with`` block at most ``most_ms`` from now on, and no more than is left."""
    whole = _present.get()
    if whole is None:
        return _NONE
    now = whole.now_ms()
    return _Deadline(whole.now_ms, now, min(whole.until, now + most_ms))


def left_s() -> float | None:
    """Return how many seconds are left, 0.0 if the time is over; None without a deadline.

    Never more than the whole time, so that a clock that was set back gives no request more.
    """
    present = _present.get()
    if present is None:
        return None
    whole = present.until - present.begun
    return max(0, min(whole, present.until - present.now_ms())) / 1000
