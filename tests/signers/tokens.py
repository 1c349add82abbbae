"""Official libraries of Python for tokens (LiveKit, QStash, MessageBird, Google), and for Plivo and Cloudinary.

The first three verify with PyJWT: it signs the claims that they ask for, as none of them signs those of another time.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode

import cloudinary
import cloudinary.utils
import google.auth.crypt
import google.auth.exceptions
import google.auth.jwt
import jwt
import livekit.api
import messagebird.error
import qstash
from cryptography.hazmat.primitives.asymmetric import rsa
from messagebird.request_validator import RequestValidator
from plivo.utils import signature_v3

from tests.signers.asymmetric import private_pem, public_pem
from tests.signers.library import URL, Headers, Library

SECRET = "a signing secret of 32 characters"
NONCE = "12345678901234567890"


def _livekit_sign(body: bytes, at: int, secret: str) -> Headers:
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    claims = {"iss": "APIkey", "nbf": at, "exp": at + 300, "sha256": digest}
    return {"authorization": jwt.encode(claims, secret, "HS256")}


def _livekit_accepts(headers: Headers, body: bytes) -> bool:
    receiver = livekit.api.WebhookReceiver(livekit.api.TokenVerifier("APIkey", SECRET))
    receiver.receive(body.decode(), headers["authorization"])
    return True


def _qstash_sign(body: bytes, at: int, secret: str) -> Headers:
    digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode()
    claims = {"iss": "Upstash", "sub": URL, "nbf": at, "exp": at + 300, "iat": at, "body": digest}
    return {"upstash-signature": jwt.encode(claims, secret, "HS256")}


def _qstash_accepts(headers: Headers, body: bytes) -> bool:
    receiver = qstash.Receiver(SECRET, "the next signing key, of 32 chars")
    receiver.verify(signature=headers["upstash-signature"], body=body.decode(), url=URL)
    return True


def _messagebird_sign(body: bytes, at: int, secret: str) -> Headers:
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in (("url", URL.encode()), ("payload", body))}
    claims = {
        "iss": "MessageBird",
        "nbf": at,
        "exp": at + 60,
        **{f"{name}_hash": made for name, made in hashes.items()},
    }
    return {"messagebird-signature-jwt": jwt.encode(claims, secret, "HS256")}


def _messagebird_accepts(headers: Headers, body: bytes) -> bool:
    RequestValidator(SECRET).validate_signature(headers.get("messagebird-signature-jwt", ""), URL, body)
    return True


def _google() -> Library:
    key, other = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    public, email = public_pem(key), "push@example.iam.gserviceaccount.com"

    def sign(body: bytes, at: int, secret: str) -> Headers:
        claims = {"iss": "https://accounts.google.com", "aud": URL, "email": email, "email_verified": True}
        signer = google.auth.crypt.RSASigner.from_string(secret, "kid-1")
        token = google.auth.jwt.encode(signer, {**claims, "iat": at, "exp": at + 300})
        return {"authorization": f"Bearer {token.decode()}"}

    def accepts(headers: Headers, body: bytes) -> bool:
        token = headers["authorization"].removeprefix("Bearer ")
        return bool(google.auth.jwt.decode(token, certs=public, audience=URL))

    return Library(
        "google-auth",
        "google-pubsub",
        private_pem(key),
        "authorization",
        sign,
        accepts,
        key=public,
        refusals=(google.auth.exceptions.GoogleAuthError, KeyError, ValueError),
        other=private_pem(other),
        parameters={"audience": URL, "service_account": email},
        binds_body=False,
    )


def _form(at: int) -> bytes:
    return urlencode({"From": "+15551234567", "Text": "a b&c=d +", "At": at}).encode()


def _parameters(body: bytes) -> dict[str, Any]:
    fields = parse_qs(body.decode(), keep_blank_values=True).items()
    return {name: values[0] if len(values) == 1 else values for name, values in fields}


def _plivo_sign(body: bytes, at: int, secret: str) -> Headers:
    signed = signature_v3.construct_post_url(URL, _parameters(body)).decode()
    signature = signature_v3.get_signature_v3(secret, signed, NONCE).decode()
    return {"x-plivo-signature-v3": signature, "x-plivo-signature-v3-nonce": NONCE}


def _plivo_accepts(headers: Headers, body: bytes) -> bool:
    found, nonce = headers.get("x-plivo-signature-v3", ""), headers["x-plivo-signature-v3-nonce"]
    return bool(signature_v3.validate_v3_signature("POST", URL, nonce, SECRET, found, _parameters(body)))


def _cloudinary_sign(body: bytes, at: int, secret: str) -> Headers:
    signature = cloudinary.utils.compute_hex_hash(f"{body.decode()}{at}{secret}")
    return {"x-cld-timestamp": str(at), "x-cld-signature": signature}


def _cloudinary_accepts(headers: Headers, body: bytes) -> bool:
    cloudinary.config(api_secret=SECRET)
    at, found = int(headers["x-cld-timestamp"]), headers["x-cld-signature"]
    return bool(cloudinary.utils.verify_notification_signature(body.decode(), at, found))


TOKENS = [
    Library(
        "livekit-api",
        "livekit",
        SECRET,
        "authorization",
        _livekit_sign,
        _livekit_accepts,
        # It raises bare ones.
        refusals=(Exception,),
        parameters={"api_key": "APIkey"},
        takes="json",
    ),
    Library(
        "qstash",
        "qstash",
        SECRET,
        "upstash-signature",
        _qstash_sign,
        _qstash_accepts,
        refusals=(qstash.errors.SignatureError, KeyError),
    ),
    Library(
        "messagebird",
        "messagebird",
        SECRET,
        "messagebird-signature-jwt",
        _messagebird_sign,
        _messagebird_accepts,
        refusals=(messagebird.error.ValidationError,),
        takes="some",
    ),
    _google(),
    Library(
        "plivo",
        "plivo",
        SECRET,
        "x-plivo-signature-v3",
        _plivo_sign,
        _plivo_accepts,
        body=_form,
        timed=False,
        takes="form",
    ),
    # Its window is of two hours.
    Library(
        "cloudinary",
        "cloudinary",
        SECRET,
        "x-cld-signature",
        _cloudinary_sign,
        _cloudinary_accepts,
        refusals=(KeyError, ValueError),
        timed=False,
    ),
]
