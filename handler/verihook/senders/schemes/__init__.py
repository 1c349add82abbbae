"""How a signature is made and checked. A scheme is data, compiled at load into one function.

``verify`` returns a :class:`Proof` or raises SignatureError, for any bytes; nothing else.

    the schemes     hmac  token  public_key  adyen  contentful  sns  jwt  detached_jws  http_signatures
    what they read  headers  candidates  form_values  message  sorted_parameters  timestamp  url  structured_fields
                    signature_base
    how they decode encoding
    their keys      asymmetric  certificates  fetched_keys  key_urls  published_keys
    hmac's parts    hmac_fields  signer
    jwt's parts     jws  token_claims  token_keys  json_web_keys  certificate_chains  token_signer
                    canonical_requests
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
    """The proof that a delivery is genuine. ``verified_by``: ``current`` for the newest secret, else ``previous``.

    ``signed``: the SHA-256 of the signed message in hex, if the Setting wants ``digests``; else "".
    """

    verified_by: str
    signed: str = ""


#: A delivery that the newest secret verified, and one that an older one did.
CURRENT, PREVIOUS = Proof("current"), Proof("previous")

#: ``verify(request, now)``, ``now`` in seconds since the epoch.
Verify = Callable[[Request, int], Proof]


class Fetch(Protocol):
    """How a scheme fetches a key: the document at a URL, by GET, or by POST if there is ``content`` (JSON, or a form).

    ``authorization``: the value of that header, if the sender's host wants one.
    Return ``b""`` if the host says that there is no such document, and the body of a 400 as it is.
    Raises SecretsUnavailable.
    """

    def __call__(self, url: str, content: bytes = b"", authorization: str = "") -> bytes:
        """See above."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What a source adds to its sender's scheme.

    ``public_url``: the URL as it was registered with the sender, for senders that sign it. ``parameters``: what else
    the sender gives its customers (PayPal's webhook id, the topics of SNS). ``fetch``: None if the network must not be
    used. ``digests``: whether a proof has the digest of what was signed. ``key``: the key that stands in the message,
    if the sender hashes it there.
    """

    public_url: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    fetch: Fetch | None = None
    digests: bool = False
    key: bytes = b""


#: A source that adds nothing.
PLAIN = Setting()


@dataclass(slots=True)
class Delivery:
    """A request, and what was read of it so far.

    ``content``: the JSON body, if the signature or a part of what it covers is in it. ``timestamp``: its text as sent.
    ``names``: of headers that are signed, as the signature lists them. ``items``: those beside the signature that are
    signed, by their labels.
    """

    request: Request
    content: Mapping[str, Any] | None = None
    timestamp: str = ""
    names: str = ""
    items: Mapping[str, str] = field(default_factory=dict)


class Scheme(Protocol):
    """A kind of signature."""

    #: Whether the keys come from the network, so that a source needs no secret.
    keyless: bool

    @property
    def timed(self) -> bool:
        """Whether a time is signed. An old one is refused, so that a captured message cannot be delivered later."""
        ...

    @property
    def binds_body(self) -> bool:
        """Whether one signed message has one body alone, so that its digest identifies the delivery."""
        ...

    def covers(self, header: str, path: tuple[str, ...]) -> bool:
        """Whether the signature covers the header (lower case), or without one the member at the path in the body.

        False if it covers them only in some deliveries.
        """
        ...

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """Return the check with these secrets, newest first (a public key counts as one).

        Raises ValueError, ``KEY: mend`` or in words, for a secret or a setting that it cannot use.
        """
        ...

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """Return ``request`` signed, as a sender with this secret (or private key) sends it.

        ``now`` in seconds since the epoch. Raises ValueError in words if this cannot be done for the sender.
        """
        ...


def digest_of(*parts: bytes) -> str:
    """The SHA-256 of a signed message, in hex. Never of a signature: one may be written in several ways."""
    state = hashlib.sha256()
    for part in parts:
        state.update(part)
    return state.hexdigest()


def proof_by(index: int) -> Proof:
    """The proof by the secret at this index; the newest secret is the first."""
    return CURRENT if index == 0 else PREVIOUS


def no_secret(_request: Request, _now: int) -> Proof:
    """The check of a source without secrets: a :data:`Verify` that refuses every delivery."""
    raise SignatureError("no-secret")
