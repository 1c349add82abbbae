"""Reads a dataclass from a TOML table. An error names the key that is unknown, missing or of another type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

#: The name of a type in Python -> how an error calls a value of it.
_KINDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "dict": "a table",
}


def read_table(kind: type[T], table: Mapping[str, Any], chooser: str) -> T:
    """Return an object of ``kind`` from the keys of ``table``, but for the key ``chooser``, which chose the kind.

    The annotation of a field is the name of its TOML type (``str``, ``int``, ``bool``, ``list``, ``dict``).
    Raises ValueError ``KEY: mend``.
    """
    kept = [pair for each in reversed(kind.__mro__) for pair in getattr(each, "__annotations__", {}).items()]
    known = {name: str(text).partition("[")[0] for name, text in kept if "ClassVar" not in text}
    # Not from dataclasses.fields: a cold start would have to import that.
    optional = len(kind.__init__.__defaults__ or ())
    required = [*known][: len(known) - optional]
    given = {key: value for key, value in table.items() if key != chooser}
    for key, value in given.items():
        if key not in known:
            raise ValueError(f"{key}: {unknown_key(known)}")
        if type(value).__name__ != known[key] or value == "":
            not_empty = " that is not empty" if value == "" else ""
            raise ValueError(f"{key}: must be {kind_in_words(known[key])}{not_empty} (got {_shown(value)})")
    for name in required:
        if name not in given:
            raise ValueError(f"{name}: is missing")
    return kind(**given)


def kind_in_words(name: str) -> str:
    """Return how an error calls a value of TOML whose type has this name in Python."""
    return _KINDS.get(name, "a date or a time")


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def key_and_mend(error: ValueError) -> tuple[str, str]:
    """The two parts of an error ``KEY: mend``; the mend is "" if it names no key."""
    key, _, mend = str(error).partition(": ")
    return key, mend


def unknown_key(allowed: Iterable[str]) -> str:
    """What an error says of a key that is not among those allowed: ``unknown key; allowed: a, b``."""
    return f"unknown key; allowed: {', '.join(sorted(allowed)) or 'none'}"


def needs_package(name: object, error: ModuleNotFoundError) -> str:
    """What an error says of a scheme, or of a kind of handshake, whose package is absent.

    An artifact has such a package only if a source of its hooks.toml needed it when it was built.
    """
    mend = "on one machine run make install, for AWS run sam build with this hooks.toml"
    return f"{name} needs the package {error.name}, which is not here; {mend}"


def must_be_one_of(allowed: Iterable[str], given: object) -> str:
    """What an error says of a value that is not among those allowed: ``must be one of a, b (got 'x')``."""
    return f"must be one of {', '.join(allowed) or 'none'} (got {given!r})"
