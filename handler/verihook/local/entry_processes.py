"""Runs the entries of sources on one machine, in processes that have none of our keys, files or variables.

A process that does not answer in time is killed with all that it has started, and another takes its place.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from threading import Semaphore, Thread
from types import TracebackType
from typing import IO, Any, Self

from verihook.config import Hooks
from verihook.config.entry_files import check_entries
from verihook.errors import ConfigurationError
from verihook.local.engines import workflows_of
from verihook.local.entry_child import NUMBER, receive, send
from verihook.model.entry_wire import MAX_ANSWER
from verihook.model.ports import EntryFailed, EntryTimeout
from verihook.strict_json import parse

_log = logging.getLogger(__name__)

#: How many entries run at the same time; each has a process of its own, which stays.
PROCESSES = 4

#: How long the first process may take to import the operator's modules, in seconds.
START_S = 30.0

#: All of the environment that a process gets. Lambda's clock is in UTC, too.
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC"}

_PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from verihook.local.entry_child import main
main(int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
"""


class EntryProcesses:
    """The Entries port. Use as a context manager: to enter starts a process, if a source has an entry."""

    def __init__(self, hooks: Hooks) -> None:
        """Raise ConfigurationError if an entry is not there; its file is parsed, not run."""
        self._folder = workflows_of(hooks)
        check_entries(hooks, self._folder)
        self._sources = {source.entry: name for name, source in hooks.sources.items() if source.entry}
        self._file = hooks.path.name
        self._room = Semaphore(PROCESSES)
        self._idle: deque[_Process] = deque()
        self._closed = False

    def __enter__(self) -> Self:
        """Raise ConfigurationError if an entry cannot be loaded, which its process finds out."""
        if self._sources:
            first = self._new()
            try:
                first.ready(time.monotonic() + START_S)
            except (EntryFailed, OSError) as error:
                first.kill()
                raise self._wrong(error) from None
            self._idle.append(first)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().kill()

    def ask(self, call: bytes, seconds: float) -> bytes:
        """See :class:`~verihook.model.ports.Entries`."""
        until = time.monotonic() + seconds
        if not self._room.acquire(timeout=seconds):
            raise EntryTimeout(f"{PROCESSES} entries were running; it was not asked within {seconds:g} seconds")
        try:
            process = self._take()
            try:
                answer = process.ask(call, until)
            except BaseException:
                process.kill()
                # At once, so that the next call need not wait for its start.
                self._give(self._new())
                raise
            self._give(process)
            return answer
        finally:
            self._room.release()

    def _take(self) -> _Process:
        try:
            return self._idle.pop()
        except IndexError:
            return self._new()

    def _give(self, process: _Process) -> None:
        self._idle.append(process)
        if self._closed:
            self.__exit__(None, None, None)

    def _new(self) -> _Process:
        return _Process(self._folder, list(self._sources))

    def _wrong(self, error: EntryFailed | OSError) -> ConfigurationError:
        if isinstance(error, OSError):
            why = f"their process did not begin within {START_S:g} seconds ({error}); the lines above say why"
            return ConfigurationError(self._file, "entry", why)
        source = next(name for entry, name in self._sources.items() if error.words.startswith(f"{entry}: "))
        return ConfigurationError(self._file, f"sources.{source}.entry", error.words)


class _Process:
    """One child. ``until``: a moment of the monotonic clock."""

    def __init__(self, folder: Path, entries: list[str]) -> None:
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._is_ready = False
        self._calls = 0
        package = str(Path(__file__).parents[2])
        with theirs:
            self._popen = subprocess.Popen(  # noqa: S603  # ours; the arguments come from hooks.toml, checked
                # -I: no variables of Python's, no packages of the user. All other descriptors are closed.
                [
                    sys.executable,
                    "-I",
                    "-u",
                    "-X",
                    "utf8",
                    "-c",
                    _PROGRAM,
                    package,
                    str(theirs.fileno()),
                    folder,
                    *entries,
                ],
                env=ENVIRONMENT,
                cwd=folder.parent,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                # Out of the terminal's reach, and killed with all that it starts.
                start_new_session=True,
            )
        output: Any = self._popen.stdout
        Thread(target=_relay, args=(output,), name="entry output", daemon=True).start()

    def ready(self, until: float) -> None:
        """Wait until it has loaded the entries. Raises EntryFailed if it cannot load one, and OSError."""
        if self._is_ready:
            return
        if said := parse(self._receive(until)):
            raise EntryFailed(f"{said['entry']}: {said['fault']}")
        self._is_ready = True

    def ask(self, call: bytes, until: float) -> bytes:
        """Return the answer. Raises EntryFailed, EntryTimeout; then the process is of no more use."""
        begun = time.monotonic()
        try:
            self.ready(until)
            self._wait(until)
            self._calls += 1
            number = self._calls.to_bytes(NUMBER, "big")
            send(self._socket, number + call)
            answer = self._receive(until)
        except TimeoutError:
            took = time.monotonic() - begun
            raise EntryTimeout(f"it did not return within {took:.2f} seconds; its process was killed") from None
        except OSError:
            raise EntryFailed(f"its process has ended{self._how()}") from None
        if not answer.startswith(number):
            raise EntryFailed("its process has answered another delivery; it was killed")
        return answer[NUMBER:]

    def kill(self) -> None:
        """End it and all that it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()
        self._socket.close()

    def _receive(self, until: float) -> bytes:
        return receive(self._socket, MAX_ANSWER + NUMBER, lambda: self._wait(until))

    def _wait(self, until: float) -> None:
        self._socket.settimeout(max(until - time.monotonic(), 0.001))

    def _how(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            return f" with {self._popen.wait(0.5)}"
        return ""


def _relay(output: IO[bytes]) -> None:
    """Put what an entry prints and logs into the log of the server, by lines."""
    with output:
        while line := output.readline(2000):
            _log.warning("%s", line.decode("utf-8", "replace").rstrip())
