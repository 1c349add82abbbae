"""X.509 certificates as the senders publish them: the key inside, and the time in which it is valid.

Trust comes from the host that served it over TLS (key_urls.py) or from the operator who pinned it; the chain is not
checked. https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from verihook.errors import SecretsUnavailable, SignatureError
from verihook.senders.schemes import CURRENT, Proof, Setting, proof_by
from verihook.senders.schemes.asymmetric import check_with
from verihook.senders.schemes.fetched_keys import FetchedKeys


@dataclass(frozen=True, slots=True)
class Certificate:
    """A public key, when it is valid, in seconds since the epoch, and the common name of its subject."""

    key: Any
    not_before: float
    not_after: float
    name: str = ""

    def verifies(self, algorithm: str, signature: bytes, message: bytes, now: int) -> bool:
        """Whether the signature is right. Raises SignatureError if the certificate is not valid at ``now``."""
        if not check_with(self.key, algorithm)(signature, message):
            return False
        if not self.not_before <= now <= self.not_after:
            raise SignatureError("certificate-outside-validity")
        return True


def read_certificate(pem: bytes) -> Certificate:
    """The first certificate in ``pem``. Raises ValueError in words, also for a key that is not RSA of 2048 bits."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise ValueError("the secret is not a certificate: give PEM") from error
    check_with(key, "rsa-sha256")
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    since, until = certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()
    return Certificate(key, since, until, str(names[0].value) if names else "")


#: ``prove(url, algorithm, signature, message, now)``; ``url`` is trusted already.
Prove = Callable[[str, str, bytes, bytes, int], Proof]


def certificate_proof(secrets: tuple[str, ...], setting: Setting, name: str = ".*") -> Prove:
    """How a signature is proven: with the pinned certificates, newest first, else with the one at a URL.

    ``name``: a regular expression for the whole common name of a certificate from a URL. Raises ValueError in words if
    there is neither a certificate nor a network. ``prove`` raises SignatureError, and SecretsUnavailable if the
    certificate cannot be fetched now.
    """
    pinned = tuple(read_certificate(secret.encode()) for secret in secrets)
    fetch = setting.fetch
    if not pinned and fetch is None:
        raise ValueError("without a network, a source of this sender needs its certificate (PEM) as secret")
    keys: FetchedKeys[Certificate] = FetchedKeys()

    def load(url: str) -> Certificate:
        return _certificate_in(fetch(url) if fetch is not None else b"", name)

    def prove(url: str, algorithm: str, signature: bytes, message: bytes, now: int) -> Proof:
        for index, certificate in enumerate(pinned):
            if certificate.verifies(algorithm, signature, message, now):
                return proof_by(index)
        if not pinned:
            certificate = keys.key(url, now, lambda: load(url))
            if certificate.verifies(algorithm, signature, message, now):
                keys.mark_proven(url)
                return CURRENT
        raise SignatureError("signature-mismatch")

    return prove


def _certificate_in(document: bytes, name: str) -> Certificate:
    """The certificate that the host sent. Raises SignatureError if it sent none, or one with another name."""
    if not document:
        raise SignatureError("unknown-certificate")
    try:
        certificate = read_certificate(document)
    except ValueError:
        raise SecretsUnavailable("The sender's host served no certificate; deliver again.") from None
    if not re.fullmatch(name, certificate.name):
        raise SignatureError("unknown-certificate")
    return certificate
