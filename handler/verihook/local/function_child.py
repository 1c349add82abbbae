"""The process that runs functions of workflows apart from the server: what it has of ours is a socket.

A frame of JSON is a call; any number of frames come back for it: ``log`` of what the function logs, ``connection`` of
what it asks for, which has one answer, and at last ``output``, ``not_json``, ``error`` or ``exited``.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from types import SimpleNamespace
from typing import Any, cast

from verihook import authoring
from verihook.adapters.printable import stack, words
from verihook.config import definitions
from verihook.errors import SecretsUnavailable
from verihook.local.entry_child import receive, send
from verihook.strict_json import parse
from verihook.worker.functions import Context, Run


def main(number: int, folder: Path) -> None:
    """Answer calls until the socket, which has this number, ends. ``folder``: of the workflows in Python."""
    server = _Server(socket.socket(fileno=number))
    authoring.use(cast(Any, SimpleNamespace(connections=_Connections(server), secrets=_Values())))
    logging.getLogger().addHandler(_Relay(server))
    logging.getLogger().setLevel(logging.INFO)
    runs: dict[str, Run] = {}
    while True:
        server.say(_answer(folder, runs, server.hear()))


class _Server:
    """The other end of the socket. Threads of a function may use it at the same time."""

    def __init__(self, connection: socket.socket) -> None:
        # What the function starts does not get it.
        connection.set_inheritable(False)
        self._connection = connection
        self._frames: SimpleQueue[Any] = SimpleQueue()
        self._writing, self._asking = Lock(), Lock()
        # Apart from the function, so that one that does not end notices that the server has.
        Thread(target=self._read, daemon=True).start()

    def say(self, frame: dict[str, Any]) -> None:
        content = json.dumps(frame).encode()
        with self._writing:
            send(self._connection, content)

    def hear(self) -> Any:
        return self._frames.get()

    def ask(self, frame: dict[str, Any]) -> Any:
        with self._asking:
            self.say(frame)
            return self.hear()

    def _read(self) -> None:
        try:
            while True:
                self._frames.put(parse(receive(self._connection, 1 << 28)))
        except OSError:
            os._exit(0)


class _Relay(logging.Handler):
    """Has the server log what a function logs."""

    def __init__(self, server: _Server) -> None:
        super().__init__()
        self._server = server
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            shown = [record.name, record.levelno, self.format(record), record.pathname]
            self._server.say({"log": shown})
        except Exception:  # noqa: BLE001  # what cannot be said is not, and the function goes on
            return


class _Connections:
    """The connections of hooks.toml as the server has them; the secret of one is its value."""

    def __init__(self, server: _Server) -> None:
        self._server = server

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> Any:
        told = self._server.ask({"connection": name})
        if "words" in told:
            raise (KeyError if told["absent"] else SecretsUnavailable)(told["words"])
        header, value = next(iter(told["headers"].items()), ("", ""))
        return SimpleNamespace(url=told["url"], secret=value, header=header, prefix="")


class _Values:
    def resolve(self, value: str) -> list[str]:
        return [value]


def _answer(folder: Path, runs: dict[str, Run], call: dict[str, Any]) -> dict[str, Any]:
    definition = call["definition"]
    try:
        if definition not in runs:
            runs[definition] = definitions.load(folder, definition, "run")
        result = runs[definition](call["event"], Context(**call["context"], remaining_ms=_left(call["ms"])))
    except Exception as error:  # noqa: BLE001  # whatever it raises is its own failure
        return {"error": type(error).__name__, "words": words(error), "stack": stack(error)}
    except BaseException as error:  # noqa: BLE001  # sys.exit(): it ends the function alone
        return {"exited": f"The function raised {type(error).__name__}."}
    try:
        json.dumps(result, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return {"not_json": str(error)[:200]}
    return {"output": result}


def _left(ms: int) -> Callable[[], int]:
    until = time.monotonic() + ms / 1000
    return lambda: max(int((until - time.monotonic()) * 1000), 0)
