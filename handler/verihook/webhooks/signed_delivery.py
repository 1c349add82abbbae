"""A delivery that we make ourselves: signed as the source's sender signs, or bad on purpose.

``verihook send`` posts one, and the API sends one through its own receive path (:mod:`verihook.webhooks.trials`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from verihook.errors import SignatureError
from verihook.model.source import Source
from verihook.records import replace
from verihook.request import FORM, Request
from verihook.senders.schemes import Setting
from verihook.senders.schemes.headers import with_headers

#: The values of ``--tamper``, in the order in which they are applied.
TAMPERINGS = ("signature", "timestamp", "body", "duplicate-header")

#: How many changes of the body are tried before it counts as not signed.
_BODY_CHANGES = 512


@dataclass(frozen=True, slots=True)
class SignedDelivery:
    """What a delivery is made of, and how it is signed.

    ``secret``: what the sender signs with, or its private key. ``type`` and ``message_id`` are put into headers, if
    the sender has them there. ``now``: the time of signing, in seconds since the epoch.
    """

    source: Source
    secret: str
    body: bytes
    content_type: str
    message_id: str
    type: str
    now: int

    def signed(self) -> Request:
        """Return the signed delivery. Raises ValueError, in words, if Verihook cannot sign as this sender."""
        return self._with_event(self._signed_by_scheme())

    def unsigned(self) -> Request:
        """Return the delivery as it is before it is signed."""
        return self._with_event(self._before_signing())

    def malformed(self) -> Request:
        """Return the unsigned delivery with something in the signature's header that is no signature.

        Raises ValueError, in words, if the sender has no such header.
        """
        header = getattr(self.source.sender.scheme, "header", "").lower()
        if not header:
            raise ValueError("its signature is in no header of its own")
        return with_headers(self.unsigned(), [(header, "this-is-no-signature")])

    def _with_event(self, signed: Request) -> Request:
        """Return the delivery with the event's id and type in the headers that the sender has for them."""
        places = self.source.sender.places
        wanted = [
            (place.header, text) for place, text in ((places.id, self.message_id), (places.type, self.type)) if place
        ]
        if places.envelope == "cloudevents":
            wanted += [("ce-specversion", "1.0"), ("ce-source", "/verihook/send")]
        return with_headers(signed, [(name, text) for name, text in wanted if name and signed.header(name) is None])

    def tampered(self, tamperings: Sequence[str]) -> Request:
        """Return the signed delivery with all of ``tamperings``. Raises ValueError, in words, if one cannot be done."""
        request = self._with_another_signature() if "signature" in tamperings else self.signed()
        if "timestamp" in tamperings:
            request = self._with_another_timestamp(request)
        if "body" in tamperings:
            request = self._with_another_body(request)
        if "duplicate-header" in tamperings:
            request = self._with_a_duplicate(request)
        return request

    def _before_signing(self) -> Request:
        return Request("POST", f"/hooks/{self.source.name}", "", (("content-type", self.content_type),), self.body, "")

    def _signed_by_scheme(self) -> Request:
        scheme, setting = self.source.sender.scheme, _setting(self.source)
        return scheme.sign(self.secret, self._before_signing(), setting, message_id=self.message_id, now=self.now)

    def _with_another_signature(self) -> Request:
        """Return the delivery with a well-formed signature that was made with another secret or over another body."""
        signed, genuine = self.signed(), self._judge()
        if genuine is not None:
            other = replace(self, secret=_changed(self.secret)).signed()
            if not genuine(other):
                return other
        # A private key cannot be changed at random: it would no longer be a key. The body is.
        other = replace(replace(self, body=self.body + b" ").signed(), body=signed.body)
        if other == signed:
            raise ValueError("its deliveries have no signature in a header to change; leave out --tamper signature")
        return other

    def _with_another_timestamp(self, request: Request) -> Request:
        """Return the delivery with its timestamp one second later, in headers or body; the signature stays."""
        headers, body = request.headers, request.body
        for spelling, later in zip(_spellings(self.now), _spellings(self.now + 1), strict=True):
            headers = tuple((name, value.replace(spelling, later)) for name, value in headers)
            body = body.replace(spelling.encode(), later.encode())
        if headers != request.headers:
            return replace(request, headers=headers)
        if body != request.body:
            return replace(request, body=body)
        raise ValueError("its deliveries have no timestamp to change; leave out --tamper timestamp")

    def _with_another_body(self, request: Request) -> Request:
        """Return the delivery with a changed body: the first change that the signature covers, if that can be known."""
        changes, genuine = _changes(request.body), self._judge()
        if genuine is None:
            # A space at the end changes nothing for a sender that signs single members of a JSON body.
            return replace(request, body=next(changes, request.body) + b" ")
        first = replace(request, body=request.body + b" ")
        for body in chain([first.body], changes):
            changed = replace(request, body=body)
            if not genuine(changed):
                return changed
        return first

    def _judge(self) -> Callable[[Request], bool] | None:
        """Return what says whether a delivery is genuine; None if the secret, a private key, cannot verify."""
        try:
            verify = self.source.sender.scheme.bind((self.secret,), _setting(self.source))
            verify(self.signed(), self.now)
        except (ValueError, SignatureError):
            return None

        def genuine(request: Request) -> bool:
            try:
                verify(request, self.now)
            except SignatureError:
                return False
            return True

        return genuine

    def _with_a_duplicate(self, request: Request) -> Request:
        """Return the delivery with the last header that signing added repeated."""
        name, value = self._signed_by_scheme().headers[-1]
        if name == "content-type":
            raise ValueError(
                "its deliveries have no header of their own to repeat; leave out --tamper duplicate-header"
            )
        return with_headers(request, [(name, request.header(name) or value)])


def content_type_of(body: bytes) -> str:
    """Return the content type of a body: JSON, or a URL-encoded form if it looks like one."""
    if b"=" in body and not body.lstrip().startswith((b"{", b"[", b'"')):
        return FORM
    return "application/json"


def _setting(source: Source) -> Setting:
    return Setting(source.public_url, source.parameters)


def _changed(secret: str) -> str:
    """Return another secret of the same form: 0 and 1 are digits both of hex and of base64."""
    middle = len(secret) // 2
    return secret[:middle] + ("1" if secret[middle] == "0" else "0") + secret[middle + 1 :]


def _spellings(now: int) -> tuple[str, ...]:
    """Return the ways in which senders write a time. Milliseconds begin with the seconds."""
    return str(now), datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _changes(body: bytes) -> Iterator[bytes]:
    """Yield the body with one digit or letter changed, from the last to the first."""
    for match in reversed([*re.finditer(rb"[0-9A-Za-z]", body)][-_BODY_CHANGES:]):
        at = match.start()
        yield body[:at] + (b"1" if match[0] == b"0" else b"0") + body[at + 1 :]
