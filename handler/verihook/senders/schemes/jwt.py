"""A JSON Web Signature (ES256) that carries the hash of the body: Plaid.

https://plaid.com/docs/api/webhooks/webhook-verification/ and https://www.rfc-editor.org/rfc/rfc7515
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from verihook.errors import SecretsUnavailable, SignatureError
from verihook.request import Request
from verihook.senders.schemes import CURRENT, PLAIN, Proof, Setting, Verify, no_secret, proof_by
from verihook.senders.schemes.asymmetric import Check, check_with, make_with, p256_private, p256_public
from verihook.senders.schemes.encoding import base64url_bytes, base64url_text, decode_hex, refuse_empty
from verihook.senders.schemes.fetched_keys import FetchedKeys
from verihook.senders.schemes.headers import one_header, with_headers
from verihook.senders.schemes.timestamp import check_age, check_tolerance, whole_seconds
from verihook.senders.tables import must_be_one_of
from verihook.strict_json import parse_unverified

#: Senders' tokens are shorter; a longer one is refused.
MAX_TOKEN = 4096

_ALGORITHM = "ecdsa-p256-sha256"
_KID = re.compile(r"[A-Za-z0-9._~:/+=-]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class JwtScheme:
    """A compact JWS in ``header``; its claim ``hash_claim`` is the hex SHA-256 of the body, ``iat`` in seconds.

    ``tolerance`` in seconds, both ways. Keys: JSON Web Keys pinned as secrets (a secret that begins with ``{``), else
    each key id is posted, with the source's ``parameters.client_id`` and the API secret as ``secret``, to the URL in
    ``key_urls`` of ``parameters.environment`` (default ``production``).
    """

    header: str
    hash_claim: str = "request_body_sha256"
    tolerance: int = 300
    key_urls: dict = field(default_factory=dict)  # type: ignore[type-arg]

    keyless: ClassVar[bool] = False
    timed: ClassVar[bool] = True
    binds_body: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not self.header:
            raise ValueError("header: must name the header with the token")
        check_tolerance(self.tolerance)
        if not all(str(url).startswith("https://") for url in self.key_urls.values()):
            raise ValueError("key_urls: must be https")

    @property
    def key_hosts(self) -> tuple[str, ...]:
        """The hosts that keys are fetched from, as regular expressions."""
        return tuple(re.escape(url.split("/")[2]) for url in self.key_urls.values())

    def covers(self, header: str, path: tuple[str, ...]) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return not header

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """See :class:`~verihook.senders.schemes.Scheme`.

        ``verify`` raises SecretsUnavailable if no key can be fetched now.
        """
        refuse_empty(*secrets)
        pinned = all(secret.lstrip().startswith("{") for secret in secrets)
        find = _pinned(secrets) if pinned else self._fetched(secrets, setting)
        header = self.header.lower()
        if not secrets:
            return no_secret

        def verify(request: Request, now: int) -> Proof:
            token = one_header(request, header)
            protected, claims, signature, signed = _split_token(token)
            if protected.get("alg") != "ES256" or "crit" in protected:
                raise SignatureError("alg")
            kid = protected.get("kid")
            if not isinstance(kid, str) or not _KID.fullmatch(kid):
                raise SignatureError("unknown-kid")
            # Checked before the key is fetched: what cannot be a signature costs no call.
            value = base64url_bytes(signature)
            if len(value) != 64:
                raise SignatureError("wrong-signature-length")
            check, proof = find(kid, now)
            if not check(value, signed):
                raise SignatureError("signature-mismatch")
            self._check_claims(parse_unverified(base64url_bytes(claims), "malformed-token"), request.body, now)
            return proof

        return verify

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """See :class:`~verihook.senders.schemes.Scheme`. ``secret``: a private JSON Web Key (with ``d``)."""
        try:
            jwk = parse_unverified(secret.encode())
            key = p256_private(base64url_bytes(str(jwk["d"])))
        except (SignatureError, KeyError):
            raise ValueError("to sign as this sender, give a private JSON Web Key (EC, P-256, with d)") from None
        protected = {"alg": "ES256", "kid": str(jwk.get("kid", "")), "typ": "JWT"}
        claims = {"iat": now, self.hash_claim: hashlib.sha256(request.body).hexdigest()}
        signed = ".".join([base64url_text(json.dumps(part).encode()) for part in (protected, claims)])
        signature = make_with(key, _ALGORITHM)(signed.encode())
        return with_headers(request, [(self.header, f"{signed}.{base64url_text(signature)}")])

    def _check_claims(self, claims: dict[str, Any], body: bytes, now: int) -> None:
        expected = claims.get(self.hash_claim)
        if not isinstance(expected, str) or not expected.isascii():
            raise SignatureError("no-body-hash")
        if not hmac.compare_digest(decode_hex(expected, 32), hashlib.sha256(body).digest()):
            raise SignatureError("body-hash-mismatch")
        check_age(whole_seconds(claims.get("iat")), now, self.tolerance)

    def _fetched(self, secrets: tuple[str, ...], setting: Setting) -> Callable[[str, int], tuple[Check, Proof]]:
        """Return a function that finds a key by its id, fetched from the sender's endpoint. Raises ValueError."""
        if setting.fetch is None:
            raise ValueError("without a network, a source of this sender needs its JSON Web Key as secret")
        environment = setting.parameters.get("environment", "production")
        url = self.key_urls.get(environment)
        if url is None:
            raise ValueError(f"parameters.environment: {must_be_one_of(self.key_urls, environment)}")
        client_id = setting.parameters.get("client_id")
        if not client_id:
            raise ValueError("parameters.client_id: is needed, beside the secret, to ask the sender for its keys")
        fetch = setting.fetch
        keys: FetchedKeys[Check] = FetchedKeys()

        def load(kid: str) -> Check:
            unknown = False
            for secret in secrets:
                content = json.dumps({"client_id": client_id, "secret": secret, "key_id": kid}).encode()
                answer = _reply_object(fetch(url, content))
                if "key" in answer:
                    return _jwk_check(answer["key"])
                # A 400 for another reason (a wrong API secret) is our failure, not the delivery's.
                unknown = unknown or answer.get("error_code") == "INVALID_WEBHOOK_VERIFICATION_KEY_ID"
            if not unknown:
                raise SecretsUnavailable("The sender's host gave no key; deliver again.")
            raise SignatureError("unknown-kid")

        def find(kid: str, now: int) -> tuple[Check, Proof]:
            check = keys.key(kid, now, lambda: load(kid))
            return lambda signature, signed: _proven(keys, kid, check(signature, signed)), CURRENT

        return find


def _proven(keys: FetchedKeys[Check], kid: str, right: bool) -> bool:
    if right:
        keys.mark_proven(kid)
    return right


def _reply_object(document: bytes) -> dict[str, Any]:
    try:
        return parse_unverified(document)
    except SignatureError:
        raise SecretsUnavailable("The sender's host gave no JSON; deliver again.") from None


def _pinned(secrets: tuple[str, ...]) -> Callable[[str, int], tuple[Check, Proof]]:
    """Return a function that finds a key by its id among the secrets, newest first. Raises ValueError."""
    found: dict[str, tuple[Check, Proof]] = {}
    for index, secret in enumerate(secrets):
        try:
            jwk = parse_unverified(secret.encode())
        except SignatureError:
            raise ValueError("the secret is not a JSON Web Key") from None
        if not isinstance(jwk.get("kid"), str):
            raise ValueError("the JSON Web Key has no kid")
        check = _jwk_check(jwk, ValueError("the secret is not a JSON Web Key for ES256 (EC, P-256)"))
        found.setdefault(jwk["kid"], (check, proof_by(index)))

    def find(kid: str, _now: int) -> tuple[Check, Proof]:
        if kid not in found:
            raise SignatureError("unknown-kid")
        return found[kid]

    return find


def _jwk_check(jwk: Any, error: Exception | None = None) -> Check:
    """Return the check with a JSON Web Key.

    https://www.rfc-editor.org/rfc/rfc7517#section-4

    Raise ``error``; without one SecretsUnavailable, or SignatureError for a key that the sender has withdrawn.
    """
    fitting = isinstance(jwk, Mapping) and (jwk.get("kty"), jwk.get("crv")) == ("EC", "P-256")
    if fitting and jwk.get("alg", "ES256") == "ES256" and jwk.get("use", "sig") == "sig":
        if jwk.get("expired_at") is not None:
            raise error or SignatureError("expired-kid")
        try:
            x, y = (base64url_bytes(str(jwk.get(name))) for name in ("x", "y"))
            return check_with(p256_public(x, y), _ALGORITHM)
        except (SignatureError, ValueError):
            pass
    raise error or SecretsUnavailable("The sender's host gave no key for ES256; deliver again.")


def _split_token(token: str) -> tuple[dict[str, Any], str, str, bytes]:
    """Return the protected header, the claims and the signature (both still encoded), and the signed bytes."""
    parts = token.split(".")
    if len(token) > MAX_TOKEN or len(parts) != 3:
        raise SignatureError("malformed-token")
    protected = parse_unverified(base64url_bytes(parts[0]), "malformed-token")
    return protected, parts[1], parts[2], f"{parts[0]}.{parts[1]}".encode()
