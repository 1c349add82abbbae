"""AWS Signature Version 4.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

_ALGORITHM = "AWS4-HMAC-SHA256"

#: Headers that are not signed, because proxies and libraries change them on the way.
_UNSIGNED = frozenset({"expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"})


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key. ``token`` is "" for one without a session."""

    access: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """A request to sign. ``path`` is percent-encoded already, ``query`` is not; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    query: Sequence[tuple[str, str]] = ()


class Signer:
    """Signs the requests to one service in one region. Threads may share it."""

    def __init__(self, service: str, region: str) -> None:
        self._service, self._region = service, region
        # The signing key of a day costs four HMACs; the last key is kept.
        self._key: tuple[tuple[str, str], bytes] = (("", ""), b"")

    def sign(self, request: Request, keys: Keys, at: str) -> dict[str, str]:
        """Return the headers of the request with those that sign it. ``at``: the time in UTC, ``20261129T074827Z``."""
        payload = hashlib.sha256(request.body).hexdigest()
        headers = {**request.headers, "x-amz-date": at}
        if keys.token:
            headers["x-amz-security-token"] = keys.token
        if self._service == "s3":
            headers["x-amz-content-sha256"] = payload
        signed = sorted(name for name in headers if name not in _UNSIGNED)
        canonical = "\n".join(
            [
                request.method,
                self._canonical_path(request.path),
                query_text(sorted(_encoded(request.query))),
                *(f"{name}:{' '.join(headers[name].split())}" for name in signed),
                "",
                ";".join(signed),
                payload,
            ]
        )
        scope = f"{at[:8]}/{self._region}/{self._service}/aws4_request"
        text = f"{_ALGORITHM}\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(self._key_of(keys.secret, at[:8]), text.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = (
            f"{_ALGORITHM} Credential={keys.access}/{scope}, SignedHeaders={';'.join(signed)}, Signature={signature}"
        )
        return headers

    def _canonical_path(self, path: str) -> str:
        """Return the path for the text to sign: every service but S3 wants the encoded path encoded once more."""
        return path if self._service == "s3" else quote(path, safe="/~")

    def _key_of(self, secret: str, day: str) -> bytes:
        known, key = self._key
        if known == (secret, day):
            return key
        key = f"AWS4{secret}".encode()
        for part in (day, self._region, self._service, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        self._key = ((secret, day), key)
        return key


def query_text(query: Sequence[tuple[str, str]]) -> str:
    """Return the query of a URL from pairs that are encoded already."""
    return "&".join(f"{name}={value}" for name, value in query)


def _encoded(query: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(encode(name), encode(value)) for name, value in query]


def encode(text: str) -> str:
    """Percent-encode all but letters, digits and ``-_.~``, as AWS wants it."""
    return quote(text, safe="-_.~")
