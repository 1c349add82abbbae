"""Public keys over a message template: Ed25519 (Standard Webhooks v1a, Discord), ECDSA (SendGrid, eBay), RSA (PayPal).

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from verihook.errors import SignatureError
from verihook.request import Request, json_text
from verihook.senders.schemes import PLAIN, Delivery, Proof, Setting, Verify, digest_of, no_secret, proof_by
from verihook.senders.schemes import asymmetric as public_keys
from verihook.senders.schemes.candidates import decode_any
from verihook.senders.schemes.certificates import certificate_proof
from verihook.senders.schemes.encoding import UNSIZED, encode_signature, key_of, refuse_empty
from verihook.senders.schemes.headers import (
    check_texts,
    example_value,
    header_check,
    object_of,
    one_header,
    with_aliases,
    with_headers,
)
from verihook.senders.schemes.key_urls import check_key_urls, trusted
from verihook.senders.schemes.message import (
    KEY_FIRST,
    Message,
    Signed,
    check_place,
    compile_message,
    covers,
    fields_of,
)
from verihook.senders.schemes.timestamp import TIMES, check_age, check_tolerance, encode_time
from verihook.senders.tables import must_be_one_of
from verihook.strict_json import split_path, text_member

#: What a secret can be.
KEYS = ("hex", "base64", "spki", "certificate")

#: ``prove(request, signature, message, now)``. Raise SignatureError, SecretsUnavailable.
Prove = Callable[[Request, list[bytes], bytes, int], Proof]


@dataclass(frozen=True, slots=True)
class PublicKeyScheme:
    """One shape of public-key signature.

    ``header`` holds one signature, or items split by ``separator`` of which those with ``label`` + ``assign`` count; or
    base64 of a JSON object, of which ``header_member`` is the signature.
    ``message`` is described in :mod:`verihook.senders.schemes.message`; the body must be in it, as ``{body}`` or as
    ``{body_sha256}`` or ``{body_crc32}``. ``tolerance`` in seconds, both ways, for the ``timestamp_header``, in the
    unit ``timestamp`` of :data:`~verihook.senders.schemes.timestamp.TIMES`.
    ``key``: ``hex`` or ``base64`` (after ``key_prefix``) of a raw Ed25519 key, ``spki`` (PEM, or base64 of DER), or
    ``certificate``: pinned as secret, or at the URL in ``certificate_header``, which must be https on one of
    ``certificate_hosts`` with ``certificate_path`` (regular expressions, matched whole). Without a secret,
    the key whose id is in ``key_id_header`` is taken from the JSON Web Keys at ``jwks_url``, or without that header any
    of them. With ``key_url`` the secret is the key of the sender's API: it asks for the public key with the id (in the
    place of ``{kid}``), which is the member ``key_member`` of the answer. Instead of ``key_id_header`` the id may be
    the member ``key_id_member`` of the header's object. With ``token_url`` the secret is ``ID:SECRET`` of an
    application, which gets a token of ``token_scope`` there to ask with. ``required``: headers with the value that they
    must have.
    """

    header: str
    algorithm: str
    message: str
    encoding: str = "base64"
    key: str = "spki"
    key_prefix: str = ""
    private_prefix: str = ""
    separator: str = ""
    assign: str = ","
    label: str = ""
    header_member: str = ""
    jwks_url: str = ""
    key_url: str = ""
    key_member: str = ""
    key_id_header: str = ""
    key_id_member: str = ""
    token_url: str = ""
    token_scope: str = ""
    timestamp: str = "s"
    timestamp_header: str = ""
    tolerance: int = 300
    id_header: str = ""
    certificate_header: str = ""
    certificate_hosts: list = field(default_factory=list)  # type: ignore[type-arg]
    certificate_path: str = ""
    required: dict = field(default_factory=dict)  # type: ignore[type-arg]

    def __post_init__(self) -> None:
        if self.algorithm not in public_keys.KINDS:
            raise ValueError(f"algorithm: {must_be_one_of(public_keys.KINDS, self.algorithm)}")
        if self.encoding not in UNSIZED:
            raise ValueError(f"encoding: {must_be_one_of(UNSIZED, self.encoding)}")
        if self.key not in KEYS:
            raise ValueError(f"key: {must_be_one_of(KEYS, self.key)}")
        if not self.header:
            raise ValueError("header: must name the header with the signature")
        if self.timestamp not in TIMES:
            raise ValueError(f"timestamp: {must_be_one_of(TIMES, self.timestamp)}")
        if bool(self.separator) != bool(self.label) or (self.separator and self.header_member):
            raise ValueError("separator: separator and label go together, without header_member")
        check_key_urls(self)
        if not all(isinstance(host, str) for host in self.certificate_hosts):
            raise ValueError("certificate_hosts: must be a list of texts")
        check_texts("required", self.required)
        self._check_message()

    def _check_message(self) -> None:
        names = {name for name, _ in fields_of(self.message)}
        others = {"secret", "url", "json", "item", "named_headers", "header_lines"} & names
        if others or self.message.startswith(KEY_FIRST):
            raise ValueError(f"message: {{{min(others or {'secret'})}}} is not for the scheme public-key")
        if not {"body", "body_sha256", "body_json", "body_crc32"} & names:
            raise ValueError("message: {body}, {body_sha256} or {body_crc32} must be in it, so that the body is signed")
        check_place(self.message, "timestamp", "timestamp_header", bool(self.timestamp_header))
        check_place(self.message, "id", "id_header", bool(self.id_header))
        check_tolerance(self.tolerance)
        certificate = bool(self.certificate_header and self.certificate_hosts and self.certificate_path)
        if (self.key == "certificate") != certificate:
            raise ValueError("key: certificate goes with certificate_header, certificate_hosts and certificate_path")

    @property
    def keyless(self) -> bool:
        """A certificate comes over the network, and so do published keys."""
        return self.key == "certificate" or bool(self.jwks_url)

    @property
    def timed(self) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return bool(self.timestamp_header)

    @property
    def binds_body(self) -> bool:
        """True, also with a CRC-32: what else such a sender signs is different in each delivery."""
        return True

    def covers(self, header: str, path: tuple[str, ...]) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return covers(self.message, self.id_header, header, path)

    @property
    def key_hosts(self) -> tuple[str, ...]:
        """The hosts that keys are fetched from, as regular expressions."""
        url = self.jwks_url or self.key_url
        return (re.escape(url.split("/")[2]),) if url else tuple(self.certificate_hosts)

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """See :class:`~verihook.senders.schemes.Scheme`.

        ``verify`` raises SecretsUnavailable if a certificate cannot be fetched now.
        """
        refuse_empty(*secrets)
        prove = self._proof(secrets, setting)
        message, read, decode_time = self._message(setting), self._reader(), TIMES[self.timestamp]
        header, timestamp_header = self.header.lower(), self.timestamp_header.lower()
        tolerance, digests, check_required = self.tolerance, setting.digests, header_check(self.required, {})
        check_url = self._check_url if self.certificate_header else None
        if not secrets and not self.keyless:
            return no_secret

        def verify(request: Request, now: int) -> Proof:
            if check_required is not None:
                check_required(request)
            if check_url is not None:
                check_url(request)
            delivery, sent_ms = Delivery(request), None
            text = one_header(request, header)
            if timestamp_header:
                delivery.timestamp = one_header(request, timestamp_header, non_ascii="bad-timestamp")
            signatures = read(text)
            if timestamp_header:
                sent_ms = decode_time(delivery.timestamp)
            signed = _joined(message(delivery)[0])
            proof = prove(request, signatures, signed, now)
            if sent_ms is not None:
                check_age(sent_ms, now, tolerance)
            return Proof(proof.verified_by, digest_of(signed)) if digests else proof

        return verify

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """See :class:`~verihook.senders.schemes.Scheme`. ``secret`` is the private key."""
        make = public_keys.make_with(self._private(secret), self.algorithm)
        headers = [(name, example_value(value)) for name, value in self.required.items()]
        if self.timestamp_header:
            headers.append((self.timestamp_header, encode_time(now, self.timestamp)))
        if self.id_header:
            headers.append((self.id_header, message_id))
        # The headers that the template names must be there to be signed.
        headers += [
            (name, encode_time(now, "rfc3339") if name.lower().endswith("-time") else message_id)
            for field_name, name in fields_of(self.message)
            if field_name == "header" and request.header(name.lower()) is None
        ]
        if self.certificate_header and request.header(self.certificate_header.lower()) is None:
            url = setting.parameters.get("certificate_url")
            if not url:
                raise ValueError("parameters.certificate_url: the URL of the certificate that the delivery names")
            headers.append((self.certificate_header, url))
        request = with_headers(request, headers)
        stamp = encode_time(now, self.timestamp)
        signature = make(_joined(self._message(setting)(Delivery(request, None, stamp))[0]))
        text = encode_signature(signature, self.encoding)
        if self.header_member:
            text = encode_signature(json_text({self.header_member: text}).encode(), "base64")
        return with_headers(request, [(self.header, f"{self.label}{self.assign}{text}" if self.separator else text)])

    def _check_url(self, request: Request) -> None:
        """Check the URL of the certificate before anything else, pinned or not. Raises SignatureError."""
        name = self.certificate_header.lower()
        if not trusted(one_header(request, name), tuple(self.certificate_hosts), self.certificate_path):
            raise SignatureError(f"unexpected-{name}")

    def _reader(self) -> Callable[[str], list[bytes]]:
        """How to read the signatures of the header's value. It raises SignatureError."""
        decode, path = UNSIZED[self.encoding], split_path(self.header_member)
        separator, assign, wanted = self.separator, self.assign, self.label

        def read(text: str) -> list[bytes]:
            if path:
                text = text_member(object_of(text), path, "no-signature")
            if not separator:
                return [decode(text)]
            items = [item.partition(assign) for item in text.split(separator)]
            return decode_any([value for label, _, value in items if label == wanted], decode)

        return read

    def _proof(self, secrets: tuple[str, ...], setting: Setting) -> Prove:
        if self.key == "certificate":
            return self._certificate_proof(secrets, setting)
        asks = self.key_url and not all(map(public_keys.is_public, secrets))
        if not asks and (secrets or not self.jwks_url):
            return self._key_proof(secrets)
        from verihook.senders.schemes import published_keys as published

        header = self.key_id_header.lower()
        if asks:
            api = published.KeyApi(self.key_url, self.key_member, self.token_url, self.token_scope)
            kid_of = published.id_in(header or self.header.lower(), self.key_id_member)
            return published.asked_proof(api, kid_of, self.algorithm, secrets, setting.fetch)
        return published.published_proof(self.jwks_url, header, self.algorithm, setting.fetch)

    def _key_proof(self, secrets: tuple[str, ...]) -> Prove:
        keys = [public_keys.check_with(self._public(secret), self.algorithm) for secret in secrets]
        checks = [(check, proof_by(index)) for index, check in enumerate(keys)]

        def prove(_: Request, signatures: list[bytes], message: bytes, __: int) -> Proof:
            for check, proof in checks:
                for signature in signatures:
                    if check(signature, message):
                        return proof
            raise SignatureError("signature-mismatch")

        return prove

    def _certificate_proof(self, secrets: tuple[str, ...], setting: Setting) -> Prove:
        prove = certificate_proof(secrets, setting)
        name = self.certificate_header.lower()
        return lambda request, signatures, message, now: prove(
            request.values(name)[0], self.algorithm, signatures[0], message, now
        )

    def _public(self, secret: str) -> Any:
        if self.key == "spki":
            return public_keys.read_public(secret)
        return public_keys.ed25519_public(key_of(secret, self.key, self.key_prefix))

    def _private(self, secret: str) -> Any:
        if self.key in ("spki", "certificate"):
            return public_keys.read_private(secret)
        if self.private_prefix and not secret.startswith(self.private_prefix):
            raise ValueError(f"to sign as this sender, give a private key: {self.private_prefix}...")
        return public_keys.ed25519_private(key_of(secret, self.key, self.private_prefix))

    def _message(self, setting: Setting) -> Message:
        return compile_message(self.message, with_aliases(self.id_header, {}), setting, None)


def _joined(signed: Signed) -> bytes:
    before, body, after, _ = signed
    return before + body + after
