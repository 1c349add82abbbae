"""What a client of AWS really sends: a relay between it and a service on this machine."""

from __future__ import annotations

import re

from tests.forwarding import Answer, Handler, Listener, Request, forward

#: How the operations are told that no header names. The path of an object has a bucket and a key.
_PATHS = (
    (r"PUT /[^/?]+/.+", "PutObject"),
    (r"GET /[^/?]+/[^?]+", "GetObject"),
    (r"POST /2015-03-31/functions/[^/]+/invocations.*", "Invoke"),
    (r"GET /2025-12-01/functions/[^/]+/durable-executions.*", "ListDurableExecutionsByFunction"),
)


class Relay(Listener):
    """Stands before a service: ``url`` for clients, the names of the operations in ``calls``. A context manager.

    A client that has waited too long asks again, over a new connection: on a busy machine, that is the same call.
    """

    def __init__(self, service: str, calls: list[str]) -> None:
        first: dict[tuple[str, str, bytes], Handler] = {}

        class Relaying(Handler):
            def serve(self, request: Request) -> Answer:
                operation = _operation(request)
                if first.setdefault((operation, request.path, request.body), self) is self:
                    calls.append(operation)
                return forward(service, request)

        super().__init__(Relaying)


def _operation(request: Request) -> str:
    target = request.headers.get("x-amz-target")
    if target is not None:
        return target.partition(".")[2]
    line = f"{request.method} {request.path}"
    return next((name for pattern, name in _PATHS if re.fullmatch(pattern, line)), line)
