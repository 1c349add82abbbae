"""The signed bytes: a template, compiled into one function.

Fields: ``{body}``, ``{body_sha256}`` (in hex), ``{body_crc32}`` (in decimal), ``{body_json}`` (a JSON text in quotation
marks, as JavaScript writes it), ``{timestamp}`` as sent, ``{id}``, ``{method}``, ``{url}``, ``{form}`` (Twilio's),
``{sorted_parameters}`` (Plivo's), ``{named_headers}`` (Coinbase's), ``{header_lines}`` (TrueLayer's),
``{header:NAME}``, ``{query:NAME}``, ``{form:NAME}``, ``{json:path.to.member}``, ``{parameter:NAME}`` (of the source),
``{item:LABEL}`` (beside the signature). ``{{`` and ``}}`` are braces. ``{secret}`` makes a plain digest, in which the
key stands there.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Callable
from functools import cache

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.form import percent_decoded
from verihook.senders.schemes import Delivery, Setting
from verihook.senders.schemes.headers import lone_header, one_header
from verihook.senders.schemes.url import Urls, registered_url
from verihook.strict_json import split_path, text_member

#: At the front of a template: the message begins with the secret, and is hashed without a key.
KEY_FIRST = "{secret}"

#: The fields without an argument, and those with one.
PLAIN_FIELDS = (
    *("body", "body_sha256", "body_crc32", "timestamp", "id", "method", "url", "form", "sorted_parameters"),
    *("named_headers", "header_lines", "secret", "body_json"),
)
NAMED_FIELDS = ("header", "query", "form", "json", "parameter", "item")

#: The fields by any of which the whole body is signed.
SIGN_BODY = ("body", "body_sha256", "body_json", "form", "sorted_parameters")

#: More headers than this in a signature's list are refused.
MAX_NAMES = 32

#: More fields in a form than this are refused.
MAX_FIELDS = 1000

_FIELD = re.compile(r"\{([a-z0-9_]+)(?::([^{}]+))?\}", re.ASCII)

#: Bytes to sign as (before, body, after), so that a large body is not copied, and the URL among them ("": none).
Signed = tuple[bytes, bytes, bytes, str]

#: ``message(delivery)``: the messages of which any may be the signed one. Raise SignatureError.
Message = Callable[[Delivery], list[Signed]]

#: A piece: bytes as they are, what to make them of, or None for the URL.
_Piece = bytes | Callable[[Delivery], bytes] | None


@cache  # of a few templates, asked for with every delivery
def fields_of(template: str) -> tuple[tuple[str, str], ...]:
    """The fields of a template with their arguments, ``("json", "signature.token")``.

    Raises ValueError ``KEY: mend``.
    """
    found = tuple((match[1], match[2] or "") for match in _FIELD.finditer(template.removeprefix(KEY_FIRST)))
    for name, argument in found:
        if name not in (NAMED_FIELDS if argument else PLAIN_FIELDS):
            known = ", ".join([*PLAIN_FIELDS, *(f"{each}:NAME" for each in NAMED_FIELDS)])
            given = f"{name}:{argument}" if argument else name
            raise ValueError(f"message: {{{given}}} is unknown; the fields are {known}")
    if set("{}") & set(_braces(_FIELD.sub("", template.removeprefix(KEY_FIRST)), "")):
        raise ValueError("message: a brace that is not part of a field")
    if sum(name == "body" for name, _ in found) > 1:
        raise ValueError("message: {body} must be in it once (got it twice)")
    return found


def check_place(template: str, field: str, key: str, is_set: bool) -> None:
    """Raise ValueError ``KEY: mend`` if a field is signed and has no place in a delivery, or the other way round."""
    if (f"{{{field}}}" in template) != is_set:
        raise ValueError(f"message: a signed {{{field}}} and {key} go together")


def covers(template: str, id_header: str, header: str, path: tuple[str, ...]) -> bool:
    """Whether the signed bytes contain a header (lower case), or without one the member at a path in the body.

    A CRC-32 of the body does not cover it: a caller who has one delivery can make another body with it.
    """
    fields = {(name, argument.lower()) for name, argument in fields_of(template)}
    if header:
        return (header == id_header.lower() and ("id", "") in fields) or ("header", header) in fields
    return any((name, "") in fields for name in SIGN_BODY) or ("json", ".".join(path).lower()) in fields


def compile_message(template: str, id_names: tuple[str, ...], setting: Setting, urls: Urls | None) -> Message:
    """How to put the signed bytes together. Raises ValueError ``KEY: mend`` if a parameter is missing."""
    before, with_body, after = template.removeprefix(KEY_FIRST).partition("{body}")
    if with_body and not before and not after:
        return lambda delivery: [(b"", delivery.request.body, b"", "")]
    head, tail = _pieces(before, id_names, setting), _pieces(after, id_names, setting)
    if with_body and not tail and len(head) == 1 and callable(piece := head[0]):
        # A list and a join cost as much as reading a header.
        return lambda delivery: [(piece(delivery), delivery.request.body, b"", "")]

    def message(delivery: Delivery) -> list[Signed]:
        body = delivery.request.body if with_body else b""
        first, last = _filled(head, delivery), _filled(tail, delivery)
        if urls is None:
            return [(b"".join(first), body, b"".join(last), "")]  # type: ignore[arg-type]  # only a URL is None
        return [(_join(first, url), body, _join(last, url), url) for url in urls(delivery.request)]

    return message


def twilio_form(body: bytes) -> bytes:
    """Twilio's form: each distinct name, sorted, with each of its distinct values, sorted; nothing in between.

    Raises SignatureError. https://www.twilio.com/docs/usage/webhooks/webhooks-security
    """
    if body.count(b"&") >= MAX_FIELDS:
        raise SignatureError("too-many-form-fields")
    pairs = set()
    for field in body.split(b"&"):
        name, _, value = field.partition(b"=")
        if field:
            pairs.add((percent_decoded(name.replace(b"+", b" ")), percent_decoded(value.replace(b"+", b" "))))
    # Twilio repeats the name before each of its values.
    return b"".join([name + value for name, value in sorted(pairs)])


def named_headers(delivery: Delivery) -> bytes:
    """The names of the headers that the signature lists, a dot, and their values with a dot in between.

    A header that did not come has an empty value. Raises SignatureError.
    https://docs.cdp.coinbase.com/webhooks/verify-signatures
    """
    names = delivery.names.split(" ")
    if len(names) > MAX_NAMES or not delivery.names.isascii():
        raise SignatureError("malformed-list-of-headers")
    values = [lone_header(delivery.request, name.lower()) or "" for name in names]
    return f"{delivery.names}.{'.'.join(values)}".encode("utf-8", "surrogatepass")


def header_lines(delivery: Delivery) -> bytes:
    """A line ``NAME: value`` for each header that the signature names, with commas between. Raises SignatureError.

    https://github.com/TrueLayer/truelayer-signing/blob/main/request-signing-v2.md
    """
    names = delivery.names.split(",") if delivery.names else []
    if len(names) > MAX_NAMES or not delivery.names.isascii():
        raise SignatureError("malformed-list-of-headers")
    lines = [f"{name}: {one_header(delivery.request, name.lower())}\n" for name in names]
    return "".join(lines).encode()


def _pieces(template: str, id_names: tuple[str, ...], setting: Setting) -> list[_Piece]:
    pieces: list[_Piece] = []
    end = 0
    for match in _FIELD.finditer(template):
        pieces.append(_braces(template[end : match.start()]).encode())
        pieces.append(_piece(match[1], match[2] or "", id_names, setting))
        end = match.end()
    pieces.append(_braces(template[end:]).encode())
    return [piece for piece in pieces if piece != b""]


def _braces(text: str, left: str = "{}") -> str:
    """Text of a template with ``left`` in place of its doubled braces."""
    return text.replace("{{", left[:1]).replace("}}", left[1:])


def _body_json(request: Request) -> bytes:
    try:
        return json.dumps(request.body.decode(), ensure_ascii=False).encode()
    except UnicodeDecodeError:
        raise SignatureError("body-is-not-utf-8") from None


def _piece(name: str, argument: str, id_names: tuple[str, ...], setting: Setting) -> _Piece:
    if name == "url":
        return None
    if name == "parameter":
        value = setting.parameters.get(argument)
        if not value:
            raise ValueError(f"parameters.{argument}: is signed by this sender; write it into the source")
        return value.encode()
    if name == "secret":
        return setting.key
    if name in ("query", "sorted_parameters") or (name == "form" and argument):
        return _of_fields(name, argument, setting)
    header, path = argument.lower(), split_path(argument)
    made: dict[str, Callable[[Delivery], bytes]] = {
        "body_crc32": lambda delivery: str(zlib.crc32(delivery.request.body)).encode(),
        "timestamp": lambda delivery: delivery.timestamp.encode(),
        "id": lambda delivery: _id(delivery.request, id_names),
        "method": lambda delivery: delivery.request.method.encode("utf-8", "surrogatepass"),
        "named_headers": named_headers,
        "header_lines": header_lines,
        "form": lambda delivery: twilio_form(delivery.request.body),
        "body_json": lambda delivery: _body_json(delivery.request),
        "item": lambda delivery: delivery.items[argument].encode("utf-8", "surrogatepass"),
        "body_sha256": lambda delivery: hashlib.sha256(delivery.request.body).hexdigest().encode(),
        "header": lambda delivery: one_header(delivery.request, header).encode(),
        "json": lambda delivery: text_member(delivery.content, path, "signed-member-is-not-text").encode(),
    }
    return made[name]


def _of_fields(name: str, argument: str, setting: Setting) -> _Piece:
    """A piece of the form or of the query."""
    # Imported here: few sources need them.
    from verihook.senders.schemes.form_values import form_value, query_value
    from verihook.senders.schemes.sorted_parameters import sorted_parameters

    if name == "sorted_parameters":
        url = registered_url(setting.public_url)
        return lambda delivery: sorted_parameters(url, delivery.request)
    read = query_value if name == "query" else form_value
    return lambda delivery: read(delivery.request, argument).encode("utf-8", "surrogatepass")


def _filled(pieces: list[_Piece], delivery: Delivery) -> list[bytes | None]:
    """Every piece but the URL, of which there may be several: so a form is put together once."""
    if not pieces:
        return []
    return [piece(delivery) if callable(piece) else piece for piece in pieces]


def _join(pieces: list[bytes | None], url: str) -> bytes:
    # A caller's surrogates have no UTF-8; whatever their bytes are, no sender signed them.
    return b"".join([url.encode("utf-8", "surrogatepass") if piece is None else piece for piece in pieces])


def _id(request: Request, names: tuple[str, ...]) -> bytes:
    value = one_header(request, *names)
    if not value:
        raise SignatureError("empty-id")
    return value.encode()
