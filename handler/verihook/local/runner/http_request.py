"""What an HTTP Task sends.

https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

from verihook.local.runner.arns import REGION
from verihook.local.states.data import MAX_BYTES, text_of
from verihook.local.states.errors import RUNTIME, StateError
from verihook.model.loopback import is_on_loopback

#: The bytes that are asked for, as AWS asks.
_RANGE = f"bytes=0-{MAX_BYTES}"

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
#: Where the connection stands; AWS recommends the first.
CONNECTION_FIELDS = ("InvocationConfig", "Authentication")

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")
_CONNECTION = re.compile(r"arn:aws[\w-]*:events:[\w-]*:\d*:connection/([\w.-]{1,64})(?:/[\w-]+)?", re.ASCII)
MUST_BE_ARN = "must be arn:aws:events:REGION:ACCOUNT:connection/NAME/ID"
#: What a server may take for one of these is one: CGI reads "_" as "-".
_NOT_OF_A_TASK = re.compile(
    "a-im|accept-(charset|datetime|encoding)|authorization|cache-control|connection|content-(encoding|length|md5)|date"
    "|expect|forwarded|from|host|http2-.*|if-(match|modified-since|none-match|range|unmodified-since)|keep-alive"
    "|max-forwards|origin|pragma|proxy-.*|referer|server|te|trailer|transfer-encoding|upgrade|via|warning"
    "|www-authenticate|(x-forwarded|x-amz|x-amzn)-.*"
)
#: https://www.rfc-editor.org/rfc/rfc9110#section-5.1, and 5.5 without what is obsolete.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_VALUE = re.compile(r"[\t -~\x80-\xff]*")


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
            if name := name_in(named.get("ConnectionArn")):
                return name
            raise _runtime(f"{field}.ConnectionArn {MUST_BE_ARN}")
    raise _runtime("The field 'InvocationConfig' is required but was missing")


def name_in(arn: Any) -> str | None:
    """Return the name of a connection in its ARN, None if it is none."""
    found = _CONNECTION.fullmatch(str(arn))
    return found[1] if found else None


def request_of(given: Mapping[str, Any], name: str, base: str, credentials: Mapping[str, str]) -> HttpRequest:
    """Return the request. ``name`` and ``base``: the connection's, and its URL; ``credentials``: its headers.

    Raises StateError. No cause has a credential, or the connection's URL.
    """
    if not all(_VALUE.fullmatch(value) for value in credentials.values()):
        cause = f"the secret of [connections.{name}] cannot stand in a header"
        raise StateError("Events.ConnectionResource.InvalidConnectionState", cause)
    if why := wrong_method(given.get("Method")):
        raise _runtime(why)
    url = given.get("ApiEndpoint")
    if why := wrong_url(url, base):
        raise _runtime(why)
    if not is_below(str(url), base):
        raise StateError("States.Permissions", f"ApiEndpoint is not below the URL of [connections.{name}]")
    if query := "&".join(_query(given.get("QueryParameters"))):
        url = f"{url}{'&' if '?' in str(url) else '?'}{query}"
        if not _printable(url):
            raise _runtime("QueryParameters must be an object, or a text as it stands in a URL")
    own = {each.replace("_", "-") for each in credentials}
    headers = {
        name: value for name, value in _headers(given.get("Headers")).items() if name.replace("_", "-") not in own
    }
    headers |= {"user-agent": f"Amazon|StepFunctions|HttpInvoke|{REGION}", "range": _RANGE, "connection": "close"}
    headers |= credentials
    body = None
    if given.get("RequestBody") is not None:
        headers.setdefault("content-type", "application/json; charset=UTF-8")
        body = _body(given["RequestBody"], given.get("Transform")).encode("utf-8", "surrogatepass")
    return HttpRequest(given["Method"], str(url), headers, body)


def wrong_method(given: Any) -> str:
    """Say in words why this is no method of an HTTP Task; "" if it is one."""
    return "" if given in METHODS else f"Method must be one of {', '.join(METHODS)}"


def wrong_url(given: Any, base: str) -> str:
    """Say in words why this URL cannot be called through the connection of the URL ``base``; "" if it may be."""
    if not isinstance(given, str) or not _printable(given):
        return "ApiEndpoint must be a URL in ASCII, without a fragment"
    try:
        parts = urlsplit(given)
        _origin(parts)
    except ValueError:
        return "ApiEndpoint must be a URL"
    for what, url in (("the URL of the connection", base), ("ApiEndpoint", given)):
        if urlsplit(url).scheme != "https" and not is_on_loopback(url):
            return f"{what} must begin with https://"
    return ""


def is_below(given: str, base: str) -> bool:
    """Whether it is the connection's URL or below it: whatever an input adds, no other place gets the secret."""
    asked, known = urlsplit(given), urlsplit(base)
    folder = known.path.rstrip("/")
    inside = asked.path == folder or asked.path.startswith(f"{folder}/")
    return _origin(asked) == _origin(known) and inside and asked.username is None and not _climbs(asked.path)


def wrong_header(name: str) -> str:
    """Say in words why an HTTP Task does not set this header; "" if it may."""
    if not _NAME.fullmatch(name):
        return f"{name!r} is not the name of a header"
    if _NOT_OF_A_TASK.fullmatch(name.lower().replace("_", "-")):
        return f"The header {name!r} cannot be set by an HTTP Task; a connection has the credentials"
    return ""


def _runtime(cause: str) -> StateError:
    return StateError(RUNTIME, cause)


def _printable(url: str) -> bool:
    return url.isascii() and url.isprintable() and not {" ", "#", "\\"} & set(url)


def _climbs(path: str) -> bool:
    """Whether a server may take a part of the path for a step up, however it is encoded."""
    while (decoded := unquote(path, errors="surrogateescape")) != path:
        path = decoded
    odd = not path.isprintable() or any("\udc80" <= each <= "\udcff" for each in path)
    return odd or bool({".", ".."} & {part.partition(";")[0] for part in re.split(r"[/\\]", path)})


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """Scheme, host and port. Raises ValueError for a port that is none."""
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, default if parts.port is None else parts.port


def _headers(given: Any) -> dict[str, str]:
    if not isinstance(given, dict | None):
        raise _runtime("Headers must be an object")
    found = {}
    for name, value in (given or {}).items():
        if why := wrong_header(name):
            raise _runtime(why)
        text = ", ".join(map(_plain, value)) if isinstance(value, list) else _plain(value)
        if not _VALUE.fullmatch(text):
            raise _runtime(f"The value of the header {name!r} cannot be sent")
        found[name.lower()] = text
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
