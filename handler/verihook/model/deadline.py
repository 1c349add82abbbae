"""How long the answer to the present request may still take: one deadline, for every call that is made for it.

A sender gives up after its timeout; a later answer counts as none, and the sender delivers again. The request's
entry sets the deadline, the core gives parts of it to its steps, and the clients of AWS take no longer than what is
left. A request without one (a feed, a repair, a caller of the API) has the clients' own timeouts.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

#: The most that an answer may take, in milliseconds, however patient its sender is.
LONGEST_MS = 3_000

#: The same if the answer has the result of an Express machine, which its sender wants to wait for.
LONGEST_EXPRESS_MS = 8_000

#: What the network, and a start of the function, may take of the sender's timeout, in milliseconds.
ON_THE_WAY_MS = 1_000

#: What an event may take until it is durable, as a part of the whole; the rest is left to the engine.
CLAIM_SHARE = 2 / 3

#: The most that the start of an engine may take, in milliseconds: an instance that is durable can be started later.
START_MS = 1_000


@dataclass(slots=True)
class _Deadline:
    """Times in milliseconds of the clock ``now_ms``. Not frozen: a frozen one takes three times as long to make."""

    now_ms: Callable[[], int]
    begun: int
    until: int


class _DeadlineScope:
    """Sets the deadline of a ``with`` block. A generator would take three times as long; deliveries have several."""

    __slots__ = ("_deadline", "_token")

    def __init__(self, deadline: _Deadline | None) -> None:
        self._deadline = deadline

    def __enter__(self) -> None:
        self._token = _present.set(self._deadline)

    def __exit__(self, *_: object) -> None:
        _present.reset(self._token)


_present: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


def patience_ms(timeout_s: float | None, longest_ms: int = LONGEST_MS) -> int:
    """What an answer to a sender with this timeout may take, in milliseconds; None for one that names none.

    At least half of the timeout: some wait for a second alone.
    """
    if timeout_s is None:
        return longest_ms
    timeout_ms = int(timeout_s * 1000)
    return min(longest_ms, max(timeout_ms - ON_THE_WAY_MS, timeout_ms // 2))


def within(whole_ms: int, begun_ms: int, now_ms: Callable[[], int]) -> _DeadlineScope:
    """What is called within it has ``whole_ms``, counted from ``begun_ms``, by the clock ``now_ms``."""
    return _DeadlineScope(_Deadline(now_ms, begun_ms, begun_ms + whole_ms))


def part(share: float) -> _DeadlineScope:
    """Within it, only this share of the whole may pass."""
    whole = _present.get()
    if whole is None:
        return _DeadlineScope(None)
    until = whole.begun + int((whole.until - whole.begun) * share)
    return _DeadlineScope(_Deadline(whole.now_ms, whole.begun, until))


def at_most(most_ms: int) -> _DeadlineScope:
    """Within it a call may take at most ``most_ms`` from now on, and no more than are left."""
    whole = _present.get()
    if whole is None:
        return _DeadlineScope(None)
    now = whole.now_ms()
    return _DeadlineScope(_Deadline(whole.now_ms, now, min(whole.until, now + most_ms)))


def left_s() -> float | None:
    """The seconds that are left, 0.0 if the time is over; None without a deadline.

    Never more than the whole: a clock that was set back gives no request more time.
    """
    present = _present.get()
    if present is None:
        return None
    whole = present.until - present.begun
    return max(0, min(whole, present.until - present.now_ms())) / 1000
