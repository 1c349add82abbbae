"""HMAC over a message template: the one scheme behind most senders.

A sender's TOML says where the signature stands and over what it is made; :meth:`HmacScheme.bind` compiles that, with
the secrets, into one function. RFC 2104, https://www.rfc-editor.org/rfc/rfc2104
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.schemes import PLAIN, Proof, Setting, Verify, one_header, with_headers
from verihook.schemes.encoding import DECODERS, decode_key, decode_seconds

#: More signatures than this in one delivery are refused: each costs us a comparison, and a caller chooses how many.
MAX_CANDIDATES = 16

_FIELDS = re.compile(r"(\{(?:body|timestamp|id)\})")


@dataclass(frozen=True, slots=True)
class HmacScheme:
    """One shape of HMAC signature.

    The header holds either one value, ``prefix`` + signature (``prefix_optional``: the bare one too), or items split
    by ``separator``, each ``label`` + ``assign`` + signature, of which any may match and other labels are skipped.
    ``message`` joins literals with ``{body}``, ``{timestamp}`` and ``{id}``. The timestamp stands in
    ``timestamp_header``, or in the item ``timestamp_label``; in seconds; ``tolerance`` reaches both ways, in seconds.
    ``key``: ``utf8`` takes the secret's bytes, ``base64`` decodes it after ``key_prefix``.
    """

    header: str
    message: str = "{body}"
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    prefix_optional: bool = False
    separator: str = ""
    assign: str = "="
    label: str = ""
    timestamp_header: str = ""
    timestamp_label: str = ""
    tolerance: int = 300
    id_header: str = ""
    key: str = "utf8"
    key_prefix: str = ""

    keyless: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.algorithm not in ("sha1", "sha256", "sha512"):
            raise ValueError(f"algorithm: {self.algorithm!r} is none of sha1, sha256, sha512")
        if self.encoding not in DECODERS:
            raise ValueError(f"encoding: {self.encoding!r} is neither hex nor base64")
        if self.key not in ("utf8", "base64"):
            raise ValueError(f"key: {self.key!r} is neither utf8 nor base64")
        if not self.header:
            raise ValueError("header: name the header that holds the signature")
        if "{body}" not in self.message:
            raise ValueError("message: {body} is not signed")
        if ("{timestamp}" in self.message) != bool(self.timestamp_header or self.timestamp_label):
            raise ValueError("message: a signed {timestamp} and timestamp_header or timestamp_label go together")
        if ("{id}" in self.message) != bool(self.id_header):
            raise ValueError("message: a signed {id} and id_header go together")
        if bool(self.separator) != bool(self.label):
            raise ValueError("separator: separator and label go together")
        if self.tolerance <= 0:
            raise ValueError("tolerance: seconds, more than 0")

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """See :class:`~verihook.schemes.Scheme`."""
        keys = tuple(self._key(secret) for secret in secrets)
        candidates = self._candidates()
        message = self._message()
        algorithm, tolerance = self.algorithm, self.tolerance
        timed = "{timestamp}" in self.message
        digest, same = hmac.digest, hmac.compare_digest

        def verify(request: Request, now: int) -> Proof:
            if not keys:
                raise SignatureError("no-secret")
            signatures, timestamp = candidates(request)
            seconds = decode_seconds(timestamp) if timed else now
            signed = message(request, timestamp)
            for index, key in enumerate(keys):
                expected = digest(key, signed, algorithm)
                # Every candidate is compared, so that the time tells nothing of which one matched.
                if sum([same(expected, signature) for signature in signatures]):
                    # After the MAC, or the answer would tell a stranger where our clock stands.
                    if not -tolerance <= now - seconds <= tolerance:
                        raise SignatureError("timestamp-outside-tolerance")
                    return Proof("current" if index == 0 else "previous")
            raise SignatureError("signature-mismatch")

        return verify

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """See :class:`~verihook.schemes.Scheme`."""
        headers = []
        if self.timestamp_header:
            headers.append((self.timestamp_header, str(now)))
        if self.id_header:
            headers.append((self.id_header, message_id))
        request = with_headers(request, headers)
        mac = hmac.digest(self._key(secret), self._message()(request, str(now)), self.algorithm)
        text = mac.hex() if self.encoding == "hex" else base64.b64encode(mac).decode()
        if self.separator:
            items = [f"{self.timestamp_label}{self.assign}{now}"] if self.timestamp_label else []
            value = self.separator.join([*items, f"{self.label}{self.assign}{text}"])
        else:
            value = self.prefix + text
        return with_headers(request, [(self.header, value)])

    def _key(self, secret: str) -> bytes:
        key = decode_key(secret, self.key_prefix) if self.key == "base64" else secret.encode()
        if not key:
            raise ValueError("the secret is empty")
        return key

    def _candidates(self) -> Callable[[Request], tuple[list[bytes], str]]:
        """How to read the signatures, and the text of the timestamp ("" where there is none), from a delivery."""
        decode, size = DECODERS[self.encoding], hashlib.new(self.algorithm).digest_size
        header, prefix, optional = self.header.lower(), self.prefix, self.prefix_optional
        timestamp_header = self.timestamp_header.lower()

        def from_value(request: Request) -> tuple[list[bytes], str]:
            text = one_header(request, header)
            if text.startswith(prefix):
                text = text[len(prefix) :]
            elif not optional:
                raise SignatureError("wrong-prefix")
            signature = decode(text, size)
            return [signature], _one_timestamp_header(request, timestamp_header)

        def from_items(request: Request) -> tuple[list[bytes], str]:
            text = one_header(request, header)
            labelled = [item.partition(self.assign) for item in text.split(self.separator)]
            signatures = _decode_any([value for label, _, value in labelled if label == self.label], decode, size)
            if self.timestamp_label:
                stamps = [value for label, _, value in labelled if label == self.timestamp_label]
                return signatures, _one_timestamp(stamps)
            return signatures, _one_timestamp_header(request, timestamp_header)

        return from_items if self.separator else from_value

    def _message(self) -> Callable[[Request, str], bytes]:
        """How to put the signed bytes together."""
        if self.message == "{body}":
            return lambda request, _: request.body
        parts = [part for part in _FIELDS.split(self.message) if part]
        id_header = self.id_header.lower()

        def message(request: Request, timestamp: str) -> bytes:
            values = {"{body}": request.body, "{timestamp}": timestamp.encode()}
            if id_header:
                values["{id}"] = _one_id(request, id_header)
            return b"".join([values[part] if part in values else part.encode() for part in parts])

        return message


def _one_timestamp_header(request: Request, header: str) -> str:
    return one_header(request, header, non_ascii="bad-timestamp") if header else ""


def _one_timestamp(values: list[str]) -> str:
    # Two are refused rather than chosen from: the official libraries disagree, first or last.
    if len(values) != 1:
        raise SignatureError("duplicate-timestamp" if values else "no-timestamp")
    return values[0]


def _one_id(request: Request, header: str) -> bytes:
    value = one_header(request, header)
    if not value:
        raise SignatureError("empty-id")
    return value.encode()


def _decode_any(texts: list[str], decode: Callable[[str, int], bytes], size: int) -> list[bytes]:
    """The well-formed signatures; one that is malformed must not hide a good one beside it."""
    if not texts:
        raise SignatureError("no-signature-with-the-expected-version")
    if len(texts) > MAX_CANDIDATES:
        raise SignatureError("too-many-signatures")
    signatures: list[bytes] = []
    first_error: SignatureError | None = None
    for text in texts:
        try:
            signatures.append(decode(text, size))
        except SignatureError as error:
            first_error = first_error or error
    if not signatures and first_error:
        raise first_error
    return signatures
