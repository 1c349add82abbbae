"""The sender's side of the scheme of tokens: signs a request as its sender would."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from verihook.errors import SignatureError
from verihook.records import replace
from verihook.request import Request, json_text
from verihook.senders.schemes import Setting
from verihook.senders.schemes.encoding import base64url_bytes
from verihook.senders.schemes.headers import with_headers
from verihook.senders.schemes.jws import HMACS, PUBLIC_KEYS, hmac_maker, write_token
from verihook.senders.schemes.token_claims import expected_claims, fill_claims, write_hash
from verihook.strict_json import parse_unverified, set_member

if TYPE_CHECKING:
    from verihook.senders.schemes.jwt import JwtScheme

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


def sign(scheme: JwtScheme, secret: str, request: Request, setting: Setting, *, message_id: str, now: int) -> Request:
    """``request`` as the sender with this secret sends it. Raises ValueError in words, or ``KEY: mend``.

    If the token is in the body, the members of the body that was given become its claims.
    """
    protected, make = maker(scheme.algorithm, secret, scheme.shared_key)
    claims: dict[str, Any] = _claims(request.body) if scheme.json else {}
    claims |= {"iat": now, "jti": message_id}
    if scheme.time == "exp":
        claims |= {"nbf": now, "exp": now + scheme.tolerance}
    if scheme.hash_claim:
        set_member(claims, scheme.hash_claim, write_hash(scheme.hash_encoding, request.body))
    for url in scheme.urls(setting)(request)[:1]:
        set_member(claims, scheme.url_hash_claim, write_hash(scheme.hash_encoding, url.encode()))
    fill_claims(expected_claims(scheme.claims, setting), claims)
    token = write_token({"alg": scheme.algorithm, "typ": "JWT", **protected}, claims, make)
    if scheme.header:
        return with_headers(request, [(scheme.header, scheme.prefix + token)])
    if scheme.json == ".":
        return replace(request, body=token.encode())
    content: dict[str, Any] = {}
    set_member(content, scheme.json, token)
    return replace(request, body=json_text(content).encode())


def _claims(body: bytes) -> dict[str, Any]:
    try:
        return parse_unverified(body or b"{}", ascii_alone=True)
    except SignatureError as error:
        raise ValueError("the body must be a JSON object: this sender makes a token of it") from error


def maker(
    name: str, secret: str, shared_key: Callable[[str], bytes] = str.encode
) -> tuple[dict[str, Any], Callable[[bytes], bytes]]:
    """The members of the protected header beside ``alg``, and how to sign with the algorithm ``name``.

    Raises ValueError in words.
    """
    if name in HMACS:
        return {}, hmac_maker(shared_key(secret), name)
    from verihook.senders.schemes.asymmetric import make_with, read_private

    algorithm = PUBLIC_KEYS[name]
    if secret.lstrip().startswith("{"):
        kid, key = _of_jwk(secret, algorithm)
        return {"kid": kid} if kid else {}, make_with(key, algorithm)
    certificates = [base64.b64encode(base64.b64decode(text)).decode() for text in _CERTIFICATE.findall(secret)]
    make = make_with(read_private(_CERTIFICATE.sub("", secret)), algorithm)
    return {"x5c": certificates} if certificates else {}, make


def _of_jwk(secret: str, algorithm: str) -> tuple[str, Any]:
    from verihook.senders.schemes.asymmetric import curve_private, ed25519_private

    try:
        jwk = parse_unverified(secret.encode())
        d = base64url_bytes(str(jwk["d"]))
        key = ed25519_private(d) if algorithm == "ed25519" else curve_private(algorithm, d)
    except (SignatureError, KeyError, ValueError):
        raise ValueError("to sign as this sender, give a private JSON Web Key (EC or OKP, with d), or PEM") from None
    return str(jwk.get("kid", "")), key
