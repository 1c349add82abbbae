"""Headers that a scheme depends on: under one of several names, numbered, or with a value that must be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import lone_header, one_header

#: What ``*`` in a required value stands for.
_ANY = "[A-Za-z0-9_.-]+"


def one_of(request: Request, names: tuple[str, ...], *, non_ascii: str = "non-ascii-header") -> str:
    """The one ASCII value of the first of these headers (lower case) that stands. Raises SignatureError."""
    for name in names:
        value = lone_header(request, name, non_ascii=non_ascii)
        if value is not None:
            return value
    raise SignatureError("missing-header")


def aliased(name: str, aliases: Mapping[str, str]) -> tuple[str, ...]:
    """A header's names in lower case: its own, then with each prefix replaced that it begins with; () for ""."""
    name = name.lower()
    others = [
        other.lower() + name[len(prefix) :] for prefix, other in aliases.items() if name.startswith(prefix.lower())
    ]
    return (name, *others) if name else ()


def numbered(headers: list[object]) -> tuple[str, ...]:
    """Header names in lower case; ``X-Name-{1..100}`` is a hundred of them. Raises ValueError ``KEY: mend``."""
    names: list[str] = []
    for header in headers:
        if not isinstance(header, str) or not header:
            raise ValueError("headers: write the names of headers")
        stem, brace, numbers = header.lower().partition("{")
        first, _, last = numbers.removesuffix("}").partition("..")
        if not brace:
            names.append(stem)
        elif first.isdecimal() and last.isdecimal() and int(first) <= int(last) <= 1000:
            names.extend(f"{stem}{number}" for number in range(int(first), int(last) + 1))
        else:
            raise ValueError(f"headers: {header!r} is not written NAME{{1..9}}")
    return tuple(names)


def require(required: Mapping[str, str], expected: Mapping[str, str]) -> Callable[[Request], None] | None:
    """A check that headers have these values (``*``: any word), of which the ``expected`` ones may be absent.

    None where there is nothing to check. The algorithm is never chosen by such a header: one that announces another
    than ours is refused. The check raises SignatureError.
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


def example(value: str) -> str:
    """A value that a required one with ``*`` takes."""
    return value.replace("*", "1")


def _pattern(value: str) -> re.Pattern[str]:
    return re.compile(_ANY.join(re.escape(part) for part in value.split("*")), re.ASCII)


def two_headers(first: str, second: str) -> Callable[[Request], tuple[str, str]]:
    """How to read the values of two headers in one pass; the second is ``""`` where none is wanted.

    As :func:`verihook.senders.schemes.one_header` reads one: beside an Ed25519 signature of 57 microseconds, passes
    count.
    """
    wanted = frozenset((first, second)) if second else frozenset((first,))
    absent = None if second else ""

    def read(request: Request) -> tuple[str, str]:
        one: str | None = None
        other = absent
        for name, value in request.headers:
            if name in wanted:
                if (one if name == first else other) is not None:
                    raise SignatureError("duplicate-header")
                if name == first:
                    one = value
                else:
                    other = value
        if one is None or other is None:
            raise SignatureError("missing-header")
        if not one.isascii():
            raise SignatureError("non-ascii-header")
        return one, other

    return read
