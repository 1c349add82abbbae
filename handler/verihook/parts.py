"""The start of a Lambda execution environment: parts are made once, in its INIT phase, and a failure is reported once.

INIT has a whole processor; an invocation has only the share that belongs to the function's memory. INIT must not fail:
Lambda would repeat it during the next requests, and answer them with an error that is not ours.
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

#: How soon a part that could not be made is tried again, if the reason may pass, in milliseconds. A try for every
#: request would let strangers cause as many calls as they like.
AGAIN_MS = Unavailable.retry_after * 1000


class Part(Generic[Made]):
    """Something that the first call makes and that is then kept. Threads may share it.

    ``report`` is called with each failure to make the part, but not again for the same failure. A ConfigurationError
    stays until :meth:`cache_clear`; after any other error, making is tried again, at most every :data:`AGAIN_MS`.
    """

    def __init__(self, make: Callable[[], Made], report: Callable[[BaseException], None], clock: Clock) -> None:
        self._make, self._report, self._clock = make, report, clock
        self._lock = Lock()
        self._last_reported = ""
        self.cache_clear()

    def __call__(self) -> Made:
        """Return the part. Raises what ``make`` raises."""
        # One read, which needs no lock: another thread may clear it in between.
        made = self._made
        if made:
            return made[0]
        with self._lock:
            if not self._made:
                self._try()
            return self._made[0]

    def cache_clear(self) -> None:
        """Drop the part, or the failure to make it: the next call makes the part again."""
        self._made: list[Made] = []
        self._failure: Exception | None = None
        self._again_at = 0

    def _try(self) -> None:
        failure = self._failure
        if failure is not None and (isinstance(failure, ConfigurationError) or self._clock.now_ms() < self._again_at):
            # The kept error would otherwise collect the frames of every call that raised it.
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
    """Make the parts now, in this order. Stop at the first that cannot be made, as the next ones need it.

    Raises nothing: a :class:`Part` has reported what is wrong, and the answer to each request says so.
    """
    with suppress(Exception):
        for part in parts:
            part()


def public_error(error: Exception) -> Unavailable:
    """Return the error that callers see while a part cannot be made: it shows nothing of the configuration."""
    if isinstance(error, Unavailable):
        return error
    return NotConfigured("The receiver is not configured; its log says what is wrong. Deliver again later.")


class Lazy:
    """Stands for an object and makes it when an attribute is first read: a cold start makes only what it needs."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._lock = Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._get(), name)

    def _get(self) -> Any:
        made = self.__dict__.get("_made")
        if made is None:
            # Several threads may come at once, and boto3 clients must be made by one thread at a time.
            with self._lock:
                made = self.__dict__.get("_made")
                if made is None:
                    made = self.__dict__["_made"] = self._make()
        return made


def make_now(part: object) -> None:
    """Make the object that a :class:`Lazy` stands for, wrapped or not, so that its first use need not wait."""
    part = getattr(part, "__dict__", {}).get("__wrapped__", part)
    if isinstance(part, Lazy):
        part._get()
