"""Runs the functions of workflows in processes of their own: what takes a processor does not slow the receiver.

A function that is out of time is killed with its process; another takes its place.
"""

from __future__ import annotations

import json
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
from threading import Lock
from typing import Any

from verihook import authoring
from verihook.errors import SecretsUnavailable
from verihook.local.entry_child import receive, send
from verihook.records import asdict
from verihook.strict_json import parse
from verihook.worker.current_instance import INSTANCE
from verihook.worker.functions import Context, Exited, Functions, Interrupted, NotJson, OutOfTime

_PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from verihook.local.function_child import main
main(int(sys.argv[2]), Path(sys.argv[3]))
"""


class FunctionProcesses(Functions):
    """Functions whose calls are made in other processes: as many as there are calls at a time. They stay."""

    def __init__(self, checked: Functions, folder: Path) -> None:
        """``checked``: those that can be loaded; ``folder``: of the workflows in Python."""
        super().__init__(checked.runs)
        self._folder = folder
        self._ready: deque[_Process] = deque()
        self._called: set[_Process] = set()
        self._changing = Lock()

    def call(self, definition: str, event: object, context: Context, timeout_ms: int) -> object:
        """See :meth:`Functions.call`; a function that is out of time does not run on. Raises NotJson, too."""
        until = time.monotonic() + max(timeout_ms, 1) / 1000
        process = self._take()
        given = {name: value for name, value in _fields(context).items() if name != "remaining_ms"}
        asked = {"definition": definition, "event": event, "context": given, "ms": timeout_ms}
        token, well = INSTANCE.set(context.instance_id), False
        try:
            answer = process.call(asked, until)
            well = True
        except TimeoutError:
            raise OutOfTime(f"The function did not return within {timeout_ms / 1000:g} seconds.") from None
        except OSError:
            if self._interrupted:
                raise Interrupted("The process stops.") from None
            raise Exited(f"The function ended its process{process.how()}.") from None
        finally:
            INSTANCE.reset(token)
            self._give(process, well=well)
        return _result(answer)

    def interrupt(self) -> None:
        """Let every call that has not returned raise Interrupted, and every later call; all processes end."""
        with self._changing:
            self._interrupted = True
            ended = [*self._ready, *self._called]
            self._ready.clear()
        for process in ended:
            process.kill()

    def _take(self) -> _Process:
        with self._changing:
            if self._interrupted:
                raise Interrupted("The process stops.")
            process = self._ready.pop() if self._ready else _Process(self._folder)
            self._called.add(process)
            return process

    def _give(self, process: _Process, *, well: bool) -> None:
        with self._changing:
            self._called.discard(process)
            if well and not self._interrupted:
                self._ready.append(process)
                return
        process.kill()


def _fields(context: Context) -> dict[str, Any]:
    return {**asdict(context), "headers": dict(context.headers)}


def _result(answer: dict[str, Any]) -> object:
    if "output" in answer:
        return answer["output"]
    if "exited" in answer:
        raise Exited(answer["exited"])
    if "not_json" in answer:
        raise NotJson(answer["not_json"])
    error = type(answer["error"], (Exception,), {})(answer["words"])
    error.remote_stack = answer["stack"]
    raise error


class _Process:
    """One child. ``until``: a moment of the monotonic clock."""

    def __init__(self, folder: Path) -> None:
        ours, theirs = socket.socketpair()
        self._socket = ours
        package = str(Path(__file__).parents[2])
        with theirs:
            self._popen = subprocess.Popen(  # noqa: S603  # ours
                [sys.executable, "-c", _PROGRAM, package, str(theirs.fileno()), str(folder)],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                # Out of the terminal's reach, and killed with all that it starts.
                start_new_session=True,
            )

    def call(self, asked: dict[str, Any], until: float) -> dict[str, Any]:
        """Return the last frame. Raises TimeoutError, and OSError if the process has ended."""
        self._wait(until)
        send(self._socket, json.dumps(asked).encode())
        while True:
            frame: dict[str, Any] = parse(receive(self._socket, 1 << 28, lambda: self._wait(until)))
            if "log" in frame:
                _log(*frame["log"])
            elif "connection" in frame:
                send(self._socket, json.dumps(_connection(frame["connection"])).encode())
            else:
                return frame

    def kill(self) -> None:
        """End it and all that it has started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()
        self._socket.close()

    def how(self) -> str:
        """How it has ended, in words."""
        with suppress(subprocess.TimeoutExpired):
            return f" with {self._popen.wait(0.5)}"
        return ""

    def _wait(self, until: float) -> None:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)


def _log(name: str, level: int, message: str, path: str) -> None:
    record = {"name": name, "levelno": level, "levelname": logging.getLevelName(level), "msg": message, "args": None}
    logging.getLogger(name).handle(logging.makeLogRecord({**record, "pathname": path}))


def _connection(name: str) -> dict[str, Any]:
    try:
        found = authoring.connection(name)
    except KeyError as error:
        return {"absent": True, "words": str(error.args[0])}
    except SecretsUnavailable as error:
        return {"absent": False, "words": str(error)}
    return {"url": found.url, "headers": found.headers}
