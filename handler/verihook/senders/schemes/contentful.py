"""Contentful's request verification: the delivery itself lists which of its headers are signed.

https://www.contentful.com/developers/docs/webhooks/request-verification/
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote, urlsplit

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import PLAIN, Proof, Setting, Verify, no_secret, proof_by
from verihook.senders.schemes.encoding import decode_hex, key_of
from verihook.senders.schemes.headers import FIELD_NAME, FIELD_VALUE, one_header, with_headers
from verihook.senders.schemes.timestamp import TIMES, check_age, check_tolerance
from verihook.senders.schemes.url import registered_url

_SIGNATURE = "x-contentful-signature"
_LIST = "x-contentful-signed-headers"
_TIMESTAMP = "x-contentful-timestamp"

#: Contentful signs fewer headers than this; more are refused.
MAX_HEADERS = 64


@dataclass(frozen=True, slots=True)
class ContentfulScheme:
    """HMAC-SHA256 in hex over method, path with query, the listed headers and the body, one a line.

    ``tolerance`` in seconds, both ways; Contentful's toolkit has 30. The timestamp is in milliseconds. Path and query
    are those of ``public_url`` if the source has one: behind a custom domain or a stage they differ from what arrives.
    Contentful's toolkit encodes a query twice before it signs, its documentation says once: both are accepted.
    """

    tolerance: int = 30

    keyless: ClassVar[bool] = False
    timed: ClassVar[bool] = True
    binds_body: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_tolerance(self.tolerance)

    def covers(self, header: str, path: tuple[str, ...]) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return not header

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        keys = tuple(key_of(secret, "utf8") for secret in secrets)
        target, tolerance = _target(setting), self.tolerance
        if not keys:
            return no_secret

        def verify(request: Request, now: int) -> Proof:
            signature = decode_hex(one_header(request, _SIGNATURE), 32)
            sent_ms = TIMES["ms"](one_header(request, _TIMESTAMP, non_ascii="bad-timestamp"))
            signed = _signed_bytes(request, _names(request), target)
            for index, key in enumerate(keys):
                if sum([hmac.compare_digest(hmac.digest(key, one, "sha256"), signature) for one in signed]):
                    check_age(sent_ms, now, tolerance)
                    return proof_by(index)
            raise SignatureError("signature-mismatch")

        return verify

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """See :class:`~verihook.senders.schemes.Scheme`.

        Signs the headers that are Contentful's own, and the content type.
        """
        mine = [name for name, _ in request.headers if name == "content-type" or name.startswith("x-contentful-")]
        names = sorted({*mine, _LIST, _TIMESTAMP})
        request = with_headers(request, [(_LIST, ",".join(names)), (_TIMESTAMP, str(now * 1000))])
        try:
            signed = _signed_bytes(request, names, _target(setting))
        except SignatureError as error:
            raise ValueError(f"this delivery cannot be signed: {error.reason}") from None
        return with_headers(request, [(_SIGNATURE, hmac.digest(key_of(secret, "utf8"), signed[0], "sha256").hex())])


def _names(request: Request) -> list[str]:
    names = one_header(request, _LIST).split(",")
    if len(names) > MAX_HEADERS or len(set(names)) != len(names) or not all(map(FIELD_NAME.fullmatch, names)):
        raise SignatureError("malformed-signed-headers")
    # Without these two, a caller who has one delivery could change its time, or the list itself.
    if _LIST not in names or _TIMESTAMP not in names:
        raise SignatureError("required-components-not-covered")
    return names


def _target(setting: Setting) -> tuple[str, str]:
    """Path and query as registered, both "" without a ``public_url``. Raises ValueError."""
    if not setting.public_url:
        return "", ""
    url = urlsplit(registered_url(setting.public_url))
    return url.path or "/", url.query


def _signed_bytes(request: Request, names: list[str], registered: tuple[str, str]) -> list[bytes]:
    """Return the messages that may be signed; the first has the query encoded as Contentful's toolkit does."""
    values = [one_header(request, name).strip() for name in names]
    if not all(map(FIELD_VALUE.fullmatch, values)):
        raise SignatureError("malformed-signed-headers")
    headers = ";".join([f"{name}:{value}" for name, value in zip(names, values, strict=True)])
    targets = _targets(registered[0] or request.path, request.query or registered[1])
    # A received method may have lone surrogates, which UTF-8 has not; no signature covers them.
    heads = [f"{request.method}\n{target}\n{headers}\n".encode("utf-8", "backslashreplace") for target in targets]
    return [head + request.body for head in heads]


def _targets(path: str, query: str) -> list[str]:
    # encodeURI and encodeURIComponent of JavaScript.
    path = quote(path, safe=";,/?:@&=+$-_.!~*'()#", errors="backslashreplace")
    if not query:
        return [path]
    once = quote(query, safe="-_.!~*'()", errors="backslashreplace")
    return [f"{path}?{once.replace('%', '%25')}", f"{path}?{once}"]
