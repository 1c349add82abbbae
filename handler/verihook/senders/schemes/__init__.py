"""How a signature is made and checked. A scheme is data, compiled at load into one function.

``verify`` gives a :class:`Proof` or raises SignatureError, for any bytes; nothing else.

    the schemes     hmac  token  public_key  adyen  contentful  sns  jwt  http_signatures
    what they read  headers  candidates  message  timestamp  url  structured_fields  signature_base
    how they decode encoding
    their keys      asymmetric  certificates  fetched_keys  key_urls
    hmac's parts    hmac_fields  signer
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from verihook.errors import SignatureError
from verihook.request import Request


@dataclass(frozen=True, slots=True)
class Proof:
    """A delivery is genuine. ``verified_by``: ``current`` for the newest secret, ``previous`` for an older one.

    ``signed``: the SHA-256 of the signed message in hex, if the Setting wants ``digests``; else "".
    """

    verified_by: str
    signed: str = ""


#: A delivery that the newest secret verified, and one that an older one did.
CURRENT, PREVIOUS = Proof("current"), Proof("previous")

#: ``verify(request, now)``, ``now`` in seconds since the epoch.
Verify = Callable[[Request, int], Proof]


class Fetch(Protocol):
    """How a scheme asks for a key: the document at a URL, by GET, or by POST where there is ``content`` (JSON).

    ``b""`` where the host says that there is no such document, the body as it is of a 400.
    Raises SecretsUnavailable.
    """

    def __call__(self, url: str, content: bytes = b"") -> bytes:
        """See above."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What a source adds to its sender's scheme.

    ``public_url``: the URL as it was registered with the sender, for those that sign it. ``parameters``: what else
    the sender tells its customers (PayPal's webhook id, the topics of SNS). ``fetch``: None where the network is not
    to be used. ``digests``: a proof says what was signed, as the schemes do that sign a body and no time.
    """

    public_url: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    fetch: Fetch | None = None
    digests: bool = False


#: A source that adds nothing.
PLAIN = Setting()


@dataclass(slots=True)
class Delivery:
    """A request, and what was read of it so far.

    ``content``: the JSON body, where the signature or what it covers stands in it. ``timestamp``: its text as sent.
    """

    request: Request
    content: Mapping[str, Any] | None = None
    timestamp: str = ""


class Scheme(Protocol):
    """What a kind of signature can do."""

    #: Whether the keys come from the network, so that a source needs no secret.
    keyless: bool

    @property
    def timed(self) -> bool:
        """Whether a time is signed, which is refused when it is old: nobody can deliver a captured message later."""
        ...

    @property
    def binds_body(self) -> bool:
        """Whether one signed message is that of one body, so that its digest stands for the delivery."""
        ...

    def covers(self, header: str, path: tuple[str, ...]) -> bool:
        """Whether the signature covers what stands in the header (lower case), or without one at the path in the body.

        Where it does only for some deliveries, it does not.
        """
        ...

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """The check with these secrets, newest first (a public key counts as one).

        Raises ValueError ``KEY: mend`` or in words, for a secret or a setting that it cannot use.
        """
        ...

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """``request`` as a sender with this secret (a private key, where there is one) sends it: signed.

        ``now`` in seconds since the epoch. Raises ValueError, in words, where the sender's side cannot be played.
        """
        ...


def digest_of(*parts: bytes) -> str:
    """The SHA-256 of a signed message, in hex: never of the signature, which may have several spellings."""
    state = hashlib.sha256()
    for part in parts:
        state.update(part)
    return state.hexdigest()


def proof_by(index: int) -> Proof:
    """The proof by the secret at an index, of those that stand the newest first."""
    return CURRENT if index == 0 else PREVIOUS


def no_secret(_request: Request, _now: int) -> Proof:
    """The check of a source without any secret: a :data:`Verify` that refuses every delivery."""
    raise SignatureError("no-secret")
