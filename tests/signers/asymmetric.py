"""Official libraries of Python for public keys (Plaid's token, Discord), and RFC 9421 with either kind of key."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
from types import SimpleNamespace
from typing import Any

import discord_interactions
import http_message_signatures as rfc9421
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from http_message_signatures.algorithms import ECDSA_P256_SHA256, ED25519, HMAC_SHA256
from nacl.signing import SigningKey

from tests.signers.library import URL, Headers, Library

PLAID_KID = "6c5516e1-92dc-479e-a8ff-5a51992e0001"
SHARED, OTHER_SHARED = "secret-shared-key-32-bytes-long!", "another-shared-key-32-bytes-long"


def private_pem(key: Any) -> str:
    form = serialization.PrivateFormat.PKCS8
    return str(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode())


def public_pem(key: Any) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return str(key.public_key().public_bytes(serialization.Encoding.PEM, form).decode())


def _plaid() -> Library:
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    public: Any = key.public_key()
    jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(public)) | {"kid": PLAID_KID, "alg": "ES256", "use": "sig"}

    def sign(body: bytes, at: int, secret: str) -> Headers:
        claims = {"iat": at, "request_body_sha256": hashlib.sha256(body).hexdigest()}
        return {"plaid-verification": jwt.encode(claims, secret, "ES256", {"kid": PLAID_KID})}

    def accepts(headers: Headers, body: bytes) -> bool:
        claims = jwt.decode(headers.get("plaid-verification", ""), jwt.PyJWK(jwk), ["ES256"])
        return hmac.compare_digest(claims["request_body_sha256"], hashlib.sha256(body).hexdigest())

    return Library(
        "PyJWT",
        "plaid",
        private_pem(key),
        "plaid-verification",
        sign,
        accepts,
        key=json.dumps(jwk),
        signs_with=jwt.algorithms.ECAlgorithm.to_jwk(key)[:-1] + f', "kid": "{PLAID_KID}"}}',
        refusals=(jwt.InvalidTokenError,),
        other=private_pem(other),
        takes="bytes",
    )


def _discord() -> Library:
    key, other = SigningKey.generate(), SigningKey.generate()
    public = key.verify_key.encode().hex()

    def sign(body: bytes, at: int, secret: str) -> Headers:
        signature = SigningKey(bytes.fromhex(secret)).sign(str(at).encode() + body).signature
        return {"x-signature-timestamp": str(at), "x-signature-ed25519": signature.hex()}

    def accepts(headers: Headers, body: bytes) -> bool:
        signature = headers.get("x-signature-ed25519", "")
        return discord_interactions.verify_key(body, signature, headers["x-signature-timestamp"], public)

    return Library(
        "discord-interactions",
        "discord",
        bytes(key).hex(),
        "x-signature-ed25519",
        sign,
        accepts,
        key=public,
        other=bytes(other).hex(),
        takes="bytes",
    )


def _rfc9421(sender: str, algorithm: Any, secret: str, other: str, public: Any, key: str) -> Library:
    def private(text: str) -> Any:
        shared = algorithm is HMAC_SHA256
        return text.encode() if shared else serialization.load_pem_private_key(text.encode(), None)

    def sign(body: bytes, at: int, secret: str) -> Headers:
        message = SimpleNamespace(method="POST", url=URL, headers={"content-type": "application/json"})
        resolver = rfc9421.MappingKeyResolver(public_keys={}, private_keys={"key": private(secret)})
        rfc9421.HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=resolver).sign(
            message,
            key_id="key",
            created=datetime.datetime.fromtimestamp(at, datetime.UTC),
            label="sig1",
            tag="webhook",
            covered_component_ids=("@method", "@target-uri", "content-type", "content-digest"),
            body=body,
        )
        return dict(message.headers)

    def accepts(headers: Headers, body: bytes) -> bool:
        message = SimpleNamespace(method="POST", url=URL, headers=headers)
        resolver = rfc9421.MappingKeyResolver(public_keys={"key": public}, private_keys={})
        results = rfc9421.HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=resolver).verify(
            message,
            max_age=datetime.timedelta(seconds=300),
            expect_tag="webhook",
            require_components=("@method", "@target-uri", "content-digest"),
            body=body,
        )
        return [body] == [result.body for result in results]

    name = f"http-message-signatures-{sender.removeprefix('rfc9421-')}"
    refusals = (rfc9421.InvalidSignature,)
    parameters = {"keyid": "key", "tag": "webhook"}
    return Library(
        name,
        sender,
        secret,
        "signature",
        sign,
        accepts,
        key=key,
        refusals=refusals,
        other=other,
        parameters=parameters,
        takes="bytes",
    )


def _rfc9421_pair(sender: str, algorithm: Any, key: Any, other: Any) -> Library:
    pems = private_pem(key), private_pem(other)
    return _rfc9421(sender, algorithm, *pems, key.public_key(), public_pem(key))


ASYMMETRIC = [
    _plaid(),
    _discord(),
    _rfc9421("rfc9421-hmac", HMAC_SHA256, SHARED, OTHER_SHARED, SHARED.encode(), SHARED),
    _rfc9421_pair(
        "rfc9421-ed25519", ED25519, ed25519.Ed25519PrivateKey.generate(), ed25519.Ed25519PrivateKey.generate()
    ),
    _rfc9421_pair(
        "rfc9421-ecdsa",
        ECDSA_P256_SHA256,
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    ),
]
