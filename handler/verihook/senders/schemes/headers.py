"""The headers that a signature depends on: how every scheme reads them, and what values they must have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from verihook.errors import SignatureError
from verihook.records import replace
from verihook.request import Request
from verihook.senders.schemes.encoding import base64_bytes
from verihook.strict_json import parse_unverified

#: A header's name in lower case, and its value: printable ASCII, so without a line break.
#: https://www.rfc-editor.org/rfc/rfc9110#section-5.1
FIELD_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
FIELD_VALUE = re.compile(r"[\t -~]*", re.ASCII)

#: What ``*`` in a required value stands for.
_ANY = "[A-Za-z0-9_.-]+"


def lone_header(request: Request, name: str) -> str | None:
    """The value of a header (lower case), None if it did not come.

    A repeated one is refused rather than chosen from: a proxy and we might choose differently. Raises SignatureError.
    """
    value = request.lone(name)
    if value is None and request.values(name):
        raise SignatureError("duplicate-header", f"{name} came {len(request.values(name))} times")
    return value


def one_header(request: Request, *names: str, non_ascii: str = "non-ascii-header") -> str:
    """The one ASCII value of the first of these headers (lower case) that came. Raises SignatureError."""
    for name in names:
        # A call saved for each header that came once, as almost all do.
        value = request.lone(name) or lone_header(request, name)
        if value is not None:
            if not value.isascii():
                raise SignatureError(non_ascii, f"in {name}")
            return value
    raise SignatureError("missing-header", f"there is no {' or '.join(names)}")


def with_aliases(name: str, aliases: Mapping[str, str]) -> tuple[str, ...]:
    """A header's names in lower case: its own, then that with each prefix replaced that it begins with; () for ""."""
    name = name.lower()
    others = [
        other.lower() + name[len(prefix) :] for prefix, other in aliases.items() if name.startswith(prefix.lower())
    ]
    return (name, *others) if name else ()


def expand_numbered(headers: list[object]) -> tuple[str, ...]:
    """Header names in lower case; ``X-Name-{1..100}`` is a hundred of them. Raises ValueError ``KEY: mend``."""
    names: list[str] = []
    for header in headers:
        if not isinstance(header, str) or not header:
            raise ValueError("headers: must be names of headers")
        stem, brace, numbers = header.lower().partition("{")
        first, _, last = numbers.removesuffix("}").partition("..")
        if not brace:
            names.append(stem)
        elif first.isdecimal() and last.isdecimal() and int(first) <= int(last) <= 1000:
            names.extend(f"{stem}{number}" for number in range(int(first), int(last) + 1))
        else:
            raise ValueError(f"headers: must be a name, or NAME{{1..9}} (got {header!r})")
    return tuple(names)


def header_check(required: Mapping[str, str], expected: Mapping[str, str]) -> Callable[[Request], None] | None:
    """A check that headers have these values (``*``: any word), of which the ``expected`` ones may be absent.

    None if there is nothing to check. Such a header never chooses the algorithm: one that names another than ours is
    refused. The check raises SignatureError.
    """
    if not required and not expected:
        return None
    values = {name.lower(): _pattern(value) for name, value in (*required.items(), *expected.items())}
    optional = frozenset(name.lower() for name in expected)

    def check(request: Request) -> None:
        for name, pattern in values.items():
            if name in optional and request.header(name) is None:
                continue
            if not pattern.fullmatch(one_header(request, name)):
                raise SignatureError(f"unexpected-{name}")

    return check


def check_texts(key: str, table: Mapping[object, object]) -> None:
    """Raise ValueError ``KEY: mend`` if a name or a value of a table is not a text of one character at least."""
    if not all(isinstance(text, str) and text for pair in table.items() for text in pair):
        raise ValueError(f"{key}: must map texts to texts")


def example_value(value: str) -> str:
    """A value that fits a required one with ``*``."""
    return value.replace("*", "1")


def _pattern(value: str) -> re.Pattern[str]:
    return re.compile(_ANY.join(re.escape(part) for part in value.split("*")), re.ASCII)


def with_headers(request: Request, headers: list[tuple[str, str]]) -> Request:
    """``request`` with these headers added, names in lower case as everywhere in a Request."""
    return replace(request, headers=(*request.headers, *((name.lower(), value) for name, value in headers)))


def object_of(text: str) -> dict[str, Any]:
    """The JSON object that is in a header as base64. Raises SignatureError."""
    written = base64_bytes(text)
    if written.strip() != written:
        raise SignatureError("malformed-header")
    return parse_unverified(written, "malformed-header")
