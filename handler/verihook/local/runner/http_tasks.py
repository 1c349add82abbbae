"""HTTP Tasks, which call through a connection: ``[connections.NAME]`` of hooks.toml, by the name in ``ConnectionArn``.

Plain http.client: no redirect is followed and no proxy is asked. The credentials are in the request alone, not in the
history.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from verihook.adapters.aws.connection import connect_to_first
from verihook.errors import VerihookError
from verihook.local.runner.http_answer import LONGEST_CAUSE, result, without
from verihook.local.runner.http_request import (
    CONNECTION_FIELDS,
    FIELDS,
    MUST_BE_ARN,
    HttpRequest,
    connection_name,
    is_below,
    name_in,
    request_of,
    wrong_header,
    wrong_method,
    wrong_url,
)
from verihook.local.states.data import MAX_BYTES
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
    """``urls``: of the connections that there are, by name; ``endpoint``: read at each call; ``tls``: for tests.

    Safe to use from any thread.
    """

    urls: Mapping[str, str] = field(default_factory=dict)
    endpoint: Endpoint = _none
    tls: ssl.SSLContext | None = None

    def why_not(self, resource: Resource) -> str | None:
        """Say in words why such a Task cannot run here; None if it can."""
        if resource.action != "invoke" or resource.pattern:
            return f"{resource.arn} is not offered on one machine"
        if not self.urls:
            return f"{resource.arn} calls through a connection, and hooks.toml has no [connections.NAME]"
        return None

    def wrong_in(self, given: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
        """Yield (field, what is wrong with it, whether AWS would take it) of Arguments or Parameters as written."""
        written = {name.removesuffix(".$") for name in given}
        for name in sorted(written - set(FIELDS)):
            yield name, f"The field {name!r} is not supported by Step Functions", False
        for name in ("ApiEndpoint", "Method", *(() if written & set(CONNECTION_FIELDS) else CONNECTION_FIELDS[:1])):
            if name not in written:
                yield name, f"The field {name!r} is required but was missing", False
        headers = given.get("Headers")
        for name in headers if isinstance(headers, dict) else ():
            if why := wrong_header(name.removesuffix(".$")):
                yield f"Headers.{name}", why, False
        if _is_literal(method := given.get("Method")) and (why := wrong_method(method)):
            yield "Method", why, False
        for name in CONNECTION_FIELDS:
            yield from self._wrong_in_connection(name, given.get(name), given.get("ApiEndpoint"))

    def _wrong_in_connection(self, at: str, named: Any, url: Any) -> Iterator[tuple[str, str, bool]]:
        arn = named.get("ConnectionArn") if isinstance(named, dict) else None
        if not _is_literal(arn):
            return
        if not (name := name_in(arn)):
            yield f"{at}.ConnectionArn", MUST_BE_ARN, False
        elif name not in self.urls:
            there = ", ".join(sorted(self.urls))
            yield f"{at}.ConnectionArn", f"hooks.toml has no [connections.{name}], only: {there}", True
        elif _is_literal(url) and (why := wrong_url(url, self.urls[name])):
            yield "ApiEndpoint", why, True
        elif _is_literal(url) and not is_below(str(url), self.urls[name]):
            yield "ApiEndpoint", f"is not below the URL of [connections.{name}]", True

    def call(self, given: Any) -> dict[str, Any]:
        """Make the call, and return the result. Raises StateError."""
        try:
            return self._call(given)
        except StateError as error:
            raise StateError(error.name, (error.cause or "")[:LONGEST_CAUSE]) from error

    def _call(self, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise StateError(RUNTIME, "The Arguments of an HTTP Task must be an object")
        name = connection_name(given)
        if name not in self.urls:
            raise StateError(_NOT_FOUND, f"hooks.toml has no [connections.{name}]")
        try:
            url, credentials = self.endpoint(name)
        except KeyError as error:
            raise StateError("Events.ConnectionResource.InvalidConnectionState", str(error.args[0])) from error
        except VerihookError as error:
            raise StateError("Events.ConnectionResource.InternalError", str(error)) from error
        reply, body = self._sent(request_of(given, name, url, credentials))
        headers, body = without(credentials, reply.getheaders(), body)
        return result(reply.status, reply.reason, headers, body)

    def _sent(self, request: HttpRequest) -> tuple[http.client.HTTPResponse, bytes]:
        parts = urlsplit(request.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            plain = parts.scheme == "http"
            tls = None if plain else self.tls or _tls()
            connection = (http.client.HTTPConnection if plain else http.client.HTTPSConnection)(parts.netloc)
            with closing(connection), _bounded(connection, tls):
                connection.request(request.method, target, request.body, dict(request.headers))
                with closing(connection.getresponse()) as reply:
                    return _read(reply)
        except http.client.InvalidURL:
            # Not its words, nor those of another ValueError: they may have a header's value.
            raise StateError(RUNTIME, "ApiEndpoint must be a URL") from None
        except (OSError, http.client.HTTPException) as error:
            # A certificate that does not verify is both this and a ValueError.
            raise StateError(_SOCKET, f"{type(error).__name__}: {error}") from error
        except ValueError:
            raise StateError(RUNTIME, "The request cannot be sent") from None


def _is_literal(given: Any) -> bool:
    return isinstance(given, str) and not given.startswith("{%")


def _read(reply: http.client.HTTPResponse) -> tuple[http.client.HTTPResponse, bytes]:
    """The answer and its body. Raises StateError if it is not whole."""
    length = reply.getheader("content-length", "0")
    try:
        body = reply.read(MAX_BYTES + 1)
    except ValueError as error:
        raise StateError(_SOCKET, f"the answer is malformed: {error}") from error
    if reply.status < 200 or not (length.isascii() and length.isdigit() and len(length) < 16):
        raise StateError(_SOCKET, f"the answer is malformed: status {reply.status}, content-length {length[:20]}")
    if reply.length and len(body) <= MAX_BYTES:
        raise StateError(_SOCKET, "the answer was cut off")
    return reply, body


@cache
def _tls() -> ssl.SSLContext:
    # To read the authorities takes longer than a call.
    return ssl.create_default_context()


@contextmanager
def _bounded(connection: http.client.HTTPConnection, tls: ssl.SSLContext | None) -> Iterator[None]:
    """Connect, and end what is under way after so long: no timeout of a socket ends an answer that comes in drops."""
    until, over = time.monotonic() + TOTAL_S, threading.Event()
    plain = _connected(connection, until)
    # The handshake is a step of its own, so that it has what is left of the time, and the timer reaches its socket.
    held = tls.wrap_socket(plain, server_hostname=connection.host, do_handshake_on_connect=False) if tls else plain
    connection.sock = held
    timer = threading.Timer(until - time.monotonic(), _shut, [held, over])
    timer.daemon = True
    timer.start()
    try:
        if isinstance(held, ssl.SSLSocket):
            held.do_handshake()
        yield
    finally:
        timer.cancel()
        if over.is_set():
            raise StateError(_SOCKET, f"the answer did not come within {TOTAL_S:.0f} seconds")


def _connected(connection: http.client.HTTPConnection, until: float) -> socket.socket:
    """Connect to the first address that answers. Raises OSError."""

    def patient(plain: socket.socket) -> socket.socket:
        plain.settimeout(TOTAL_S)  # never the first to end: it does not say so in words
        return plain

    addresses = socket.getaddrinfo(connection.host, connection.port, type=socket.SOCK_STREAM)
    return connect_to_first(addresses, until, TOTAL_S, patient)


def _shut(held: socket.socket, over: threading.Event) -> None:
    over.set()
    with suppress(OSError):
        # Of the plain socket: SSLSocket's own would pull the TLS out under the thread that reads.
        socket.socket.shutdown(held, socket.SHUT_RDWR)
