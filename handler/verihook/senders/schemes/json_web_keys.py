"""JSON Web Keys, and the sets of them that senders publish.

https://www.rfc-editor.org/rfc/rfc7517
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verihook.errors import SecretsUnavailable, SignatureError
from verihook.senders.schemes.asymmetric import (
    Check,
    check_with,
    curve_public,
    ed25519_public,
    read_public,
    rsa_public,
)
from verihook.senders.schemes.encoding import base64url_bytes
from verihook.senders.schemes.jws import PUBLIC_KEYS
from verihook.strict_json import parse_unverified

#: So many keys of a set are tried for a signature that names none of them.
MAX_KEYS = 8

#: The ``kty`` and ``crv`` of the keys of each algorithm.
_TYPES: dict[str, tuple[str, str | None]] = {
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}


def jwk_check(jwk: object, algorithm: str) -> Check:
    """Return the check with a JSON Web Key. Raises ValueError in words if it is none for this algorithm."""
    kind, curve = _TYPES.get(algorithm, ("RSA", None))
    where = f"{kind}, {curve}" if curve else kind
    if not isinstance(jwk, Mapping) or (jwk.get("kty"), jwk.get("crv")) != (kind, curve):
        raise ValueError(f"the secret is not a JSON Web Key for {algorithm} ({where})")
    # A key of another use or another algorithm was not made for signatures such as these.
    if jwk.get("alg", algorithm) != algorithm or jwk.get("use", "sig") != "sig":
        raise ValueError(f"the secret is not a JSON Web Key for {algorithm} ({where})")
    try:
        return check_with(_public(jwk, kind, algorithm), PUBLIC_KEYS[algorithm])
    except (SignatureError, ValueError) as error:
        raise ValueError(f"the secret is not a JSON Web Key for {algorithm} ({where})") from error


def key_check(secret: str, algorithm: str) -> tuple[str | None, Check]:
    """Return the id of a pinned key, None if it has none, and the check with it.

    ``secret``: a JSON Web Key, or a public key as PEM or base64 of DER. Raises ValueError in words.
    """
    if not secret.lstrip().startswith("{"):
        return None, check_with(read_public(secret), PUBLIC_KEYS[algorithm])
    try:
        jwk = parse_unverified(secret.encode())
    except SignatureError:
        raise ValueError("the secret is not a JSON Web Key") from None
    if jwk.get("expired_at") is not None:
        raise ValueError("the JSON Web Key has expired")
    if not isinstance(jwk.get("kid", ""), str):
        raise ValueError("the kid of the JSON Web Key is not a text")
    return jwk.get("kid"), jwk_check(jwk, algorithm)


def published_check(document: bytes, kid: str, algorithm: str) -> Check:
    """Return the check with the key of this id in a published set.

    Raises SignatureError if the set has no such key, SecretsUnavailable if the document is no set.
    """
    for jwk in _keys_of(document):
        if isinstance(jwk, Mapping) and jwk.get("kid") == kid:
            try:
                return jwk_check(jwk, algorithm)
            except ValueError:
                # Of another algorithm: no token of ours is signed with it.
                break
    raise SignatureError("unknown-kid")


def published_checks(document: bytes, algorithm: str) -> list[Check]:
    """Return the checks with all keys of a published set that are for the algorithm, at most :data:`MAX_KEYS`.

    Raises SecretsUnavailable if the document is no set, or has none.
    """
    checks: list[Check] = []
    for jwk in _keys_of(document)[:MAX_KEYS]:
        try:
            checks.append(jwk_check(jwk, algorithm))
        except ValueError:
            continue  # of another algorithm
    if not checks:
        raise SecretsUnavailable("The sender's host gave no keys; deliver again.")
    return checks


def _keys_of(document: bytes) -> list[object]:
    keys = reply_object(document).get("keys")
    if not isinstance(keys, list):
        raise SecretsUnavailable("The sender's host gave no keys; deliver again.")
    return keys


def reply_object(document: bytes) -> dict[str, Any]:
    """Return the JSON object that a sender's host answered with. Raises SecretsUnavailable."""
    try:
        return parse_unverified(document)
    except SignatureError:
        raise SecretsUnavailable("The sender's host gave no JSON; deliver again.") from None


def _public(jwk: Mapping[str, Any], kind: str, algorithm: str) -> Any:
    def number(name: str) -> bytes:
        return base64url_bytes(str(jwk.get(name)))

    if kind == "RSA":
        return rsa_public(number("n"), number("e"))
    if kind == "OKP":
        return ed25519_public(number("x"))
    return curve_public(PUBLIC_KEYS[algorithm], number("x"), number("y"))
