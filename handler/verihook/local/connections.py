"""The connections of the server on one machine: so many, each so long, and one line a minute about those that are cut.

uvicorn closes what is idle after an answer, but waits for ever for a first head or for the rest of a body: as many
idle connections as the process may have files would stop it.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import threading
import time
from collections.abc import Callable

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

#: Connections at a time, or half of the files that the process may have: the ledger and the engines need some, too.
MAX_CONNECTIONS = 512

#: How long a head, and a whole request, may take to come, in seconds.
HEAD_S = 10
REQUEST_S = 60

#: Connections that wait to be accepted; no more are accepted at once.
BACKLOG = 128


def most_connections() -> int:
    """How many this process can hold."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MAX_CONNECTIONS if files == resource.RLIM_INFINITY else max(16, min(MAX_CONNECTIONS, files // 2))


class SeldomSaid(logging.Filter):
    """Lets a message pass once a minute, and says how often it came since. ``now``: a clock in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic, seconds: float = 60) -> None:
        super().__init__()
        self._now, self._seconds = now, seconds
        self._said: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """See :class:`logging.Filter`."""
        suppressed = self.suppressed(str(record.msg))
        if suppressed:
            record.msg = f"{record.msg} ({suppressed} more in the last minute)"
        return suppressed is not None

    def suppressed(self, what: str) -> int | None:
        """None if ``what`` is not to be said now, else how often it was not said before."""
        with self._lock:
            at, number = self._said.get(what, (self._now() - self._seconds, 0))
            if self._now() - at < self._seconds:
                self._said[what] = (at, number + 1)
                return None
            if what not in self._said and len(self._said) >= 64:
                del self._said[next(iter(self._said))]
            self._said[what] = (self._now(), 0)
            return number


class Connection(H11Protocol):
    """One connection of the server: it has so long for a head, and for a request; the longest idle one makes room."""

    #: Those that wait for a head or a body, the oldest first.
    waiting: dict[Connection, None] = {}  # noqa: RUF012  # of the one server that a process has
    most = MAX_CONNECTIONS
    head_s: float = HEAD_S
    request_s: float = REQUEST_S
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """See :class:`asyncio.Protocol`."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            # One that is answered is not cut; if all are, the newcomer goes.
            next(iter(self.waiting), self)._cut("More connections than %d: the longest idle ones were cut.", self.most)
        self._await(self.head_s)

    def data_received(self, data: bytes) -> None:
        """See :class:`asyncio.Protocol`."""
        new = self._timer is None
        head_only = self.conn.their_state is h11.IDLE
        super().data_received(data)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._settle()
        elif new or (head_only and self.conn.their_state is h11.SEND_BODY):
            self._await(self.request_s if self.conn.their_state is h11.SEND_BODY else self.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """See :class:`asyncio.Protocol`."""
        self._settle()
        super().connection_lost(exc)

    def _await(self, seconds: float) -> None:
        self._settle()
        self.waiting[self] = None
        self._timer = self.loop.call_later(
            seconds, self._cut, "Connections were cut that did not send a request in %d seconds.", self.request_s
        )

    def _settle(self) -> None:
        self.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cut(self, why: str, number: float) -> None:
        self._settle()
        self.logger.warning(why, number)
        # abort: what is left to send is for someone who does not listen.
        self.transport.abort()
