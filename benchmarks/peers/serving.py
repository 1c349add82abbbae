"""What every peer does alike: the HMAC check of a delivery, and uvicorn on a free port of loopback."""

from __future__ import annotations

import hashlib
import hmac
import socket
from typing import Any

import uvicorn

SECRET = b"s3cret"


def verified(body: bytes, signature: str) -> bool:
    """Whether this is the body's HMAC-SHA256 in hex."""
    return hmac.compare_digest(hmac.new(SECRET, body, hashlib.sha256).hexdigest(), signature)


def serve(app: Any) -> None:
    """Print the port, on which connections wait from then on, and serve with uvicorn as `verihook run` does."""
    # Said to be TCP, or asyncio leaves Nagle's algorithm on, and each answer waits 40 ms for an acknowledgement.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        print(listener.getsockname()[1], flush=True)
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[listener])
