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
from verihook.strict_json import parse_json

#: A challenge that may be echoed to a stranger: the alphabets of URLs and base64, so nothing of HTML.
_PLAIN = re.compile(r"[A-Za-z0-9._~:+/=-]{1,1024}", re.ASCII)
_PLAIN_WITH_SPACES = re.compile(r"[A-Za-z0-9._~:+/= -]{1,1024}", re.ASCII)

#: A challenge that may be echoed to the sender that signed it: one line of printable ASCII.
_PRINTABLE = re.compile(r"[ -~]{1,1024}", re.ASCII)

#: A token of which we may compute the MAC for a caller. Zoom sends 22 characters of base64, X a UUID or base64. Without
#: colon, brace, quote, ampersand and space it is neither Zoom's ``v0:TIMESTAMP:BODY`` nor a JSON object or list.
_TOKEN = re.compile(r"[A-Za-z0-9_+/-]{1,128}={0,2}", re.ASCII)

#: The largest body of an unsigned handshake that is read, in bytes; Notion sends 75.
MAX_BODY = 1024

#: One character more than a token can have: so much of a text shows whether it is one.
MAX_TOKEN = 131


def _cannot_write(reference: str, value: str) -> None:  # noqa: ARG001  # the signature of Secrets.store
    raise KeyError(f"{reference.partition(':')[0]}: cannot be written")


def _cannot_read(reference: str) -> tuple[str, ...]:
    raise KeyError(f"{reference.partition(':')[0]}: no secrets here")


@dataclass(frozen=True, slots=True)
class HandshakeContext:
    """What a handshake can use of its source.

    ``references``: those of the source's secrets, newest first. ``resolve`` and ``store`` are the methods of
    :class:`~verihook.model.ports.Secrets`: a secret is read for each handshake, so a rotation needs no new start.
    ``parameters``, ``fetch`` and ``public_url`` are those of :class:`~verihook.senders.schemes.Setting`.
    """

    references: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    resolve: Callable[[str], tuple[str, ...]] = _cannot_read
    store: Callable[[str, str], None] = _cannot_write
    fetch: Fetch | None = None
    public_url: str = ""

    def newest_secret(self) -> bytes:
        """Return the newest secret. Raises SignatureError if there is none, SecretsUnavailable if none can be read."""
        for reference in self.references:
            for value in self.values(reference):
                return value.encode()
        if self.references:
            raise SecretsUnavailable("No secret of this source could be read.")
        raise SignatureError("no-secret")

    def values(self, reference: str) -> tuple[str, ...]:
        """Return the values behind a reference, () if there are none. Raises SecretsUnavailable."""
        try:
            return self.resolve(reference)
        except KeyError:
            return ()

    def reference(self, name: str) -> str:
        """Return the parameter ``name``, a secret's reference. Raises ValueError ``KEY: mend`` without its text."""
        text = self.parameters.get(name, "")
        if not is_reference(text):
            # It may be the secret itself, in the wrong place.
            raise ValueError(f"parameters.{name}: must be a reference: {REFERENCES}")
        return text


def not_a_handshake(request: Request, content: object = None) -> None:  # noqa: ARG001  # may stand for either function
    """Return None: the request is not a handshake."""
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
        """Return the handshake of one source. Raises ValueError ``KEY: mend``, or KeyError, for a wrong setting."""
        ...


def echo_reply(challenge: object, *, signed: bool, spaces: bool = False) -> Reply:
    """Return the challenge as plain text. Raises EventMalformed if it must not be echoed.

    ``signed``: the sender signed the challenge, so any line of printable ASCII may be echoed. ``spaces``: those of an
    unsigned one may be, too.
    """
    form = _PRINTABLE if signed else _PLAIN_WITH_SPACES if spaces else _PLAIN
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


def lone_member(request: Request, name: str) -> object:
    """Return the member of a POST of a small JSON object that has this one alone; None if the request is no such.

    So an event is never mistaken for a handshake.
    """
    if request.method != "POST" or len(request.body) > MAX_BODY:
        return None
    try:
        content = parse_json(request.body.decode(), "The body")
    except (UnicodeDecodeError, EventMalformed):
        return None
    return content[name] if isinstance(content, dict) and set(content) == {name} else None


def json_answer(content: object) -> Reply:
    """Return a JSON answer that no browser shows as a page."""
    return json_reply(200, content, {"x-content-type-options": "nosniff"})


def may_sign(text: str) -> bool:
    """Whether this text may be signed for a caller."""
    return _TOKEN.fullmatch(text) is not None


def checked_token(text: object) -> str:
    """Return the token, if it may be signed. Raises EventMalformed for a text that could be a signed delivery."""
    if not isinstance(text, str) or not may_sign(text):
        raise EventMalformed("The token must be 1 to 128 of A-Z a-z 0-9 _ + / -, with = only at its end, to be signed.")
    return text


def json_equal(value: object, expected: object) -> bool:
    """Whether both are equal and of one type: JSON's ``true`` is not 1."""
    return type(value) is type(expected) and value == expected
