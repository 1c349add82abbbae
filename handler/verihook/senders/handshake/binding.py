"""What every kind of handshake shares: its access to the source, its two functions, and its answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from verihook.errors import EventMalformed, SecretsUnavailable, SignatureError
from verihook.request import Reply, Request, json_reply
from verihook.senders.references import REFERENCES, is_reference
from verihook.senders.schemes import Fetch

#: A challenge that may be echoed to a stranger: the alphabets of URLs and base64, so nothing of HTML.
_PLAIN = re.compile(r"[A-Za-z0-9._~:+/=-]{1,1024}", re.ASCII)

#: A challenge that may be echoed to the sender that signed it: one line of printable ASCII.
_PRINTABLE = re.compile(r"[ -~]{1,1024}", re.ASCII)

#: A token of which we may compute the MAC for a caller. Zoom sends 22 characters of base64, X a UUID or base64. Without
#: colon, brace, quote, ampersand and space it is neither Zoom's ``v0:TIMESTAMP:BODY`` nor a JSON object or list.
_TOKEN = re.compile(r"[A-Za-z0-9_+/-]{1,128}={0,2}", re.ASCII)

#: One character more than a token can have: so much of a text shows whether it is one.
MAX_TOKEN = 131


def _cannot_write(reference: str, value: str) -> None:  # noqa: ARG001  # the shape of Secrets.keep
    raise KeyError(f"{reference.partition(':')[0]}: cannot be written")


def _cannot_read(reference: str) -> tuple[str, ...]:
    raise KeyError(f"{reference.partition(':')[0]}: no secrets here")


@dataclass(frozen=True, slots=True)
class HandshakeContext:
    """What a handshake can use of its source.

    ``references``: those of the source's secrets, newest first. ``resolve`` and ``keep`` are the methods of
    :class:`~verihook.model.ports.Secrets`, so that the handshake sees a rotation too. ``parameters`` and ``fetch`` are
    those of :class:`~verihook.senders.schemes.Setting`.
    """

    references: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    resolve: Callable[[str], tuple[str, ...]] = _cannot_read
    keep: Callable[[str, str], None] = _cannot_write
    fetch: Fetch | None = None

    def newest_secret(self) -> bytes:
        """The newest secret. Raise SignatureError if the source has none, SecretsUnavailable if none can be read."""
        for reference in self.references:
            for value in self.values(reference):
                return value.encode()
        if self.references:
            raise SecretsUnavailable("No secret of this source could be read.")
        raise SignatureError("no-secret")

    def values(self, reference: str) -> tuple[str, ...]:
        """The values behind a reference, () if there are none. Raise SecretsUnavailable."""
        try:
            return self.resolve(reference)
        except KeyError:
            return ()

    def reference(self, name: str) -> str:
        """The parameter ``name``, a secret's reference. Raise ValueError ``KEY: mend`` that does not show its text."""
        text = self.parameters.get(name, "")
        if not is_reference(text):
            # It may be the secret itself, in the wrong place.
            raise ValueError(f"parameters.{name}: must be a reference: {REFERENCES}")
        return text


def not_a_handshake(request: Request, content: object = None) -> None:  # noqa: ARG001  # the shape of both sides
    """Answer nothing: the request is not a handshake."""
    return


@dataclass(frozen=True, slots=True)
class BoundHandshake:
    """A handshake with the context of its source: two functions, which return None if the request is no handshake.

    ``unsigned(request)`` is called before verification, for any caller; ``signed(request, content)`` after it, with the
    parsed body. Both raise EventMalformed, HandshakeRefused, SignatureError and
    SecretsUnavailable.
    """

    unsigned: Callable[[Request], Reply | None] = not_a_handshake
    signed: Callable[[Request, object], Reply | None] = not_a_handshake


class Handshake(Protocol):
    """A kind of handshake as a sender's ``[handshake]`` table describes it."""

    def bind(self, context: HandshakeContext) -> BoundHandshake:
        """The handshake of one source. Raise ValueError ``KEY: mend`` or KeyError in words for a wrong setting."""
        ...


def echo_reply(challenge: object, *, signed: bool) -> Reply:
    """The challenge as plain text. Raise EventMalformed if it is not one that may be echoed."""
    form = _PRINTABLE if signed else _PLAIN
    if not isinstance(challenge, str) or not form.fullmatch(challenge):
        raise EventMalformed("The challenge must be 1 to 1024 plain ASCII characters to be echoed.")
    # nosniff: a browser must not show an echoed challenge as a page.
    return Reply(
        200,
        challenge.encode(),
        {
            "content-type": "text/plain; charset=utf-8",
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
        },
    )


def json_answer(content: object) -> Reply:
    """A JSON answer that no browser shows as a page."""
    return json_reply(200, content, {"x-content-type-options": "nosniff"})


def may_sign(text: str) -> bool:
    """Whether this text may be signed for a caller."""
    return _TOKEN.fullmatch(text) is not None


def checked_token(text: object) -> str:
    """A token that may be signed. Raise EventMalformed for anything that the sender could have signed itself."""
    if not isinstance(text, str) or not may_sign(text):
        raise EventMalformed("The token must be 1 to 128 of A-Z a-z 0-9 _ + / -, with = only at its end, to be signed.")
    return text


def json_equal(value: object, expected: object) -> bool:
    """Whether both are equal and of one type: JSON's ``true`` is not 1."""
    return type(value) is type(expected) and value == expected
