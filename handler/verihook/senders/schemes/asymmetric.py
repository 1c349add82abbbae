"""Public and private keys: how they are read, and how each algorithm verifies and signs with them.

The only modules that import cryptography are this one, certificates.py, certificate_chains.py and, for handshakes,
decryption.py, so that a source pays for it only if it verifies with public keys or decrypts; PyNaCl is imported when an
Ed25519 key is bound. Details that are easy to get wrong (DER or raw ECDSA, PSS salt) are here alone.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

#: ``check(signature, message)``: whether the signature is right; False for any other bytes.
Check = Callable[[bytes, bytes], bool]

#: ``make(message)``: the signature.
Make = Callable[[bytes], bytes]

_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "rsa-sha1": hashes.SHA1,
    "rsa-sha256": hashes.SHA256,
    "rsa-sha384": hashes.SHA384,
    "rsa-sha512": hashes.SHA512,
}

#: The hash of each algorithm with PSS. ``-jws``: the salt is as long as the digest, as RFC 7518 section 3.5 demands.
_PSS_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "rsa-pss-sha512": hashes.SHA512,
    "rsa-pss-sha256-jws": hashes.SHA256,
    "rsa-pss-sha384-jws": hashes.SHA384,
    "rsa-pss-sha512-jws": hashes.SHA512,
}

#: The curve of each algorithm, with its hash and the bytes of r and of s.
_CURVES: dict[str, tuple[Any, Callable[[], hashes.HashAlgorithm], int]] = {
    "ecdsa-p256-sha256": (ec.SECP256R1, hashes.SHA256, 32),
    "ecdsa-p256-sha256-der": (ec.SECP256R1, hashes.SHA256, 32),
    "ecdsa-p256-sha1-der": (ec.SECP256R1, hashes.SHA1, 32),
    "ecdsa-p384-sha384": (ec.SECP384R1, hashes.SHA384, 48),
    "ecdsa-p521-sha512": (ec.SECP521R1, hashes.SHA512, 66),
}

#: ``ecdsa-p256-sha256``, ``-p384-`` and ``-p521-`` are r and s side by side (RFC 9421, RFC 7518), ``-der`` the ASN.1 of
#: SendGrid and eBay.
KINDS: dict[str, tuple[Any, Any]] = {
    "ed25519": (ed25519.Ed25519PublicKey, ed25519.Ed25519PrivateKey),
    **dict.fromkeys(_CURVES, (ec.EllipticCurvePublicKey, ec.EllipticCurvePrivateKey)),
    **dict.fromkeys((*_HASHES, *_PSS_HASHES), (rsa.RSAPublicKey, rsa.RSAPrivateKey)),
}


#: The longest modulus of an RSA key that is read from its numbers, in bytes: a longer one would take long to verify.
MAX_MODULUS = 1024


_PEM_START, _PEM_END = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"


def read_public(text: str) -> Any:
    """A public key from PEM, or from base64 of its DER (SubjectPublicKeyInfo). Raises ValueError in words."""
    try:
        # eBay writes PEM in one line.
        text = text.strip().removeprefix(_PEM_START).removesuffix(_PEM_END)
        if text.startswith("-----BEGIN"):
            return serialization.load_pem_public_key(text.encode())
        return serialization.load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (ValueError, UnsupportedAlgorithm, binascii.Error) as error:
        raise ValueError("the secret is no public key: give PEM, or base64 of the DER") from error


def is_public(text: str) -> bool:
    """Whether it is a public key, as :func:`read_public` takes it."""
    try:
        read_public(text)
    except ValueError:
        return False
    return True


def read_private(text: str) -> Any:
    """A private key from PEM without a password, or from base64 of its PKCS #8 DER. Raises ValueError in words."""
    try:
        if text.lstrip().startswith("-----BEGIN"):
            return serialization.load_pem_private_key(text.encode(), None)
        return serialization.load_der_private_key(base64.b64decode("".join(text.split()), validate=True), None)
    except (ValueError, TypeError, UnsupportedAlgorithm, binascii.Error) as error:
        raise ValueError("to sign as this sender, give a private key (PEM): a public one only verifies") from error


def ed25519_public(raw: bytes) -> Any:
    """A key of 32 bytes. Raises ValueError in words."""
    if len(raw) != 32:
        raise ValueError("the secret is no ed25519 public key: it must have 32 bytes")
    return ed25519.Ed25519PublicKey.from_public_bytes(raw)


def ed25519_private(raw: bytes) -> Any:
    """A key from its seed of 32 bytes, alone or followed by the public key. Raises ValueError in words."""
    if len(raw) not in (32, 64):
        raise ValueError("the secret is no ed25519 private key: it must have 32 or 64 bytes")
    return ed25519.Ed25519PrivateKey.from_private_bytes(raw[:32])


def curve_public(algorithm: str, x: bytes, y: bytes) -> Any:
    """A key on the algorithm's curve from its coordinates. Raises ValueError in words."""
    curve, _, size = _CURVES[algorithm]
    if len(x) != size or len(y) != size:
        raise ValueError(f"the key is not on P-{curve.key_size}: its coordinates must have {size} bytes")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(curve(), b"\x04" + x + y)
    except ValueError as error:
        raise ValueError(f"the key is not on P-{curve.key_size}") from error


