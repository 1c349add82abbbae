"""The start of an execution environment: parts are made once, at INIT, and what cannot be made is reported once.

INIT has a full processor, an invocation the share that its memory gets. It must not fail: Lambda would repeat a failed
INIT within the next requests, and answer them without our error.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any, Generic, TypeVar

from verihook.errors import ConfigurationError, NotConfigured, Unavailable
from verihook.model.ports import Clock

Made = TypeVar("Made")

#: How soon a part is tried again that could not be made for a reason that may pass, in milliseconds: a call for every
#: request of a stranger would be too many.
AGAIN_MS = Unavailable.retry_after * 1000


class Part(Generic[Made]):
    """Something that is made when it is first called for, and then kept. Threads may share it.

    ``report`` gets each failure to make it, the same one only once in a row. A ConfigurationError stays until
    :meth:`cache_clear`; after any other the part is tried again, at most every :data:`AGAIN_MS`.
    """

    def __init__(self, make: Callable[[], Made], report: Callable[[BaseException], None], clock: Clock) -> None:
        self._make, self._report, self._clock = make, report, clock
        self._lock = Lock()
        self._last_reported = ""
        self.cache_clear()

    def __call__(self) -> Made:
        """The part. Raises what its making raises."""
        with self._lock:
            if not self._made:
                self._try()
            return self._made[0]

    def cache_clear(self) -> None:
        """Drop the part, and the failure to make it: the next call makes another."""
        self._made: list[Made] = []
        self._failure: Exception | None = None
        self._again_at = 0

    def _try(self) -> None:
        failure = self._failure
        if failure is not None and (isinstance(failure, ConfigurationError) or self._clock.now_ms() < self._again_at):
            # Without the frames of former calls, to which raising it again would add these.
            raise failure.with_traceback(None)
        try:
            self._made = [self._make()]
        except Exception as error:
            self._failure, self._again_at = error, self._clock.now_ms() + AGAIN_MS
            if repr(error) != self._last_reported:
                self._last_reported = repr(error)
                self._report(error)
            raise
        self._failure, self._last_reported = None, ""


def make_all(*parts: Callable[[], object]) -> None:
    """Make these now, in their order, up to the first that cannot be made: the next ones need it.

    Raises nothing: a :class:`Part` has reported what is wrong, and the answer to each request says so.
    """
    with suppress(Exception):
        for part in parts:
            part()


def public_error(error: Exception) -> Unavailable:
    """The error for callers while a part is missing: always the same, with nothing of the configuration."""
    if isinstance(error, Unavailable):
        return error
    return NotConfigured("The receiver is not configured; its log says what is wrong. Deliver again later.")


class Lazy:
    """Stands for a part that is made when it is first used: a cold start makes none that it does not need."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._lock = Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._get(), name)

    def _get(self) -> Any:
        made = self.__dict__.get("_made")
        if made is None:
            # Threads of a round or a batch may come together; clients have to be made by one at a time.
            with self._lock:
                made = self.__dict__.get("_made")
                if made is None:
                    made = self.__dict__["_made"] = self._make()
        return made


def make_now(part: object) -> None:
    """Make what a :class:`Lazy` stands for, which a call would do."""
    if isinstance(part, Lazy):
        part._get()
