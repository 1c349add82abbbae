"""The process that runs entries on one machine: what it has is a socket, the folder of workflows, and nothing of ours.

A frame is its length in four bytes and JSON. The first one that comes back says ``{}``, or ``{"entry", "fault"}`` if an
entry cannot be loaded; then each call has one answer. Before the JSON of these two stands the number of the call, so
that no answer is taken for that of another call.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from verihook.errors import ConfigurationError
from verihook.local.confinement import confine
from verihook.strict_json import parse
from verihook.worker import entries

#: How much memory the process may have, in bytes; a tenth of it is Python.
MEMORY = 1 << 30

#: How many bytes of a call, and of its answer, are the number of the call.
NUMBER = 8


def main(number: int, folder: Path, names: list[str]) -> None:
    """Answer calls until the socket, which has this number, ends. ``names``: the entries to load now."""
    connection = socket.socket(fileno=number)
    # What the entry starts does not get it.
    connection.set_inheritable(False)
    _limit()
    # Ours, and the operator's; not the folder above, which may have secrets.
    confine([folder, Path(__file__).parents[1]])
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    send(connection, json.dumps(_load(folder, names)).encode())
    calls: SimpleQueue[bytes] = SimpleQueue()
    # Apart from the entry, so that one that does not end notices that the server has.
    Thread(target=_read, args=(connection, calls), daemon=True).start()
    own = os.getpid()
    while True:
        call = calls.get()
        answer = entries.answer(parse(call[NUMBER:]), folder)
        if os.getpid() != own:
            # The entry has forked, and comes back twice.
            os._exit(0)
        send(connection, call[:NUMBER] + answer)


def _load(folder: Path, names: list[str]) -> dict[str, str]:
    for name in names:
        try:
            entries.load(folder, name)
        except ConfigurationError as error:
            return {"entry": name, "fault": str(error)}
    return {}


def _read(connection: socket.socket, calls: SimpleQueue[bytes]) -> None:
    try:
        while True:
            calls.put(receive(connection))
    except OSError:
        os._exit(0)


def _limit() -> None:
    """Bound what the process may take, as far as this system can."""
    try:
        import resource
    except ImportError:
        return
    bounds: tuple[tuple[int, int], ...] = ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0))
    for kind, most in bounds:
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):
            continue


def send(connection: socket.socket, content: bytes) -> None:
    """Send a frame. Raises OSError, also after the timeout of the socket."""
    connection.sendall(len(content).to_bytes(4, "big") + content)


def receive(connection: socket.socket, most: int = 1 << 24, wait: Any = None) -> bytes:
    """Return the content of the next frame. Raises OSError at the end of the socket, or if it is longer than ``most``.

    ``wait()`` is called before each read, to set the timeout of the socket.
    """
    length = int.from_bytes(_exactly(connection, 4, wait), "big")
    if length > most:
        raise OSError(f"a frame of {length} bytes")
    return _exactly(connection, length, wait)


def _exactly(connection: socket.socket, length: int, wait: Any) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        if wait is not None:
            wait()
        part = connection.recv(min(length - len(parts), 1 << 20))
        if not part:
            raise ConnectionResetError("the socket has ended")
        parts += part
    return bytes(parts)
