"""Reads verified bodies that are not JSON. What each format becomes: docs/filters.md.

Only a source with such a format imports this module. Every reader takes the whole of what its format allows, and is
bounded by the body's length, by :data:`~verihook.strict_json.MAX_VALUES` and by the limits below.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from verihook.errors import BodyTooLarge, EventMalformed, UnsupportedMediaType
from verihook.request import Request, media_type
from verihook.senders.form import form_fields
from verihook.senders.multipart import MULTIPART, header_parameter, read_parts
from verihook.strict_json import check_size, decoded, parse_json

#: The most fields of a form or a query.
MAX_FIELDS = 1000

#: How deep XML may be nested.
MAX_XML_DEPTH = 100

#: The most elements, attributes and texts of an XML document.
MAX_XML_NODES = 100_000

#: Names of encodings that a text may declare, as Python has them. Anything else is refused rather than guessed.
_CHARSETS = {
    "": "utf-8",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "cp1252",
    "utf-16": "utf-16",
}


def read(body_format: str, request: Request) -> Any:
    """The content of a verified body in this format, a JSON value.

    Raises EventMalformed if it is not in the format, BodyTooLarge if it has too many values, UnsupportedMediaType.
    """
    return _READERS[body_format](request)


def fields_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Names and values as an object, in which a repeated name has the list of its values."""
    fields: dict[str, Any] = {}
    repeated: set[str] = set()
    for name, value in pairs:
        if name not in fields:
            fields[name] = value
        elif name in repeated:
            fields[name].append(value)
        else:
            repeated.add(name)
            fields[name] = [fields[name], value]
    return fields


def _form(request: Request) -> dict[str, Any]:
    if media_type(request.header("content-type")) == MULTIPART:
        return _multipart(request)
    return _fields(decoded(request.body), "form")


def _query(request: Request) -> dict[str, Any]:
    # Of a GET the query alone is signed. A message of a queue brings the query as its text.
    return _fields(request.query if request.method == "GET" else decoded(request.body), "query")


def _fields(text: str, what: str) -> dict[str, Any]:
    try:
        pairs = form_fields(text, MAX_FIELDS)
    except UnicodeDecodeError:
        raise EventMalformed(f"The {what} is not UTF-8, percent-encoded.") from None
    except ValueError:
        raise BodyTooLarge(f"The {what} has more than {MAX_FIELDS} fields.") from None
    return fields_of(pairs)


def _text(request: Request) -> str:
    charset = header_parameter(request.header("content-type"), "charset").lower()
    encoding = _CHARSETS.get(charset)
    if encoding is None:
        raise UnsupportedMediaType(f"The charset {charset[:40]!r} is not read: send UTF-8.")
    if encoding == "utf-8":
        return decoded(request.body)
    try:
        return request.body.decode(encoding)
    except UnicodeDecodeError:
        raise EventMalformed(f"The body is not {charset}.") from None


def _ndjson(request: Request) -> list[Any]:
    """One JSON value a line (https://github.com/ndjson/ndjson-spec); empty lines are skipped."""
    text = decoded(request.body)
    # Against a flood of tiny lines, each a value of its own.
    check_size(text.replace("\n", ","), "The body")
    lines = text.split("\n")
    return [parse_json(line, f"Line {number}") for number, line in enumerate(lines, 1) if line.strip(" \t\r")]


def _raw(request: Request) -> dict[str, Any]:
    """Any body: its text if it is UTF-8, else its base64."""
    content: dict[str, Any] = {"content_type": request.header("content-type") or ""}
    if request.header("content-encoding"):
        content["content_encoding"] = request.header("content-encoding")
    try:
        return content | {"text": request.body.decode()}
    except UnicodeDecodeError:
        return content | {"base64": base64.b64encode(request.body).decode()}


def _multipart(request: Request) -> dict[str, Any]:
    kind = request.header("content-type")
    if not media_type(kind).startswith("multipart/"):
        raise UnsupportedMediaType("The source takes multipart bodies: send Content-Type multipart/form-data.")
    return fields_of(read_parts(request.body, header_parameter(kind, "boundary")))


def _xml(request: Request) -> dict[str, Any]:
    from verihook.senders.xml_body import read_xml

    return read_xml(request.body, MAX_XML_DEPTH, MAX_XML_NODES)


_READERS: Mapping[str, Callable[[Request], Any]] = {
    "form": _form,
    "query": _query,
    "text": _text,
    "ndjson": _ndjson,
    "raw": _raw,
    "multipart": _multipart,
    "xml": _xml,
}
