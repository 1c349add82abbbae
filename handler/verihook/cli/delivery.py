"""What ``verihook send`` sends: a delivery as the source's sender signs it, or one that is bad on purpose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain

from verihook.errors import ConfigurationError, SignatureError
from verihook.model.source import Source
from verihook.request import FORM, Request
from verihook.senders.schemes import Setting
from verihook.senders.schemes.headers import with_headers

#: What ``--tamper`` can do, in the order in which it is done.
TAMPERINGS = ("signature", "timestamp", "body", "duplicate-header")

#: So many changes of the body are tried before it counts as not signed.
_BODY_CHANGES = 512


@dataclass(frozen=True, slots=True)
class Sending:
    """All that a delivery is made of. ``secret``: the sender's, a private key if it signs with one; ``now`` in seconds.

    ``type`` and ``message_id`` go into headers, if the sender has them there.
    """

    source: Source
    secret: str
    body: bytes
    content_type: str
    message_id: str
    type: str
    now: int

    def signed(self) -> Request:
        """The delivery, signed. Raises ValueError, in words, if the sender's side cannot be played."""
        signed = self._signed_by_scheme()
        places = self.source.sender.places
        wanted = [
            (place.header, text) for place, text in ((places.id, self.message_id), (places.type, self.type)) if place
        ]
        if places.envelope == "cloudevents":
            wanted += [("ce-specversion", "1.0"), ("ce-source", "/verihook/send")]
        return with_headers(signed, [(name, text) for name, text in wanted if name and signed.header(name) is None])

    def tampered(self, tamperings: Sequence[str]) -> Request:
        """The delivery with everything in ``tamperings`` done to it. Raises ValueError, in words."""
        request = self._with_another_signature() if "signature" in tamperings else self.signed()
        if "timestamp" in tamperings:
            request = self._with_another_timestamp(request)
        if "body" in tamperings:
            request = self._with_another_body(request)
        if "duplicate-header" in tamperings:
            request = self._with_a_duplicate(request)
        return request

    def _signed_by_scheme(self) -> Request:
        headers = (("content-type", self.content_type),)
        unsigned = Request("POST", f"/hooks/{self.source.name}", "", headers, self.body, "")
        scheme, setting = self.source.sender.scheme, _setting(self.source)
        return scheme.sign(self.secret, unsigned, setting, message_id=self.message_id, now=self.now)

    def _with_another_signature(self) -> Request:
        """A signature of the right form, of a secret or of a body that is not the one."""
        signed, genuine = self.signed(), self._judge()
        if genuine is not None:
            other = replace(self, secret=_changed(self.secret)).signed()
            if not genuine(other):
                return other
        # With a private key: what may be changed in one depends on its form.
        other = replace(replace(self, body=self.body + b" ").signed(), body=signed.body)
        if other == signed:
            raise ValueError("its deliveries have no signature in a header that could be changed")
        return other

    def _with_another_timestamp(self, request: Request) -> Request:
        """The timestamp one second later, wherever and however it is spelled; what is signed stays as it was."""
        headers, body = request.headers, request.body
        for spelled, later in zip(_spelled(self.now), _spelled(self.now + 1), strict=True):
            headers = tuple((name, value.replace(spelled, later)) for name, value in headers)
            body = body.replace(spelled.encode(), later.encode())
        if headers != request.headers:
            return replace(request, headers=headers)
        if body != request.body:
            return replace(request, body=body)
        raise ValueError("its deliveries bear no timestamp that could be changed")

    def _with_another_body(self, request: Request) -> Request:
        """The first change of the body that the sender's signature covers, as far as that can be told here."""
        changes, genuine = _changes(request.body), self._judge()
        if genuine is None:
            # A blank more is no change to a sender that signs the members of a JSON body.
            return replace(request, body=next(changes, request.body) + b" ")
        first = replace(request, body=request.body + b" ")
        for body in chain([first.body], changes):
            changed = replace(request, body=body)
            if not genuine(changed):
                return changed
        return first

    def _judge(self) -> Callable[[Request], bool] | None:
        """Whether a delivery is genuine by the secret; None if that cannot be said: a private key verifies none."""
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
        """The last header that signing added, twice."""
        name, value = self._signed_by_scheme().headers[-1]
        if name == "content-type":
            raise ValueError("its deliveries have no header of their own that could be repeated")
        return with_headers(request, [(name, request.header(name) or value)])


def cannot_send(source: Source, hooks: str, why: str, mend: str = "") -> ConfigurationError:
    """The sender's side cannot be played: an error in words for who asked for it."""
    return ConfigurationError(hooks, f"sources.{source.name}", f"cannot send as {source.sender.id}: {why}{mend}")


def content_type_of(body: bytes) -> str:
    """JSON, or a URL-encoded form if the body looks like one."""
    if b"=" in body and not body.lstrip().startswith((b"{", b"[", b'"')):
        return FORM
    return "application/json"


def _setting(source: Source) -> Setting:
    return Setting(source.public_url, source.parameters)


def _changed(secret: str) -> str:
    """A secret of the same form: 0 and 1 are digits of hex and of base64 alike."""
    middle = len(secret) // 2
    return secret[:middle] + ("1" if secret[middle] == "0" else "0") + secret[middle + 1 :]


def _spelled(now: int) -> tuple[str, ...]:
    """How senders write a time. Milliseconds begin with the seconds."""
    return str(now), datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _changes(body: bytes) -> Iterator[bytes]:
    """The body with one digit or letter changed, the last first."""
    for match in reversed([*re.finditer(rb"[0-9A-Za-z]", body)][-_BODY_CHANGES:]):
        at = match.start()
        yield body[:at] + (b"1" if match[0] == b"0" else b"0") + body[at + 1 :]
