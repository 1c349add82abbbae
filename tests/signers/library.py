"""What an official library looks like from outside: it signs a body, and it says whether it takes a delivery."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.schemes import Setting, Verify

#: Its query has what readers of URLs trip over: a name that comes twice, a blank in both spellings, a plus sign.
URL = "https://hooks.example.com/hooks/orders?x=1&x=2&y=a%20b+c%2Bd"

#: A secret of Standard Webhooks, and another one.
STANDARD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_STANDARD = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

#: Why most of those that cannot sign cannot.
COMPARES = "it makes the signature within the comparison, and returns the comparison alone"

Headers = dict[str, str]

#: The headers and the body of a delivery.
Delivery = tuple[Headers, bytes]

#: ``sign(body, at, secret)``, ``at`` in seconds since the epoch: the headers that the sender sends.
Sign = Callable[[bytes, int, str], Headers]

#: ``accepts(headers, body)``: True, or False or an exception if the library refuses; names in lower case.
Accepts = Callable[[Headers, bytes], bool]


def order(at: int) -> bytes:
    """A body that every library here takes: an object, with the time where Linear looks for it. Not ASCII alone."""
    content = {
        "id": "evt_1",
        "object": "event",
        "type": "order.created",
        "name": "Zoë ☃",
        "webhookTimestamp": at * 1000,
    }
    return json.dumps(content, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Library:
    """One library and the sender it belongs to.

    ``signature``: the header with the signature. ``sign``: None if the library cannot sign; then we sign and the
    library verifies, and ``only_verifies`` says why. ``key``: what Verihook is bound with, if it is not the secret.
    ``refusals``: the exceptions that the library raises on purpose; any other one is a crash. ``other``: a secret
    that is not ours.
    """

    name: str
    sender: str
    secret: str
    signature: str
    sign: Sign | None
    accepts: Accepts
    key: str = ""
    refusals: tuple[type[Exception], ...] = ()
    other: str = "another secret of 32 characters!"
    url: str = URL
    parameters: Headers = field(default_factory=dict)
    body: Callable[[int], bytes] = order
    #: Whether the time is signed, so that an old delivery can be told.
    timed: bool = True
    #: Whether the signature covers the body.
    binds_body: bool = True
    #: Which bodies it can be given, see :mod:`tests.signers.bodies`.
    takes: str = "text"
    #: What Verihook signs with, if it is not the secret.
    signs_with: str = ""
    #: Why there is nothing in the library that signs, or that what signs is not the library.
    only_verifies: str = ""
    #: Puts the time into any body of ``takes``, if it is signed there.
    dated: Callable[[bytes, int], bytes] = lambda body, at: body

    def signed(self, body: bytes, at: int, secret: str = "") -> Delivery:
        """A delivery, the names of its headers in lower case. Verihook signs if the library cannot."""
        if self.sign is None:
            return self.signed_by_us(body, at, secret)
        body = self.dated(body, at)
        return {name.lower(): value for name, value in self.sign(body, at, secret or self.secret).items()}, body

    def signed_by_us(self, body: bytes, at: int, secret: str = "") -> Delivery:
        """A delivery that Verihook has signed, as ``verihook send`` does; a time in the body is its own."""
        url = urlsplit(self.url)
        request = Request("POST", url.path, url.query, (), body, "")
        scheme = load_sender(self.sender).scheme
        made = scheme.sign(
            secret or self.signs_with or self.secret, request, self._setting(), message_id="msg_1", now=at
        )
        return dict(made.headers), made.body

    def verdict(self, headers: Headers, body: bytes) -> str:
        """``accepts``, ``refuses``, or ``crashes`` if it raises what it does not document."""
        try:
            return "accepts" if self.accepts(headers, body) else "refuses"
        except self.refusals:
            return "refuses"
        except Exception:  # noqa: BLE001  # that a library raises anything is what the tests tell of
            return "crashes"

    def ours(self, headers: Headers, body: bytes) -> str:
        """Verihook's verdict: ``accepts``, or ``refuses``; any other exception fails the test."""
        url = urlsplit(self.url)
        request = Request("POST", url.path, url.query, tuple(headers.items()), body, "")
        try:
            self.check()(request, int(time.time()))
        except SignatureError:
            return "refuses"
        return "accepts"

    def check(self) -> Verify:
        """How Verihook verifies with the key of the library."""
        return load_sender(self.sender).scheme.bind((self.key or self.secret,), self._setting())

    def _setting(self) -> Setting:
        return Setting(self.url, self.parameters)
