"""Certificates that come in a token (``x5c``), up to a root that the sender's file pins: Apple's App Store.

https://www.rfc-editor.org/rfc/rfc7515#section-4.1.6 and https://www.rfc-editor.org/rfc/rfc5280#section-6.1

Revocation is not asked for: that would cost a call to Apple for each certificate, before the delivery is known to be
genuine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from verihook.errors import SignatureError
from verihook.senders.schemes import CURRENT, Proof, proof_by
from verihook.senders.schemes.asymmetric import Check, check_with
from verihook.senders.schemes.encoding import base64_bytes
from verihook.senders.schemes.jws import PUBLIC_KEYS, Token

#: The longest certificate, in characters of base64: Apple's have some 1,500.
MAX_CERTIFICATE = 4096

#: How many chains are remembered, so that a known one costs no verification: a sender uses one or two at a time.
MAX_CHAINS = 16

#: The hashes that a certificate may be signed with.
_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)

#: Extensions that are understood here. Another one that is critical is refused: RFC 5280 section 4.2.
_UNDERSTOOD = {
    x509.oid.ExtensionOID.BASIC_CONSTRAINTS,
    x509.oid.ExtensionOID.KEY_USAGE,
    x509.oid.ExtensionOID.EXTENDED_KEY_USAGE,
}

#: What cryptography raises for bytes that are no certificate, or none that was signed by the next one.
_BROKEN = (
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True)
class _Chain:
    """A chain that was verified: how its first key verifies, the proof, and when all of it is valid (seconds)."""

    check: Check
    proof: Proof
    not_before: float
    not_after: float


def check_markers(markers: Sequence[object]) -> None:
    """Raise ValueError ``KEY: mend`` unless each is the OID of an extension."""
    try:
        for marker in markers:
            x509.ObjectIdentifier(marker)  # type: ignore[arg-type]  # it says itself what is none
    except (ValueError, TypeError):
        raise ValueError("markers: must be OIDs, such as 1.2.840.113635.100.6.2.1") from None


def chained(
    secrets: Sequence[str], roots: Sequence[str], markers: Sequence[str], algorithm: str
) -> Callable[[Token, int], list[tuple[Check, Proof]]]:
    """Return a function that finds the key of a token by its certificates.

    ``roots``: SHA-256 of root certificates, in hex; ``secrets``: roots in PEM that take their place. A token has one
    certificate for each of ``markers``, and the root. Raises ValueError in words for a secret that is no certificate.
    """
    trusted = {_fingerprint(secret): proof_by(index) for index, secret in enumerate(secrets)}
    trusted = trusted or dict.fromkeys(roots, CURRENT)
    oids = [x509.ObjectIdentifier(marker) for marker in markers]
    known: dict[tuple[str, ...], _Chain] = {}
    lock = Lock()

    def find(token: Token, now: int) -> list[tuple[Check, Proof]]:
        texts = _texts(token, len(oids) + 1)
        chain = known.get(texts)
        if chain is None:
            ders = [base64_bytes(text) for text in texts]
            # Before anything is parsed: a chain that someone made up ends here.
            proof = trusted.get(hashlib.sha256(ders[-1]).hexdigest())
            if proof is None:
                raise SignatureError("unknown-certificate", "the last certificate is not the sender's root")
            chain = _verified(ders, oids, algorithm, proof)
            with lock:
                while len(known) >= MAX_CHAINS:
                    del known[next(iter(known))]
                known[texts] = chain
        if not chain.not_before <= now <= chain.not_after:
            raise SignatureError("certificate-outside-validity")
        return [(chain.check, chain.proof)]

    return find


def _texts(token: Token, number: int) -> tuple[str, ...]:
    texts = token.protected.get("x5c")
    if not isinstance(texts, list) or len(texts) != number:
        raise SignatureError("malformed-certificates", f"{number} certificates are expected")
    if not all(isinstance(text, str) and text.isascii() and len(text) <= MAX_CERTIFICATE for text in texts):
        raise SignatureError("malformed-certificates")
    return tuple(texts)


def _verified(ders: list[bytes], oids: list[x509.ObjectIdentifier], algorithm: str, proof: Proof) -> _Chain:
    """Return the chain, whose last certificate is trusted. Raises SignatureError."""
    try:
        chain = [x509.load_der_x509_certificate(der) for der in ders]
        # From the root on: what someone made up ends at the first signature.
        for certificate, issuer in reversed(list(pairwise(chain))):
            if not isinstance(certificate.signature_hash_algorithm, _HASHES):
                raise SignatureError("untrusted-certificate", "it is signed with a hash that is not")
            certificate.verify_directly_issued_by(issuer)
        for depth, (certificate, oid) in enumerate(zip(chain, [*oids, None], strict=True)):
            _check_extensions(certificate.extensions, depth, oid)
        check = check_with(chain[0].public_key(), PUBLIC_KEYS[algorithm])
        since = max(certificate.not_valid_before_utc.timestamp() for certificate in chain)
        until = min(certificate.not_valid_after_utc.timestamp() for certificate in chain)
    except _BROKEN as error:
        raise SignatureError("untrusted-certificate", f"{type(error).__name__}: {error}"[:200]) from None
    return _Chain(check, proof, since, until)


def _check_extensions(extensions: x509.Extensions, depth: int, oid: x509.ObjectIdentifier | None) -> None:
    """Check the extensions of the certificate with ``depth`` others before it. Raises SignatureError."""
    found: dict[x509.ObjectIdentifier, Any] = {extension.oid: extension for extension in extensions}
    if any(extension.critical and extension.oid not in {*_UNDERSTOOD, oid} for extension in extensions):
        raise SignatureError("untrusted-certificate", "it has a critical extension that is not understood")
    if oid is not None and oid not in found:
        raise SignatureError("untrusted-certificate", f"it has no extension {oid.dotted_string}: it is for another use")
    basic, usage = (
        getattr(found.get(name), "value", None)
        for name in (x509.oid.ExtensionOID.BASIC_CONSTRAINTS, x509.oid.ExtensionOID.KEY_USAGE)
    )
    authority = basic is not None and basic.ca
    if authority != (depth > 0):
        raise SignatureError("untrusted-certificate", "one that may issue others stands for one that may not")
    # A path length counts the authorities below: RFC 5280 section 4.2.1.9.
    length = basic.path_length if basic is not None and depth > 0 else None
    if length is not None and length < depth - 1:
        raise SignatureError("untrusted-certificate", "the chain is longer than one of its certificates allows")
    if usage is not None and not (usage.key_cert_sign if depth > 0 else usage.digital_signature):
        raise SignatureError("untrusted-certificate", "its key is for another use")


def _fingerprint(secret: str) -> str:
    try:
        certificate = x509.load_pem_x509_certificate(secret.encode())
    except _BROKEN as error:
        raise ValueError("the secret is not a certificate: give the root's PEM") from error
    return certificate.fingerprint(hashes.SHA256()).hex()
