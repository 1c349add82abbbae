"""What every kind of handshake shares: what a source lends to it, what it becomes, and how it answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from verihook.errors import EventMalformed, SecretsUnavailable, SignatureError
from verihook.request import Reply, Request, json_reply
from verihook.senders.references import REFERENCES, is_reference
from verihook.senders.schemes import Fetch

#: What a challenge may be to be echoed to a stranger: the alphabets of URLs and base64, so nothing of HTML.
_PLAIN = re.compile(r"[A-Za-z0-9._~:+/=-]{1,1024}", re.ASCII)

#: What a challenge may be to be echoed to whoever signed it: one line of printable ASCII.
_PRINTABLE = re.compile(r"[ -~]{1,1024}", re.ASCII)

#: What we put a MAC on for somebody else. Zoom sends 22 characters of base64, X a UUID or base64. It has no colon,
#: brace, quote, ampersand or space: neither Zoom's ``v0:TIMESTAMP:BODY`` nor a JSON object or list can be spelled.
_TOKEN = re.compile(r"[A-Za-z0-9_+/-]{1,128}={0,2}", re.ASCII)

#: One character more than a token can have: who looks this far sees whether it is one.
MAX_TOKEN = 131


def _cannot_write(reference: str, value: str) -> None:  # noqa: ARG001  # the shape of Secrets.keep
    raise KeyError(f"{reference.partition(':')[0]}: cannot be written")


def _cannot_read(reference: str) -> tuple[str, ...]:
    raise KeyError(f"{reference.partition(':')[0]}: no secrets here")


@dataclass(frozen=True, slots=True)
class HandshakeContext:
    """What a source lends to its handshake.

    ``references`` are those of its secrets, newest first; ``resolve`` and ``keep`` those of
    :class:`~verihook.model.ports.Secrets`, so that a rotation reaches the handshake too. ``parameters`` and ``fetch``
    as in :class:`~verihook.senders.schemes.Setting`.
    """

    references: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    resolve: Callable[[str], tuple[str, ...]] = _cannot_read
    keep: Callable[[str, str], None] = _cannot_write
    fetch: Fetch | None = None

    def newest_secret(self) -> bytes:
        """The newest secret. Raises SignatureError if the source has none, SecretsUnavailable if none can be read."""
        for reference in self.references:
            for value in self.values(reference):
                return value.encode()
        if self.references:
            raise SecretsUnavailable("No secret of this source could be read.")
        raise SignatureError("no-secret")

    def values(self, reference: str) -> tuple[str, ...]:
        """The values behind a reference, () where there is none. Raises SecretsUnavailable."""
        try:
            return self.resolve(reference)
        except KeyError:
            return ()

    def reference(self, name: str) -> str:
        """The parameter ``name``, a secret's reference. Raises ValueError ``KEY: mend``; never shows what it found."""
        text = self.parameters.get(name, "")
        if not is_reference(text):
            # It may be the secret itself, in the wrong place.
            raise ValueError(f"parameters.{name}: must be a reference: {REFERENCES}")
        return text


def not_a_handshake(request: Request, content: object = None) -> None:  # noqa: ARG001  # the shape of both sides
    """Not a handshake."""
    return


@dataclass(frozen=True, slots=True)
class BoundHandshake:
    """A handshake with the context of its source: two functions, each None where the request is no handshake.

    ``unsigned(request)`` is asked before verification: nothing is known of the caller. ``signed(request, content)``
    after it, ``content`` being the parsed body. Both raise EventMalformed, HandshakeRefused, SignatureError and
    SecretsUnavailable.
    """

    unsigned: Callable[[Request], Reply | None] = not_a_handshake
    signed: Callable[[Request, object], Reply | None] = not_a_handshake


class Handshake(Protocol):
    """A kind of handshake as a sender's ``[handshake]`` table describes it."""

    def bind(self, context: HandshakeContext) -> BoundHandshake:
        """The handshake of one source. Raises ValueError ``KEY: mend``, KeyError in words, for what it cannot use."""
        ...


def echo_reply(challenge: object, *, signed: bool) -> Reply:
    """The challenge as plain text. Raises EventMalformed where it is not one that we repeat."""
    form = _PRINTABLE if signed else _PLAIN
    if not isinstance(challenge, str) or not form.fullmatch(challenge):
        raise EventMalformed("The challenge is not one that is repeated: 1 to 1024 plain ASCII characters.")
    # nosniff: a browser must not take an echoed challenge for a page.
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
    """A JSON answer that no browser takes for a page."""
    return json_reply(200, content, {"x-content-type-options": "nosniff"})


def may_sign(text: str) -> bool:
    """Whether this may be signed for somebody else."""
    return _TOKEN.fullmatch(text) is not None


def checked_token(text: object) -> str:
    """A token that may be signed. Raises EventMalformed for anything that could be a message of the sender's."""
    if not isinstance(text, str) or not may_sign(text):
        raise EventMalformed("The token is not of the form that the sender uses; it is not signed.")
    return text


def json_equal(value: object, expected: object) -> bool:
    """Equal and of one type: JSON's ``true`` is not 1."""
    return type(value) is type(expected) and value == expected
