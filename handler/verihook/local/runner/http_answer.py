"""The result that the answer to an HTTP Task makes, or the error.

https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from verihook.local.states.data import MAX_BYTES
from verihook.local.states.errors import DATA_LIMIT, RUNTIME, StateError, too_large
from verihook.strict_json import parse

#: The longest cause that an execution keeps, in characters, as in AWS.
LONGEST_CAUSE = 32_768

_NO_TEXT = ("application/octet-stream", "image/", "video/", "audio/")
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w-]+)", re.ASCII | re.IGNORECASE)
#: Python knows more, and some of them run for seconds.
_CHARSETS = {
    **dict.fromkeys(["utf-8", "utf8", "us-ascii", "ascii"], "utf-8-sig"),
    **dict.fromkeys(["iso-8859-1", "latin-1", "latin1", "windows-1252"], "windows-1252"),
    "utf-16": "utf-16",
}
#: A credential that is shorter than this would be found in any text.
_TELLING = 8

Headers = Sequence[tuple[str, str]]


def result(status: int, reason: str, headers: Headers, body: bytes) -> dict[str, Any]:
    """Return what the Task results in. Raises StateError for another status than 2xx, and for what is no text."""
    kind, _, options = next((value for name, value in headers if name.lower() == "content-type"), "").partition(";")
    kind, charset = kind.strip().lower(), _CHARSET.search(options)
    encoding = _CHARSETS.get(charset[1].lower()) if charset else "utf-8-sig"
    if not 200 <= status < 300:
        cause = body.decode(encoding or "utf-8", "replace") or reason
        raise StateError(f"States.Http.StatusCode.{status}", cause)
    if len(body) > MAX_BYTES:
        raise StateError(DATA_LIMIT, too_large("http"))
    if kind.startswith(_NO_TEXT) and body:
        raise StateError(RUNTIME, f"The response is of type {kind}, which is no text")
    try:
        text = body.decode(encoding or "unknown")
    except (UnicodeDecodeError, LookupError):
        raise StateError(RUNTIME, "The response cannot be read as text") from None
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(value)
    told: Any = text
    if kind.endswith("json"):
        try:
            told = parse(text)
        except ValueError:
            told = text
    return {"Headers": values, "ResponseBody": told, "StatusCode": status, "StatusText": reason}


def without(credentials: Mapping[str, str], headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """Return an answer in which what the service has repeated of the credentials is ``***``."""
    for value in credentials.values():
        for secret in (value, value.partition(" ")[2]):
            if len(secret) >= _TELLING:
                body = body.replace(secret.encode("latin-1", "replace"), b"***")
                headers = [(name, each.replace(secret, "***")) for name, each in headers]
    return headers, body
