"""Keys for the tests, made when they are first asked for: the private ones sign as a sender does, the others verify."""

from __future__ import annotations

import base64
import datetime
import json
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

#: The certificates hold around it, in seconds since the epoch.
NOW = 1_800_000_000


@cache
def ed25519_pair(number: int = 1) -> tuple[bytes, bytes]:
    """Seed and public key, 32 bytes each."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    return key.private_bytes_raw(), key.public_key().public_bytes_raw()


@cache
def pem_pair(kind: str, number: int = 1) -> tuple[str, str]:
    """Private and public key in PEM; ``number`` tells one from another."""
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    if kind == "rsa":
        key = rsa_key(number)
    elif kind == "ec":
        key = ec.derive_private_key(1000 + number, ec.SECP256R1())
    else:
        key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _pem(key), public.decode()


@cache
def rsa_key(number: int, size: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, size)


@cache
def certificate_pair(
    number: int = 1, days: int = 100, size: int = 2048, common_name: str = "sns.amazonaws.com"
) -> tuple[str, str]:
    """Private key and certificate in PEM, which holds from NOW - ``days`` to NOW + ``days``."""
    key = rsa_key(number, size)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(number)
        .not_valid_before(now - datetime.timedelta(days=days))
        .not_valid_after(now + datetime.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return _pem(key), certificate.public_bytes(serialization.Encoding.PEM).decode()


def jwk_pair(number: int = 1, **members: object) -> tuple[str, str]:
    """Private and public JSON Web Key, kid ``key-NUMBER``."""
    key = ec.derive_private_key(2000 + number, ec.SECP256R1())
    point = key.public_key().public_numbers()
    public: dict[str, object] = {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": f"key-{number}"}
    public |= {"x": _url(point.x), "y": _url(point.y), **members}
    return json.dumps({**public, "d": _url(2000 + number)}), json.dumps(public)


def _url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=")


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
