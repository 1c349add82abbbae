"""Fetches keys: the one place that gets a sender's certificates and JSON Web Keys over the network.

It uses plain http.client, follows no redirects, uses no proxy, and sends nothing but what the scheme gave. A delivery
that is not verified yet may name any URL, so hosts, size, time and memory are all bounded.
"""

from __future__ import annotations

import hashlib
import http.client
import ssl
import time
from collections.abc import Iterable
from threading import Lock
from urllib.parse import urlsplit

from verihook.errors import SecretsUnavailable
from verihook.request import FORM
from verihook.senders.schemes.key_urls import MAX_URL, host_matches

#: The largest document, in bytes. A certificate has about 2 KB.
MAX_DOCUMENT = 65_536

#: How many documents are cached, and for how many seconds.
MAX_CACHED = 64
CACHED_S = 600.0

#: One read takes at most TIMEOUT_S seconds, the whole document TOTAL_S: a sender waits a few seconds in all.
TIMEOUT_S = 2.0
TOTAL_S = 4.0

#: Statuses by which a host says that there is no such document. S3 answers 403.
_NO_DOCUMENT = (403, 404, 410)


class KeyFetcher:
    """The documents at https URLs of ``hosts`` (regular expressions, matched with the whole host). Thread-safe.

    ``cached_s``: how long a document is cached, in seconds. ``loopback``: for tests; plain http to 127.0.0.1 alone.
    """

    def __init__(self, hosts: Iterable[str], *, cached_s: float = CACHED_S, loopback: bool = False) -> None:
        self._hosts = tuple(hosts)
        self._cached_s = cached_s
        self._loopback = loopback
        self._documents: dict[tuple[str, bytes], tuple[float, bytes]] = {}
        self._requests: dict[tuple[str, bytes], tuple[Lock, int]] = {}
        self._lock = Lock()
        self._tls: ssl.SSLContext | None = None

    def __call__(self, url: str, content: bytes = b"", authorization: str = "") -> bytes:
        """Return the document at ``url``, by GET, or by POST of ``content``, JSON or a form, and cache it if found.

        Return ``b""`` if the host says that there is none, and the body of a 400, not cached: some hosts explain there.
        Raises SecretsUnavailable for everything else.
        """
        # The content of a POST and the header have a secret in them, so the cache's key has only their hash.
        name = (url, hashlib.sha256(content + b"\0" + authorization.encode()).digest())
        lock = self._lock_of(name)
        try:
            # One request at a time for each document: the threads that waited here find it cached.
            with lock:
                document = self._cached(name)
                if document is None:
                    status, document = self._request(url, content, authorization)
                    if status == 200:
                        self._cache(name, document)
                return document
        finally:
            self._release(name)

    def _lock_of(self, name: tuple[str, bytes]) -> Lock:
        with self._lock:
            lock, waiting = self._requests.get(name, (Lock(), 0))
            self._requests[name] = (lock, waiting + 1)
            return lock

    def _release(self, name: tuple[str, bytes]) -> None:
        with self._lock:
            lock, waiting = self._requests.pop(name)
            if waiting > 1:
                self._requests[name] = (lock, waiting - 1)

    def _cached(self, name: tuple[str, bytes]) -> bytes | None:
        with self._lock:
            expires_at, document = self._documents.get(name, (0.0, b""))
        return document if time.monotonic() < expires_at else None

    def _cache(self, name: tuple[str, bytes], document: bytes) -> None:
        with self._lock:
            self._documents.pop(name, None)
            if len(self._documents) >= MAX_CACHED:
                del self._documents[next(iter(self._documents))]
            self._documents[name] = (time.monotonic() + self._cached_s, document)

    def _request(self, url: str, content: bytes, authorization: str) -> tuple[int, bytes]:
        connection, path = self._connection(url)
        headers = {"accept": "*/*", "user-agent": "verihook", "connection": "close"}
        if content:
            headers["content-type"] = "application/json" if content.startswith(b"{") else FORM
        if authorization:
            headers["authorization"] = authorization
        try:
            connection.request("POST" if content else "GET", path, content or None, headers)
            reply = connection.getresponse()
            document = _read(reply)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise SecretsUnavailable("A sender's key could not be fetched; deliver again.") from error
        finally:
            connection.close()
        if reply.status in (200, 400):
            return reply.status, document
        if reply.status in _NO_DOCUMENT:
            return reply.status, b""
        # A redirect fails, too: it may name a host that is not allowed.
        raise SecretsUnavailable("A sender's key could not be fetched; deliver again.")

    def _connection(self, url: str) -> tuple[http.client.HTTPConnection, str]:
        try:
            parts = urlsplit(url if len(url) <= MAX_URL and url.isascii() and url.isprintable() else "")
        except ValueError:
            parts = urlsplit("")
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if parts.scheme == "https" and parts.netloc == parts.hostname and host_matches(parts.netloc, self._hosts):
            if self._tls is None:
                self._tls = ssl.create_default_context()
            return http.client.HTTPSConnection(parts.netloc, timeout=TIMEOUT_S, context=self._tls), path
        if self._loopback and parts.scheme == "http" and parts.netloc.rpartition(":")[0] == "127.0.0.1":
            return http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_S), path
        raise SecretsUnavailable("A key was asked for at a URL that is not allowed.")


def _read(reply: http.client.HTTPResponse) -> bytes:
    """Return the body. Raises ValueError if it is too large or too slow: it must not delay the delivery for long."""
    deadline = time.monotonic() + TOTAL_S
    document = b""
    while piece := reply.read1(8192):
        document += piece
        if len(document) > MAX_DOCUMENT or time.monotonic() > deadline:
            raise ValueError("too long")
    if reply.length:
        raise ValueError("cut off")
    return document
