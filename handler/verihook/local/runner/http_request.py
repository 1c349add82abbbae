"""What an HTTP Task sends, and the result that its answer makes.

https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

from verihook.local.runner.arns import REGION
from verihook.local.states.data import text_of
from verihook.local.states.errors import DATA_LIMIT, RUNTIME, StateError
from verihook.model.loopback import is_on_loopback
from verihook.strict_json import parse

#: The longest text that a state gets, in bytes. AWS asks for no more, too.
MAX_ANSWER = 262_144

FIELDS = (
    "ApiEndpoint",
    "Authentication",
    "Headers",
    "InvocationConfig",
    "Method",
    "QueryParameters",
    "RequestBody",
    "Transform",
)
#: The longest cause that an execution keeps, in characters, as in AWS.
LONGEST_CAUSE = 32_768
#: Where the connection stands; AWS recommends the first.
CONNECTION_FIELDS = ("InvocationConfig", "Authentication")

_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")
_CONNECTION = re.compile(r"arn:aws[\w-]*:events:[\w-]*:\d*:connection/([\w.-]{1,64})(?:/[\w-]+)?", re.ASCII)
_NOT_OF_A_TASK = re.compile(
    "a-im|accept-(charset|datetime|encoding)|authorization|cache-control|connection|content-(encoding|md5)|date|expect"
    "|forwarded|from|host|http2-settings|if-(match|modified-since|none-match|range|unmodified-since)|max-forwards|origin"
    "|pragma|proxy-authorization|referer|server|te|trailer|transfer-encoding|upgrade|via|warning"
    "|(x-forwarded|x-amz|x-amzn)-.*"
)
_NO_TEXT = ("application/octet-stream", "image/", "video/", "audio/")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """``headers``: by their names in lower case. ``body``: None for none."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


def connection_name(given: Mapping[str, Any]) -> str:
    """Return the name in the ARN of the connection. Raises StateError."""
    for field in CONNECTION_FIELDS:
        named = given.get(field)
        if isinstance(named, dict):
            found = _CONNECTION.fullmatch(str(named.get("ConnectionArn")))
            if not found:
                raise _runtime(f"{field}.ConnectionArn must be arn:aws:events:REGION:ACCOUNT:connection/NAME/ID")
            return found[1]
    raise _runtime("The field 'InvocationConfig' is required but was missing")


def request_of(given: Mapping[str, Any], base: str, credentials: Mapping[str, str]) -> HttpRequest:
    """Return the request. ``base``: the connection's URL; ``credentials``: its headers. Raises StateError."""
    method = given.get("Method")
    if method not in _METHODS:
        raise _runtime(f"Method must be one of {', '.join(_METHODS)}")
    url = _endpoint(given.get("ApiEndpoint"), base)
    if query := "&".join(_query(given.get("QueryParameters"))):
        url = f"{url}{'&' if '?' in url else '?'}{query}"
    headers = {**_headers(given.get("Headers")), "user-agent": f"Amazon|StepFunctions|HttpInvoke|{REGION}"}
    headers |= {"range": f"bytes=0-{MAX_ANSWER}", **credentials}
    body = None
    if given.get("RequestBody") is not None:
        headers.setdefault("content-type", "application/json; charset=UTF-8")
        body = _body(given["RequestBody"], given.get("Transform")).encode("utf-8", "surrogatepass")
    return HttpRequest(method, url, headers, body)


def result(status: int, reason: str, headers: Sequence[tuple[str, str]], body: bytes) -> dict[str, Any]:
    """Return what the Task results in. Raises StateError for another status than 2xx, and for what is no text."""
    if not 200 <= status < 300:
        cause = body.decode("utf-8", "replace") or reason
        raise StateError(f"States.Http.StatusCode.{status}", cause[:LONGEST_CAUSE])
    if len(body) > MAX_ANSWER:
        cause = (
            "The state/task 'http' returned a result with a size exceeding the maximum number of bytes service limit."
        )
        raise StateError(DATA_LIMIT, cause)
    text = _text(headers, body)
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(value)
    told: Any = text
    if _type(headers).endswith("json"):
        try:
            told = parse(text)
        except ValueError:
            told = text
    return {"Headers": values, "ResponseBody": told, "StatusCode": status, "StatusText": reason}


