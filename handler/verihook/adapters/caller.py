"""Callbacks over the network: POSTs to URLs that callers of the API gave, and never into our own network.

Plain http.client: no redirect is followed, no proxy is asked, no body is read. A name is looked up once; all of its
addresses are checked, and the connection goes to one of them and not to the name again, so that a name which moves in
between (DNS rebinding) changes nothing. The certificate is still checked against the name.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from email.utils import parsedate_to_datetime
from threading import Thread
from urllib.parse import SplitResult, urlsplit

from verihook.model.loopback import LOOPBACK_NAMES
from verihook.model.ports.caller import Answer

#: The longest for connecting, and for each read; and for the whole exchange with looking up the name; in seconds.
TIMEOUT_S = 5.0
TOTAL_S = 10.0

MAX_URL = 2048

#: How many addresses of one name are tried.
_MAX_ADDRESSES = 4

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
#: IPv6 addresses that stand for IPv4 ones, and are reached by relays that belong to others: 6to4 and Teredo.
_RELAYED = (ipaddress.IPv6Network("2002::/16"), ipaddress.IPv6Network("2001::/32"))
#: Networks that some of the Pythons we run on take for global: those of the IETF's protocols, of the relays of 6to4,
#: and of documentation (RFC 9637).
_RESERVED = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
_IPV6_PUBLIC = ipaddress.IPv6Network("2000::/3")

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}\.?", re.ASCII)
#: What the WHATWG's URL standard takes for an IPv4 address and not for a name: to some resolvers 127.1 and 0x7f000001
#: are addresses.
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?", re.ASCII)
#: Names that are of a private network wherever they are looked up (RFC 6761, RFC 6762, RFC 8375, ICANN's .internal).
_PRIVATE_NAMES = ("localhost", "local", "internal", "home.arpa")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]


def addresses_of(host: str, port: int) -> list[str]:
    """Return the addresses that a name resolves to, as the machine's resolver gives them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: Address) -> bool:
    """Return whether the address is of the public internet: not private, local, shared, reserved or multicast.

    An IPv6 address that stands for an IPv4 one counts as that. https://www.iana.org/assignments/iana-ipv4-special-registry
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _IPV6_PUBLIC or any(address in network for network in _RELAYED):
            return False
    if any(address in network for network in _RESERVED):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


class HttpCaller:
    """Implements :class:`verihook.model.ports.Caller`. Thread-safe.

    ``loopback``: on one machine; http and https to loopback addresses and ``localhost``, too, but to no other name
    of this machine. ``resolve``, ``tls`` and ``any_name_is_local`` (any name may resolve to loopback) are for tests.
    """

    def __init__(
        self,
        *,
        loopback: bool = False,
        resolve: Resolve = addresses_of,
        tls: ssl.SSLContext | None = None,
        any_name_is_local: bool = False,
    ) -> None:
        self._loopback = loopback
        self._any_name_is_local = any_name_is_local
        self._resolve = resolve
        self._tls = tls

    def check(self, url: str) -> None:
        """See :meth:`verihook.model.ports.Caller.check`."""
        parts, _ = _split(url)
        host = parts.hostname or ""
        literal = _literal(host)
        if literal is not None:
            self._allow(parts.scheme, [literal], here=True)
        elif _is_private_name(host):
            if not (self._loopback and host in LOOPBACK_NAMES):
                raise ValueError("its host must be public")
        elif parts.scheme != "https":
            raise ValueError("its scheme must be https")

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """See :meth:`verihook.model.ports.Caller.post`."""
        exchange = _Exchange(self, url, body, headers)
        # In a thread, because no timeout ends a lookup, or an answer that comes byte by byte.
        thread = Thread(target=exchange.run, name="callback", daemon=True)
        thread.start()
        thread.join(TOTAL_S)
        if thread.is_alive():
            exchange.abandon()
            return Answer(0)
        return exchange.answer

    def connection(self, url: str, until: float) -> tuple[http.client.HTTPConnection, str]:
        """Return a connection that will go to a checked address, and the target to ask there.

        ``until``: the moment of the monotonic clock after which it does not connect any more. Raises ValueError and
        OSError.
        """
        self.check(url)
        parts, port = _split(url)
        host = (parts.hostname or "").rstrip(".")
        literal = _literal(host)
        found = [host] if literal is not None else list(self._resolve(host, port))
        addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in found]
        self._allow(
            parts.scheme, addresses, here=literal is not None or host in LOOPBACK_NAMES or self._any_name_is_local
        )
        server = (host, port, addresses[:_MAX_ADDRESSES])
        return _Pinned(server, self._context(parts.scheme), until), _target(parts)

    def _allow(self, scheme: str, addresses: Sequence[Address], *, here: bool) -> None:
        """Raise ValueError unless each of the addresses may be called. ``here``: the URL itself names this machine."""
        if not addresses:
            raise ValueError("its host has no address")
        if self._loopback and here and all(address.is_loopback for address in addresses):
            return
        if scheme != "https":
            raise ValueError("its scheme must be https")
        # One bad address is enough: a name with addresses of both kinds was probably made to get past this check.
        if not all(is_public(address) for address in addresses):
            raise ValueError("its host must be public")

    def _context(self, scheme: str) -> ssl.SSLContext | None:
        if scheme == "http":
            return None
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


class _Exchange:
    """One POST and what came of it."""

    def __init__(self, caller: HttpCaller, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        self.answer = Answer(0)
        self._caller = caller
        self._url = url
        self._body = body
        self._headers = headers
        self._until = time.monotonic() + TOTAL_S
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        """Post, and keep the answer. After a failure of any kind it is ``Answer(0)``."""
        try:
            self._connection, target = self._caller.connection(self._url, self._until)
            self._connection.request("POST", target, self._body, {**self._headers, "connection": "close"})
            with closing(self._connection.getresponse()) as reply:
                self.answer = Answer(reply.status, _retry_after(reply.getheader("retry-after")))
        except (OSError, http.client.HTTPException, ValueError):
            self.answer = Answer(0)
        finally:
            if self._connection is not None:
                self._connection.close()

    def abandon(self) -> None:
        """Shut down the socket, so that the thread stops waiting and ends."""
        held = None if self._connection is None else self._connection.sock
        if held is not None:
            try:
                # Of the plain socket: SSLSocket's own would pull the TLS out under the thread that reads.
                socket.socket.shutdown(held, socket.SHUT_RDWR)
            except OSError:
                return


class _Pinned(http.client.HTTPConnection):
    """A connection to a checked address of ``server``: a name, a port and addresses. No ``tls``: plain HTTP."""

    def __init__(self, server: tuple[str, int, Sequence[Address]], tls: ssl.SSLContext | None, until: float) -> None:
        host, port, self._addresses = server
        # The port that a Host header leaves out; a bare IPv6 address gets its brackets from http.client.
        self.default_port = 443 if tls else 80
        super().__init__(host, port, timeout=TIMEOUT_S)
        self._context = tls
        self._until = until

    def connect(self) -> None:
        """Connect to the first address that answers. Raises OSError."""
        failure: OSError = TimeoutError("the time for this callback is over")
        for address in self._addresses:
            left = min(TIMEOUT_S, self._until - time.monotonic())
            if left <= 0:
                break
            try:
                plain = socket.create_connection((str(address), self.port), left)
            except OSError as error:
                failure = error
                continue
            self.sock = plain if self._context is None else self._over_tls(plain, self._context)
            self.sock.settimeout(TIMEOUT_S)
            return
        raise failure

    def _over_tls(self, plain: socket.socket, context: ssl.SSLContext) -> socket.socket:
        try:
            return context.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


def _split(url: str) -> tuple[SplitResult, int]:
    """The parts of a URL and its port. Raises ValueError in words."""
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ValueError(f"it must have at most {MAX_URL} ASCII characters, no spaces and no backslash")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("it must be a URL") from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("its scheme must be https")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("it must have neither a user nor a fragment")
    if _literal(parts.hostname) is None and ("[" in parts.netloc or not _NAME.fullmatch(parts.hostname)):
        raise ValueError("its host must be a name or an address")
    return parts, (443 if parts.scheme == "https" else 80) if port is None else port


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_private_name(host: str) -> bool:
    name = host.rstrip(".").lower()
    if "." not in name or _ENDS_IN_NUMBER.fullmatch(name):
        return True
    return any(name == private or name.endswith(f".{private}") for private in _PRIVATE_NAMES)


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _retry_after(value: str | None) -> int | None:
    """Seconds, of a number or a date (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)."""
    if value is None:
        return None
    if value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    try:
        return max(0, int(parsedate_to_datetime(value).timestamp() - time.time()))
    except (ValueError, OverflowError, TypeError):
        return None
