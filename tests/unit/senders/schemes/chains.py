"""A chain of certificates as Apple's: root, intermediate, leaf, and a token that the leaf's key signs."""

from __future__ import annotations

import base64
import datetime
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

#: The certificates hold around it, in seconds since the epoch.
NOW = 1_765_432_100

LEAF_MARKER, MIDDLE_MARKER = "1.2.840.113635.100.6.11.1", "1.2.840.113635.100.6.2.1"

Issued = tuple[ec.EllipticCurvePrivateKey, x509.Certificate]


@dataclass
class Kind:
    """What a certificate says of itself."""

    name: str
    curve: ec.EllipticCurve = field(default_factory=ec.SECP384R1)
    authority: bool = True
    path_length: int | None = None
    marker: str = ""
    days: int = 100
    key_cert_sign: bool = True
    more: tuple[tuple[x509.ExtensionType, bool], ...] = ()


def root() -> Kind:
    return Kind("Root")


def middle() -> Kind:
    return Kind("Intermediate", path_length=0, marker=MIDDLE_MARKER)


def leaf() -> Kind:
    return Kind("Leaf", ec.SECP256R1(), authority=False, marker=LEAF_MARKER, key_cert_sign=False)


def issue(kind: Kind, issuer: Issued | None = None) -> Issued:
    """A key and its certificate, which ``issuer`` has signed; its own if there is none."""
    key = ec.generate_private_key(kind.curve)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, kind.name)])
    signer, issuer_name = (key, name) if issuer is None else (issuer[0], issuer[1].subject)
    now = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=100))
        .not_valid_after(now + datetime.timedelta(days=kind.days))
        .add_extension(x509.BasicConstraints(kind.authority, kind.path_length), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(_usage(kind), critical=True)
    )
    if kind.marker:
        marker = x509.UnrecognizedExtension(x509.ObjectIdentifier(kind.marker), b"\x05\x00")
        builder = builder.add_extension(marker, critical=False)
    for extension, critical in kind.more:
        builder = builder.add_extension(extension, critical=critical)
    return key, builder.sign(signer, hashes.SHA384())


def chain(*kinds: Kind) -> list[Issued]:
    """The leaf first, from kinds in this order."""
    issued: list[Issued] = []
    for kind in reversed(kinds or (leaf(), middle(), root())):
        issued.insert(0, issue(kind, issued[0] if issued else None))
    return issued


def x5c(issued: list[Issued]) -> list[str]:
    """The certificates as a token has them."""
    ders = [certificate.public_bytes(serialization.Encoding.DER) for _, certificate in issued]
    return [base64.b64encode(der).decode() for der in ders]


def pem(issued: Issued) -> str:
    """The certificate."""
    return issued[1].public_bytes(serialization.Encoding.PEM).decode()


def bundle(issued: list[Issued]) -> str:
    """The key of the first, and all certificates: what the sender signs with."""
    private = issued[0][0].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode() + "".join(map(pem, issued))


def _usage(kind: Kind) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not kind.authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=kind.key_cert_sign,
        crl_sign=kind.key_cert_sign,
        encipher_only=False,
        decipher_only=False,
    )
