"""HTTP message signatures: RFC 9421.

https://www.rfc-editor.org/rfc/rfc9421

The body is covered through ``Content-Digest`` (RFC 9530, https://www.rfc-editor.org/rfc/rfc9530), which is checked.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from verihook.errors import SignatureError
from verihook.records import replace
from verihook.request import Request
from verihook.senders.schemes import PLAIN, Proof, Setting, Verify, no_secret, proof_by
from verihook.senders.schemes.encoding import key_of, refuse_empty
from verihook.senders.schemes.headers import one_header, with_headers
from verihook.senders.schemes.signature_base import Target, read_target, signature_base
from verihook.senders.schemes.structured_fields import (
    InnerList,
    Parameters,
    read_inputs,
    read_signatures,
    write_bytes,
    write_inner_list,
)
from verihook.senders.schemes.timestamp import check_age, check_tolerance, whole_seconds
from verihook.senders.schemes.url import parameters_of
from verihook.senders.tables import must_be_one_of

if TYPE_CHECKING:
    from verihook.senders.schemes.asymmetric import Check, Make

_ALGORITHMS = {
    "hmac-sha256": "",
    "ed25519": "ed25519",
    "ecdsa-p256-sha256": "ecdsa-p256-sha256",
    "ecdsa-p384-sha384": "ecdsa-p384-sha384",
    "rsa-pss-sha512": "rsa-pss-sha512",
    "rsa-v1_5-sha256": "rsa-sha256",
}
_DIGESTS = {"sha-256": "sha256", "sha-512": "sha512"}
_SIGNED_BY_US = ("@method", "@target-uri", "content-type", "content-digest")


@dataclass(frozen=True, slots=True)
class HttpSignatureScheme:
    """One algorithm of RFC 9421; what the delivery says of ``alg`` must be the same.

    The signature must cover ``@method``, ``@target-uri`` (or ``@authority``, ``@path`` and ``@query``) and
    ``content-digest``, and have ``created``, within ``tolerance`` seconds both ways. The URL is the source's
    ``public_url``. Parameters of the source: ``label`` chooses one of several signatures (without it there must be
    exactly one), ``keyid`` and ``tag`` must be these, and ``rfc_example = "true"`` demands no coverage: for the
    published examples, which cover neither URL nor body, and for nothing else.
    An HMAC secret that begins with ``base64:`` is decoded; other secrets are PEM.
    """

    algorithm: str
    tolerance: int = 300

    keyless: ClassVar[bool] = False
    timed: ClassVar[bool] = True
    binds_body: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.algorithm not in _ALGORITHMS:
            raise ValueError(f"algorithm: {must_be_one_of(_ALGORITHMS, self.algorithm)}")
        check_tolerance(self.tolerance)
        if self.algorithm != "hmac-sha256":
            import verihook.senders.schemes.asymmetric  # noqa: F401  # if the package is absent, this fails at load

    def covers(self, header: str, path: tuple[str, ...]) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return not header

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """See :class:`~verihook.senders.schemes.Scheme`. Raises ValueError without a ``public_url``."""
        checks = [self._check(secret) for secret in secrets]
        registered = read_target(setting.public_url)
        pinned = {name: setting.parameters[name] for name in ("keyid", "tag") if name in setting.parameters}
        label = setting.parameters.get("label", "")
        example = str(setting.parameters.get("rfc_example", "")).lower() == "true"
        if not checks:
            return no_secret

        def verify(request: Request, now: int) -> Proof:
            covered, signature = _one_signature(request, label)
            self._check_parameters(covered.parameters, pinned)
            names = {name for name, _ in covered.items}
            if not example and not _covers_enough(names):
                raise SignatureError("required-components-not-covered")
            for target in _target(registered, request).spellings:
                signed = signature_base(covered, request, target)
                for index, check in enumerate(checks):
                    if check(signature, signed):
                        self._check_time(covered.parameters, now)
                        if "content-digest" in names:
                            _check_digest(request)
                        return proof_by(index)
            raise SignatureError("signature-mismatch")

        return verify

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """See :class:`~verihook.senders.schemes.Scheme`. ``secret``: the shared one, or the private key (PEM)."""
        make = self._make(secret)
        digest = write_bytes(hashlib.sha256(request.body).digest())
        request = with_headers(request, [("content-digest", f"sha-256={digest}")])
        names = [name for name in _SIGNED_BY_US if name.startswith("@") or request.header(name) is not None]
        parameters: Parameters = {"created": now, "nonce": message_id, "alg": self.algorithm}
        parameters.update({name: setting.parameters[name] for name in ("keyid", "tag") if name in setting.parameters})
        covered = InnerList(tuple((name, {}) for name in names), parameters)
        try:
            signed = signature_base(covered, request, _target(read_target(setting.public_url), request))
        except SignatureError as error:
            raise ValueError(f"this delivery cannot be signed: {error.reason}") from None
        label = setting.parameters.get("label", "sig1")
        headers = [("signature-input", f"{label}={write_inner_list(covered)}")]
        return with_headers(request, [*headers, ("signature", f"{label}={write_bytes(make(signed))}")])

    def _check(self, secret: str) -> Check:
        if self.algorithm == "hmac-sha256":
            key = _hmac_key(secret)
            return lambda signature, message: hmac.compare_digest(hmac.digest(key, message, "sha256"), signature)
        # Imported here: a source with a shared secret need not load cryptography.
        from verihook.senders.schemes.asymmetric import check_with, read_public

        refuse_empty(secret)
        return check_with(read_public(secret), _ALGORITHMS[self.algorithm])

    def _make(self, secret: str) -> Make:
        if self.algorithm == "hmac-sha256":
            key = _hmac_key(secret)
            return lambda message: hmac.digest(key, message, "sha256")
        from verihook.senders.schemes.asymmetric import make_with, read_private

        return make_with(read_private(secret), _ALGORITHMS[self.algorithm])

    def _check_parameters(self, parameters: Parameters, pinned: dict[str, str]) -> None:
        if parameters.get("alg", self.algorithm) != self.algorithm:
            raise SignatureError("alg")
        for name, value in pinned.items():
            if parameters.get(name) != value:
                raise SignatureError(f"unexpected-{name}")

    def _check_time(self, parameters: Parameters, now: int) -> None:
        created, expires = parameters.get("created"), parameters.get("expires", now)
        if created is None:
            raise SignatureError("no-timestamp")
        created_ms, expires_ms = whole_seconds(created), whole_seconds(expires)
        check_age(created_ms, now, self.tolerance)
        if expires_ms < now * 1000:
            raise SignatureError("timestamp-outside-tolerance")


def _hmac_key(secret: str) -> bytes:
    return key_of(secret, "base64-if-prefixed", "base64:")


def _one_signature(request: Request, label: str) -> tuple[InnerList, bytes]:
    """What is covered, and the signature over it; of several the one that the source names."""
    signatures = read_signatures(one_header(request, "signature", non_ascii="malformed-structured-field"))
    inputs = read_inputs(one_header(request, "signature-input", non_ascii="malformed-structured-field"))
    if not label and len(signatures) == len(inputs) == 1:
        label = next(iter(signatures))
    if label not in signatures or label not in inputs:
        raise SignatureError("exactly-one-signature-expected")
    return inputs[label], signatures[label]


def _covers_enough(names: set[str]) -> bool:
    url = "@target-uri" in names or {"@authority", "@path", "@query"} <= names
    return url and {"@method", "content-digest"} <= names


def _target(registered: Target, request: Request) -> Target:
    """The URL as it was registered, with the query of the delivery if it has one."""
    if not request.query:
        return registered
    same = bool(registered.query) and parameters_of(request.query) == parameters_of(registered.query)
    return replace(registered, query=request.query, registered=registered.query if same else "")


def _check_digest(request: Request) -> None:
    """Every digest of a known algorithm must be right, and there must be one."""
    digests = read_signatures(one_header(request, "content-digest", non_ascii="malformed-structured-field"))
    known = [(_DIGESTS[name], value) for name, value in digests.items() if name in _DIGESTS]
    if not known:
        raise SignatureError("no-content-digest")
    for algorithm, value in known:
        if not hmac.compare_digest(hashlib.new(algorithm, request.body).digest(), value):
            raise SignatureError("content-digest-mismatch")