def _runtime(cause: str) -> StateError:
    return StateError(RUNTIME, cause)


def _endpoint(given: Any, base: str) -> str:
    """The URL to call, which is the connection's or below it: whatever an input adds, no other host gets the secret."""
    try:
        asked, known = urlsplit(given if isinstance(given, str) else ""), urlsplit(base)
        same = _origin(asked) == _origin(known)
    except ValueError:
        raise _runtime("ApiEndpoint must be a URL") from None
    if asked.scheme != "https" and not is_on_loopback(str(given)):
        raise _runtime("ApiEndpoint must be an https URL")
    folder = known.path.rstrip("/")
    inside = asked.path == folder or asked.path.startswith(f"{folder}/")
    climbs = {".", ".."} & set(re.split(r"[/\\]", unquote(asked.path)))
    if not same or not inside or climbs or asked.username is not None or asked.fragment:
        raise StateError("States.Permissions", f"{given} is not below the URL of the connection, {base}")
    if not str(given).isascii() or not str(given).isprintable() or " " in str(given):
        raise _runtime("ApiEndpoint must be a URL")
    return str(given)


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """Scheme, host and port. Raises ValueError for a port that is none."""
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, default if parts.port is None else parts.port


def _headers(given: Any) -> dict[str, str]:
    if not isinstance(given, dict | None):
        raise _runtime("Headers must be an object")
    found = {}
    for name, value in (given or {}).items():
        if _NOT_OF_A_TASK.fullmatch(name.lower()):
            raise _runtime(f"The header {name!r} cannot be set by an HTTP Task")
        found[name.lower()] = ", ".join(map(_plain, value)) if isinstance(value, list) else _plain(value)
    return found


def _query(given: Any) -> Iterator[str]:
    if isinstance(given, str):
        yield given
        return
    if not isinstance(given, dict | None):
        raise _runtime("QueryParameters must be an object or a text")
    for name, value in (given or {}).items():
        for each in value if isinstance(value, list) else [value]:
            yield f"{_quoted(name)}={_quoted(_plain(each))}"


def _body(given: Any, transform: Any) -> str:
    if not isinstance(transform, dict) or transform.get("RequestBodyEncoding", "NONE") == "NONE":
        return given if isinstance(given, str) else text_of(given)
    if transform["RequestBodyEncoding"] != "URL_ENCODED" or not isinstance(given, dict):
        raise _runtime("RequestBodyEncoding must be NONE or, for an object, URL_ENCODED")
    options = transform.get("RequestEncodingOptions")
    form = options.get("ArrayFormat", "INDICES") if isinstance(options, dict) else "INDICES"
    if form not in ("INDICES", "REPEAT", "COMMAS", "BRACKETS", "NONE"):
        raise _runtime("ArrayFormat must be INDICES, REPEAT, COMMAS or BRACKETS")
    return "&".join(f"{_quoted(name)}={value}" for name, value in _fields("", given, form))


def _fields(name: str, value: Any, form: str) -> Iterator[tuple[str, str]]:
    """Each field of a form with its value, which is encoded."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _fields(f"{name}[{key}]" if name else key, each, form)
    elif isinstance(value, list) and form == "COMMAS":
        yield name, ",".join(_quoted(_plain(each)) for each in value)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            ending = {"INDICES": f"[{number}]", "BRACKETS": "[]"}.get(form, "")
            yield from _fields(f"{name}{ending}", each, form)
    else:
        yield name, _quoted(_plain(value))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else text_of(value)


def _quoted(text: str) -> str:
    return quote(text, safe="-._~", errors="surrogatepass")


def _type(headers: Sequence[tuple[str, str]]) -> str:
    return _message(headers).get_content_type()


def _message(headers: Sequence[tuple[str, str]]) -> Message:
    found = Message()
    found["content-type"] = next((value for name, value in headers if name.lower() == "content-type"), "text/plain")
    return found


def _text(headers: Sequence[tuple[str, str]], body: bytes) -> str:
    if (kind := _type(headers)).startswith(_NO_TEXT) and body:
        raise _runtime(f"The response is of type {kind}, which is no text")
    try:
        return body.decode(_message(headers).get_content_charset("utf-8"))
    except (UnicodeDecodeError, LookupError):
        raise _runtime("The response cannot be read as text") from None
