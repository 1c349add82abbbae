"""Ports of loopback for servers that cannot choose one themselves: of two processes that test, each has its own."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_port(host: str = "127.0.0.1") -> Iterator[int]:
    """A port on which nothing else listens; ``host``: an address of this machine, "" for all of them.

    The socket here is bound and does not listen: the kernel gives its port neither to a bind to port 0 nor to a
    connection, while a server that sets SO_REUSEADDR, as those of Python, Go, Java and nginx do, may listen on it, and
    may do so again after it was killed. Before that, who connects is refused. Only Linux allows it: elsewhere the port
    is free at first, and another process may take it.
    https://man7.org/linux/man-pages/man7/socket.7.html (SO_REUSEADDR)
    """
    with socket.socket() as holding:
        holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holding.bind((host, 0))
        port = int(holding.getsockname()[1])
        if sys.platform != "linux":
            holding.close()
        yield port