def curve_private(algorithm: str, d: bytes) -> Any:
    """A key on the algorithm's curve from its scalar. Raises ValueError in words."""
    curve = _CURVES[algorithm][0]
    try:
        return ec.derive_private_key(int.from_bytes(d), curve())
    except ValueError as error:
        raise ValueError(f"the private key is not on P-{curve.key_size}") from error


def rsa_public(n: bytes, e: bytes) -> Any:
    """An RSA key from its modulus and its exponent. Raises ValueError in words."""
    if len(n) > MAX_MODULUS or len(e) > 8:
        raise ValueError(f"the RSA key is longer than {8 * MAX_MODULUS} bits")
    try:
        return rsa.RSAPublicNumbers(int.from_bytes(e), int.from_bytes(n)).public_key()
    except ValueError as error:
        raise ValueError("the numbers are no RSA key") from error


def check_with(key: Any, algorithm: str) -> Check:
    """How ``key`` verifies. Raises ValueError in words if ``algorithm`` needs another kind of key."""
    _require(key, algorithm, KINDS[algorithm][0])
    if algorithm == "ed25519":
        return _ed25519_check(key.public_bytes_raw())
    call = _verification(key, algorithm)

    def check(signature: bytes, message: bytes) -> bool:
        try:
            call(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    return check


def make_with(key: Any, algorithm: str) -> Make:
    """How ``key`` signs. Raises ValueError in words if ``algorithm`` needs another kind of key."""
    _require(key, algorithm, KINDS[algorithm][1])
    if algorithm == "ed25519":
        return lambda message: bytes(key.sign(message))
    if algorithm in _CURVES:
        _, hashed, size = _CURVES[algorithm]
        if algorithm.endswith("-der"):
            return lambda message: bytes(key.sign(message, ec.ECDSA(hashed())))
        return lambda message: _raw(key.sign(message, ec.ECDSA(hashed())), size)
    if algorithm in _PSS_HASHES:
        pss = _PSS_HASHES[algorithm]
        return lambda message: bytes(key.sign(message, _pss(pss()), pss()))
    return lambda message: bytes(key.sign(message, padding.PKCS1v15(), _HASHES[algorithm]()))


def _ed25519_check(public: bytes) -> Check:
    """libsodium's: half the time of OpenSSL's, and stricter.

    It refuses what RFC 8032 section 5.1.7 refuses (S of the group's order or above) and, besides, keys and R that are
    of small order or not canonical. https://doc.libsodium.org/public-key_cryptography/public-key_signatures
    """
    import nacl.bindings  # noqa: F401  # starts libsodium
    from nacl._sodium import ffi, lib  # type: ignore[import-not-found]  # compiled

    # nacl.bindings.crypto_sign_open would also copy the message out, which we have already.
    nothing, verify = ffi.NULL, cast(Callable[..., int], lib.crypto_sign_open)

    def check(signature: bytes, message: bytes) -> bool:
        # It takes both as one piece: a signature of another length would shift the message.
        if len(signature) != 64:
            return False
        signed = signature + message
        return verify(nothing, nothing, signed, len(signed), public) == 0

    return check


def _verification(key: Any, algorithm: str) -> Callable[[bytes, bytes], None]:
    if algorithm in _CURVES:
        _, hashed, size = _CURVES[algorithm]
        if algorithm.endswith("-der"):
            return lambda signature, message: key.verify(signature, message, ec.ECDSA(hashed()))
        return lambda signature, message: key.verify(_der(signature, size), message, ec.ECDSA(hashed()))
    if algorithm in _PSS_HASHES:
        pss = _PSS_HASHES[algorithm]
        # Node signs with the longest salt that fits, by default; any length is as safe to verify.
        scheme = _pss(pss(), padding.PSS.DIGEST_LENGTH if algorithm.endswith("-jws") else padding.PSS.AUTO)
        return lambda signature, message: key.verify(signature, message, scheme, pss())
    hashed = _HASHES[algorithm]
    return lambda signature, message: key.verify(signature, message, padding.PKCS1v15(), hashed())


def _pss(hashed: hashes.HashAlgorithm, salt: Any = padding.PSS.DIGEST_LENGTH) -> padding.PSS:
    """Without ``salt``, it is as long as the digest: https://www.rfc-editor.org/rfc/rfc9421#section-3.3.1."""
    return padding.PSS(padding.MGF1(hashed), salt)


def _require(key: Any, algorithm: str, kind: Any) -> None:
    if not isinstance(key, kind):
        raise ValueError(f"the secret is a key of another kind than {algorithm} needs")
    curve = getattr(key, "curve", None)
    if curve is not None and not isinstance(curve, _CURVES[algorithm][0]):
        raise ValueError(f"the key is not on P-{_CURVES[algorithm][0].key_size}")
    # https://csrc.nist.gov/pubs/sp/800/131/a/r2/final
    if isinstance(key, rsa.RSAPublicKey | rsa.RSAPrivateKey) and key.key_size < 2048:
        raise ValueError("the RSA key is shorter than 2048 bits")


def _der(signature: bytes, size: int) -> bytes:
    if len(signature) != 2 * size:
        raise ValueError(f"r and s have {size} bytes each")
    return encode_dss_signature(int.from_bytes(signature[:size]), int.from_bytes(signature[size:]))


def _raw(signature: bytes, size: int) -> bytes:
    r, s = decode_dss_signature(signature)
    return r.to_bytes(size) + s.to_bytes(size)
