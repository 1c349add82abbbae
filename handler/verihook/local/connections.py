"""The connections of the server on one machine: limits of their number and time, and a line a minute about cut ones.

uvicorn closes what is idle after an answer, but waits for ever for a first head, for the rest of a body, and for a
client to take an answer: as many such connections as the process may have files would stop it.
"""

from __future__ import annotations

import asyncio
import resource
from contextlib import suppress

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

#: Connections at a time, or half of the files that the process may have: the ledger and the engines need some, too.
MAX_CONNECTIONS = 512

#: So many files the process asks for. Most systems give 1,024 to one that does not ask, and the ports of the engines
#: take some beside this server's.
MAX_FILES = 65_536

#: How long a head, and a whole request, may take to come, in seconds.
HEAD_S = 10
REQUEST_S = 60

#: How long a client may take nothing of an answer, in seconds. The kernel takes it in parts of up to a megabyte.
TAKEN_S = 30

#: Bytes of answers that clients have not taken yet, over all connections. The one that has waited longest makes room.
MAX_UNSENT = 64 * 1024 * 1024

#: Connections that wait to be accepted; no more are accepted at once.
BACKLOG = 128


def raise_file_limit() -> None:
    """Let the process have as many files as the system allows, at most :data:`MAX_FILES`; never fewer than it has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        # macOS has a lower limit than it says: the limit that the process has is enough to run with.
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def most_connections() -> int:
    """Return how many connections this process can hold."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MAX_CONNECTIONS if files == resource.RLIM_INFINITY else max(16, min(MAX_CONNECTIONS, files // 2))


class Connection(H11Protocol):
    """One connection of the server: it has so long for a head, for a request, and to take an answer.

    It is asked for its next request when its answer is sent, so that it holds one answer at most.
    """

    #: Those whose turn it is, the longest idle first: they make room.
    waiting: dict[Connection, None] = {}  # noqa: RUF012  # of the one server that a process has
    most = MAX_CONNECTIONS
    most_unsent = MAX_UNSENT
    head_s: float = HEAD_S
    request_s: float = REQUEST_S
    taken_s: float = TAKEN_S
    _timer: asyncio.TimerHandle | None = None
    #: What it waits for, and the request before or in which it does.
    _awaited: tuple[str, object] | None = None
    _unsent = 0
    _is_answered = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """See :class:`asyncio.Protocol`."""
        super().connection_made(transport)
        # pause_writing then says that something is unsent, and resume_writing that all is sent.
        transport.set_write_buffer_limits(0)
        if len(self.connections) > self.most:
            # One that we work for is not cut; if all are, the newcomer goes.
            next(iter(self.waiting), self)._cut("More connections than %d: the longest idle ones were cut.", self.most)
        self._look()

    def data_received(self, data: bytes) -> None:
        """See :class:`asyncio.Protocol`."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Go on with what came after the request, once the answer is sent."""
        if self.flow.write_paused:
            self._is_answered = True
        else:
            super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """See :class:`asyncio.Protocol`."""
        super().pause_writing()
        self._look()
        self._bound_unsent()

    def resume_writing(self) -> None:
        """See :class:`asyncio.Protocol`."""
        super().resume_writing()
        if self._is_answered:
            self._is_answered = False
            super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """See :class:`asyncio.Protocol`."""
        self._settle()
        super().connection_lost(exc)

    def _look(self) -> None:
        """See whether it waits for something else than before, or for the same of another request."""
        awaited = self._awaits()
        if awaited != self._awaited:
            self._settle()
            if awaited is not None:
                self._await(*awaited)

    def _awaits(self) -> tuple[str, object] | None:
        if self.flow.write_paused:
            return "taking", self.cycle
        if self.transport.is_closing():
            return None
        if self.conn.their_state is h11.SEND_BODY:
            return "body", self.cycle
        if self.conn.their_state is h11.IDLE:
            # uvicorn's own timer ends one that is idle after an answer.
            return "head" if self.timeout_keep_alive_task is None else "next", self.cycle
        return None

    def _await(self, what: str, of: object) -> None:
        self._awaited = what, of
        self.waiting[self] = None
        self._unsent = self.transport.get_write_buffer_size()
        if what == "taking":
            self._timer = self.loop.call_later(self.taken_s, self._look_what_was_taken)
        elif what != "next":
            self._timer = self.loop.call_later(
                self.request_s if what == "body" else self.head_s,
                self._cut,
                "Connections were cut that did not send a request in %d seconds.",
                self.request_s,
            )

    def _look_what_was_taken(self) -> None:
        unsent = self.transport.get_write_buffer_size()
        if unsent >= self._unsent:
            self._cut("Connections were cut that took nothing of an answer in %d seconds.", self.taken_s)
        else:
            self._unsent = unsent
            self._timer = self.loop.call_later(self.taken_s, self._look_what_was_taken)

    def _bound_unsent(self) -> None:
        """Cut those that have waited longest until what is left is not too much; one answer alone is never too much."""
        held = [each for each in self.waiting if each.flow.write_paused]
        unsent = sum(each.transport.get_write_buffer_size() for each in held)
        for each in held[:-1]:
            if unsent <= self.most_unsent:
                break
            unsent -= each.transport.get_write_buffer_size()
            each._cut("More than %d bytes of answers were not taken: the longest idle ones were cut.", self.most_unsent)

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: the request is answered as if it asked for no upgrade, as HTTP allows.

        uvicorn would write two lines about each, and advise the operator to install a library.
        """

    def _settle(self) -> None:
        self._awaited = None
        self.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cut(self, why: str, number: float) -> None:
        self._settle()
        self.logger.warning(why, number)
        # abort: what is left to send is for someone who does not listen.
        self.transport.abort()
