"""What each sender signs with here: the secret of its vectors, or a key pair of its kind."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from tests.unit.senders.schemes.chains import bundle, chain, leaf, middle, pem, root
from tests.unit.senders.schemes.key_material import jwk_pair, pem_pair
from tests.vectors.run import parameters_of, read_cases, secrets_of
from tests.vectors.test_vectors import FOLDER
from verihook.senders import load_sender, sender_ids, sender_table

PUBLIC_URL = "https://hooks.example.com/hooks/{}"
VERIFY_TOKEN = "the verify token"
TOPIC = "arn:aws:sns:us-east-1:123456789012:orders"

#: Topics of other partitions.
OTHER_TOPICS = (
    "arn:aws-cn:sns:cn-north-1:123456789012:orders",
    "arn:aws-us-gov:sns:us-gov-west-1:123456789012:orders",
    "arn:aws-eusc:sns:eusc-de-east-1:123456789012:orders",
)

#: What these sources need beside the parameters of their vectors.
PARAMETERS = {
    "meta": {"verify_token": "env:VERIFY_TOKEN"},
    "strava": {"verify_token": "env:VERIFY_TOKEN"},
    "lark-encrypted": {"verify_token": "env:VERIFY_TOKEN"},
    "aws-sns": {"topic_arns": TOPIC},
    "asana": {"pairing": "file:asana.secret"},
    "notion": {"pairing": "file:notion.secret"},
    "atlassian-connect": {"base_url": "https://hooks.example.com"},
}

PAYPAL = {
    "webhook_id": "1JE4291016473214C",
    "certificate_url": "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594",
}

#: The secret that these bring themselves: to be paired before anything is signed.
PAIRED = {"asana": "a" * 64, "notion": "secret_" + "n" * 32}


@dataclass(frozen=True)
class Key:
    """``signs``: what the sender has; ``verifies``: what the source has. ``certificate``: what stands at its URL."""

    signs: str
    verifies: str
    parameters: dict[str, str] = field(default_factory=dict)
    certificate: bytes = b""


@cache
def key_of(sender: str) -> Key:
    """Return the key of a sender. Raises KeyError if there is none of its kind: add it to PAIRS."""
    if sender in PAIRS:
        return PAIRS[sender]()
    if sender in PAIRED:
        return Key(PAIRED[sender], PAIRED[sender], PARAMETERS[sender])
    case = _shared()["generic-sha256-hex" if sender == "generic" else sender]
    secret = secrets_of(case)[0]
    return Key(secret, secret, {**parameters_of(case), **PARAMETERS.get(sender, {})})


@cache
def playable() -> list[str]:
    """Return the senders whose keys are here."""
    keys = {*PAIRS, *PAIRED, *_shared(), "generic"}
    return [sender for sender in sender_ids() if sender in keys]


def signs_url(sender: str) -> bool:
    """Whether the source has to say at which URL it is registered."""
    scheme = load_sender(sender).scheme
    if getattr(scheme, "url_hash_claim", "") or "{url}" in str(sender_table(sender)["signature"]):
        return True
    if sender == "ebay":
        return True  # its first request is about the URL
    message = getattr(scheme, "message", "")
    return "{sorted_parameters}" in message or "{path}" in message or type(scheme).__name__ == "HttpSignatureScheme"


@cache
def _shared() -> dict[str, Any]:
    """Sender -> a valid case of its vectors that has the secret with which it signs."""
    cases = [
        case for case in read_cases(FOLDER) if case["valid"] and "public_key" not in case and any(secrets_of(case))
    ]
    return {case["scheme"]: case for case in reversed(cases) if case["scheme"] not in ("aws-sns", "plaid", "paypal")}


def _ed25519(encode: Callable[[bytes], str]) -> Key:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(b"d" * 32)
    return Key(encode(key.private_bytes_raw()), encode(key.public_key().public_bytes_raw()))


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _standard() -> Key:
    key = _ed25519(_base64)
    return Key(f"whsk_{key.signs}", f"whpk_{key.verifies}")


def _spki() -> Key:
    private, public = pem_pair("ec")
    return Key(private, "".join(public.splitlines()[1:-1]))


def _certified(name: str) -> Key:
    """An RSA key, and its certificate, which holds today."""
    key = _rsa()
    now, subject = datetime.now(UTC), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    )
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return Key(_pem(key), "", certificate=certificate)


@cache
def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _pair(key: Any) -> Key:
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Key(_pem(key), public.decode())


def _pem(key: Any) -> str:
    form = serialization.PrivateFormat.PKCS8
    return str(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode())


def _plaid() -> Key:
    private, public = jwk_pair()
    return Key(private, json.dumps(json.loads(public)))


def _with(key: Key, **parameters: str) -> Key:
    return Key(**{**vars(key), "parameters": parameters})


def _apple() -> Key:
    """Certificates of Apple's kind, and their root as the pinned one."""
    issued = chain(*(replace(kind, days=36_500) for kind in (leaf(), middle(), root())))
    return _with(Key(bundle(issued), pem(issued[-1])), bundle_id="com.example.app", environment="Sandbox")


#: Senders with a key pair -> what makes one.
PAIRS: dict[str, Callable[[], Key]] = {
    "discord": lambda: _ed25519(bytes.hex),
    "telnyx": lambda: _ed25519(_base64),
    "standard-webhooks-v1a": _standard,
    "sendgrid": _spki,
    "plaid": _plaid,
    "paypal": lambda: Key(**{**vars(_certified("PayPal")), "parameters": PAYPAL}),
    "aws-sns": lambda: Key(**{**vars(_certified("sns.amazonaws.com")), "parameters": PARAMETERS["aws-sns"]}),
    **dict.fromkeys(("gong", "wechat-pay"), lambda: _pair(_rsa())),
    **dict.fromkeys(("shipstation", "wix"), lambda: _pair(_rsa())),
    "saleor": lambda: _with(_pair(_rsa()), domain="tea.saleor.cloud"),
    "kinde": lambda: _with(_pair(_rsa()), domain="tea.kinde.com"),
    "google-pubsub": lambda: _with(
        _pair(_rsa()), audience=PUBLIC_URL.format("google-pubsub"), service_account="push@tea.iam.gserviceaccount.com"
    ),
    "apple-app-store": _apple,
    "truelayer": lambda: _pair(ec.derive_private_key(1001, ec.SECP521R1())),
    "circle": lambda: _pair(ec.derive_private_key(1001, ec.SECP256R1())),
    "ebay": lambda: _with(_pair(ec.derive_private_key(1001, ec.SECP256R1())), verify_token="env:VERIFY_TOKEN"),
    "fal-ai": lambda: _pair(ed25519.Ed25519PrivateKey.from_private_bytes(b"f" * 32)),
    "rfc9421-ed25519": lambda: _pair(ed25519.Ed25519PrivateKey.from_private_bytes(b"r" * 32)),
    "rfc9421-ecdsa": lambda: _pair(ec.derive_private_key(1001, ec.SECP256R1())),
    "rfc9421-ecdsa-p384": lambda: _pair(ec.derive_private_key(1001, ec.SECP384R1())),
    "rfc9421-rsa-pss": lambda: _pair(_rsa()),
}
