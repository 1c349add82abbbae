"""A cache of a secret store's answers: callers that ask together, as all sources do at the start, cause one call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from verihook.adapters.aws.errors import AwsError, ServiceError
from verihook.errors import SecretsUnavailable

K = TypeVar("K", bound=Hashable)

#: How long an answer is kept, in seconds.
MAX_AGE_S = 300

#: How old a fresh answer may be, and how long a store that has failed is not asked again, in seconds.
FRESH_S = 5

Clock = Callable[[], float]


class AnswerCache(Generic[K]):
    """Answers by their keys: as many as hooks.toml names.

    ``ask``: reads one, raising AwsError. ``absent``: the codes that mean that there is none, which is kept as "".
    ``clock``: seconds since the epoch, so that an answer grows old in a snapshot too.
    """

    def __init__(self, ask: Callable[[K], object], absent: tuple[str, ...], clock: Clock = time.time) -> None:
        self._ask, self._absent, self._clock = ask, absent, clock
        self._lock = threading.Lock()
        self._answers: dict[K, tuple[float, str]] = {}
        self._failed_at: float | None = None

    def get(self, key: K, *, fresh: bool = False) -> str:
        """The text; "" if there is none. ``fresh``: as it is just now. Raises SecretsUnavailable."""
        with self._lock:
            now = self._clock()
            at, answer = self._answers.get(key, (None, ""))
            if not _young(at, now, FRESH_S if fresh else MAX_AGE_S):
                if _young(self._failed_at, now, FRESH_S):
                    raise SecretsUnavailable("A secret store did not answer.")
                answer = self._read(key, now)
            return answer

    def forget(self) -> None:
        """Drop all answers, as something was written."""
        self._answers.clear()

    def _read(self, key: K, now: float) -> str:
        try:
            answer = self._ask(key)
        except AwsError as error:
            if not isinstance(error, ServiceError) or error.code not in self._absent:
                self._failed_at = now
                raise SecretsUnavailable("A secret store did not answer.") from error
            answer = ""
        text = answer if isinstance(answer, str) else ""
        self._answers[key], self._failed_at = (now, text), None
        return text


def _young(at: float | None, now: float, age: float) -> bool:
    # A clock that was set back must not keep an answer for as long as it was ahead.
    return at is not None and 0 <= now - at < age
