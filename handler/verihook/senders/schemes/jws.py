"""A JSON Web Signature in compact form, read strictly.

https://www.rfc-editor.org/rfc/rfc7515

Nothing here trusts what the token says of itself: its ``alg`` has to be the one that the sender's file names, and keys
that it brings (``jwk``, ``jku``, ``x5u``) are not looked at.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from verihook.errors import SignatureError
from verihook.senders.schemes.encoding import base64url_bytes, base64url_text
from verihook.strict_json import MAX_JSON, member, parse_unverified, split_path

#: A token in a header has fewer characters; a longer one is refused.
MAX_TOKEN = 8192

#: The protected header has fewer characters, encoded; with certificates it has some 6,000.
MAX_PROTECTED = 16_384

#: The algorithms with a shared secret, and the hash of each.
HMACS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}

#: Those with a public key, and the name of each in :data:`~verihook.senders.schemes.asymmetric.KINDS`.
#: https://www.rfc-editor.org/rfc/rfc7518#section-3.1 and https://www.rfc-editor.org/rfc/rfc8037
PUBLIC_KEYS = {
    "RS256": "rsa-sha256",
    "RS384": "rsa-sha384",
    "RS512": "rsa-sha512",
    "PS256": "rsa-pss-sha256-jws",
    "PS384": "rsa-pss-sha384-jws",
    "PS512": "rsa-pss-sha512-jws",
    "ES256": "ecdsa-p256-sha256",
    "ES384": "ecdsa-p384-sha384",
    "ES512": "ecdsa-p521-sha512",
    "EdDSA": "ed25519",
}

ALGORITHMS = (*HMACS, *PUBLIC_KEYS)

#: The bytes of a signature, for the algorithms whose keys do not differ in that.
_SIZES = {"HS256": 32, "HS384": 48, "HS512": 64, "ES256": 64, "ES384": 96, "ES512": 132, "EdDSA": 64}


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was read, and not verified yet. ``payload``: still encoded; ``signed``: the bytes signed."""

    protected: Mapping[str, Any]
    payload: str
    signature: bytes
    signed: bytes

    def claims(self) -> dict[str, Any]:
        """Return what it says. Call it only if the signature is right. Raises SignatureError."""
        # A text that is cut inside an emoji does no harm: of the claims, only ASCII is compared.
        return parse_unverified(base64url_bytes(self.payload), "malformed-token", ascii_alone=True)


def read_token(text: str, algorithm: str, longest: int = MAX_TOKEN) -> Token:
    """Return the token in ``text``, which is signed with ``algorithm`` if it is genuine. Raises SignatureError."""
    if len(text) > longest or text.count(".") != 2:
        raise SignatureError("malformed-token")
    head, payload, signature = text.split(".")
    protected = _protected(head, algorithm)
    # A critical extension that is not understood must be refused: RFC 7515 section 4.1.11. None is.
    if "crit" in protected:
        raise SignatureError("alg")
    return Token(protected, payload, _signature(signature, algorithm), f"{head}.{payload}".encode())


def read_detached(text: str, algorithm: str, *, unencoded: bool) -> Token:
    """As :func:`read_token`, of a token whose payload is elsewhere (RFC 7515 appendix F); ``signed`` ends before it.

    ``unencoded``: it is signed as it is, not as base64url (RFC 7797), and the token has to say so.
    """
    head, dots, signature = text.partition("..")
    if len(text) > MAX_TOKEN or not dots or "." in head or "." in signature:
        raise SignatureError("malformed-token")
    protected = _protected(head, algorithm)
    critical = protected.get("crit")
    # Not everyone who signs so says that it is critical.
    allowed = (None, ["b64"]) if unencoded else (None,)
    if protected.get("b64", True) is not (not unencoded) or critical not in allowed:
        raise SignatureError("alg")
    return Token(protected, "", _signature(signature, algorithm), f"{head}.".encode())


def _protected(head: str, algorithm: str) -> dict[str, Any]:
    if len(head) > MAX_PROTECTED:
        raise SignatureError("malformed-token")
    protected = parse_unverified(base64url_bytes(head), "malformed-token")
    if protected.get("alg") != algorithm:
        raise SignatureError("alg")
    return protected


def _signature(text: str, algorithm: str) -> bytes:
    value = base64url_bytes(text)
    if len(value) != _SIZES.get(algorithm, len(value)):
        raise SignatureError("wrong-signature-length")
    return value


def token_text(body: bytes, path: str) -> str:
    """Return the token that is the member of a body at ``path``, or the whole body. Raises SignatureError."""
    if path == ".":
        if len(body) > MAX_JSON or not body.isascii():
            raise SignatureError("malformed-token")
        return body.decode()
    text = member(parse_unverified(body, ascii_alone=True), split_path(path))
    if not isinstance(text, str) or not text.isascii():
        raise SignatureError("no-token")
    return text


def write_token(protected: Mapping[str, Any], claims: Mapping[str, Any], make: Callable[[bytes], bytes]) -> str:
    """Return a token with the signature that ``make`` makes."""
    parts = [encoded(part) for part in (protected, claims)]
    signed = ".".join(parts)
    return f"{signed}.{base64url_text(make(signed.encode()))}"


def encoded(part: Mapping[str, Any]) -> str:
    """Return a part of a token as it stands there."""
    return base64url_text(json.dumps(part, separators=(",", ":")).encode())


def hmac_maker(key: bytes, algorithm: str) -> Callable[[bytes], bytes]:
    """Return how an algorithm of :data:`HMACS` signs."""
    start = hmac.new(key, digestmod=HMACS[algorithm])

    def make(message: bytes) -> bytes:
        state = start.copy()
        state.update(message)
        return state.digest()

    return make


def hmac_check(key: bytes, algorithm: str) -> Callable[[bytes, bytes], bool]:
    """Return how an algorithm of :data:`HMACS` verifies: ``check(signature, message)``."""
    make, same = hmac_maker(key, algorithm), hmac.compare_digest
    return lambda signature, message: same(make(message), signature)


def sha256(content: bytes) -> bytes:
    """Return the digest that claims are made of."""
    return hashlib.sha256(content).digest()
