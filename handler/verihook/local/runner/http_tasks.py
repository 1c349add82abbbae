"""HTTP Tasks, which call through a connection: ``[connections.NAME]`` of hooks.toml, by the name in ``ConnectionArn``.

Plain http.client: no redirect is followed and no proxy is asked. The credentials are in the request alone, not in the
history.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from verihook.errors import VerihookError
from verihook.local.runner.http_request import (
    CONNECTION_FIELDS,
    FIELDS,
    MAX_ANSWER,
    HttpRequest,
    connection_name,
    request_of,
    result,
)
from verihook.local.states.errors import RUNTIME, StateError
from verihook.local.states.resources import Resource

#: AWS's, whatever the state's own timeout is.
TOTAL_S = 60.0

_SOCKET = "States.Http.Socket"
_NOT_FOUND = "Events.ConnectionResource.ResourceNotFound"

#: The URL and the headers with the credentials of a connection. Raises KeyError, or an error of ours, in words.
Endpoint = Callable[[str], tuple[str, Mapping[str, str]]]


def _none(name: str) -> tuple[str, Mapping[str, str]]:
    raise KeyError(f"hooks.toml has no [connections.{name}]")


@dataclass(frozen=True, slots=True)
class HttpTasks:
    """``names``: of the connections that there are; ``endpoint``: read at each call; ``tls``: for tests.

    Safe to use from any thread.
    """

    names: Collection[str] = ()
    endpoint: Endpoint = _none
    tls: ssl.SSLContext | None = None

    def why_not(self, resource: Resource) -> str | None:
        """Say in words why such a Task cannot run here; None if it can."""
        if resource.action != "invoke" or resource.pattern:
            return f"{resource.arn} is not offered on one machine"
        if not self.names:
            return f"{resource.arn} calls through a connection, and hooks.toml has no [connections.NAME]"
        return None

    def wrong_in(self, given: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
        """Yield (field, what is wrong with it, whether AWS would take it) of Arguments or Parameters as written."""
        for name in given:
            if name.removesuffix(".$") not in FIELDS:
                yield name, f"The field {name!r} is not supported by Step Functions", False
        for field_name in CONNECTION_FIELDS:
            named = given.get(field_name)
            arn = named.get("ConnectionArn") if isinstance(named, dict) else None
            if not isinstance(arn, str) or arn.startswith("{%"):
                continue
            try:
                name = connection_name({field_name: named})
            except StateError as error:
                yield f"{field_name}.ConnectionArn", str(error.cause), False
                continue
            if name not in self.names:
                there = ", ".join(sorted(self.names))
                yield f"{field_name}.ConnectionArn", f"hooks.toml has no [connections.{name}], only: {there}", True

    def call(self, given: Any) -> dict[str, Any]:
        """Make the call, and return the result. Raises StateError."""
        if not isinstance(given, dict):
            raise StateError(RUNTIME, "The Arguments of an HTTP Task must be an object")
        name = connection_name(given)
        if name not in self.names:
            raise StateError(_NOT_FOUND, f"hooks.toml has no [connections.{name}]")
        try:
            url, credentials = self.endpoint(name)
        except KeyError as error:
            raise StateError("Events.ConnectionResource.InvalidConnectionState", str(error.args[0])) from error
        except VerihookError as error:
            raise StateError("Events.ConnectionResource.InternalError", str(error)) from error
        return self._sent(request_of(given, url, credentials))

    def _sent(self, request: HttpRequest) -> dict[str, Any]:
        parts = urlsplit(request.url)
        if parts.scheme == "http":
            connection = http.client.HTTPConnection(parts.netloc, timeout=TOTAL_S)
        else:
            connection = http.client.HTTPSConnection(parts.netloc, timeout=TOTAL_S, context=self.tls or _tls())
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            with closing(connection), _bounded(connection):
                connection.request(request.method, target, request.body, dict(request.headers))
                reply = connection.getresponse()
                body = reply.read(MAX_ANSWER + 1)
                if reply.length and len(body) <= MAX_ANSWER:
                    raise StateError(_SOCKET, "the answer was cut off")
        # A certificate that does not verify is both.
        except (OSError, http.client.HTTPException) as error:
            raise StateError(_SOCKET, f"{type(error).__name__}: {error}") from error
        except ValueError as error:
            raise StateError(RUNTIME, f"The request cannot be sent: {error}") from error
        return result(reply.status, reply.reason, reply.getheaders(), body)


@cache
def _tls() -> ssl.SSLContext:
    # To read the authorities takes longer than a call.
    return ssl.create_default_context()


@contextmanager
def _bounded(connection: http.client.HTTPConnection) -> Iterator[None]:
    """Connect, and end what is under way after so long: no timeout of a socket ends an answer that comes in drops."""
    connection.connect()
    over = threading.Event()
    timer = threading.Timer(TOTAL_S, _shut, [connection.sock, over])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if over.is_set():
            raise StateError(_SOCKET, f"the answer did not come within {TOTAL_S:.0f} seconds")


def _shut(held: socket.socket, over: threading.Event) -> None:
    over.set()
    with suppress(OSError):
        # Of the plain socket: SSLSocket's own would pull the TLS out under the thread that reads.
        socket.socket.shutdown(held, socket.SHUT_RDWR)
