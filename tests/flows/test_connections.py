"""More idle connections than the process may have files."""

from __future__ import annotations

import contextlib
import resource
import socket
from pathlib import Path
from urllib.parse import urlsplit

from tests.flows.deployment import VARIABLES
from tests.flows.faces import HttpFace, Server
from tests.flows.signing import order, x_signature


def test_idle_connections_keep_no_delivery_out_and_fill_no_log(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    try:
        server = Server(tmp_path / "data", VARIABLES)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
    try:
        url = server.ready()
        where = urlsplit(url)
        with contextlib.ExitStack() as stack:
            for number in range(1500):
                idle = stack.enter_context(socket.socket())
                idle.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    idle.connect((where.hostname, where.port))
                if number % 500 == 499:
                    body = order(event_id=f"evt_{number}")
                    assert HttpFace(url).send("POST", "/hooks/orders", x_signature(body), body).status == 202
        assert len(server.output.read_text()) < 20_000
    finally:
        server.stop()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
