"""Judges: functions that say whether a value fits a part of a JSON Schema, by jsonschema-rs, in linear time.

Each part has a judge of its own, so every violation that we explain was found by the library. Its engine of regular
expressions never goes back in the text (https://docs.rs/regex/latest/regex/#untrusted-input), and no other is used.
The library's own list of errors is not used: it is made as a whole, with a copy of each wrong value, and can take 800
MB for a body of a megabyte.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import quote, unquote

#: The URI by which its parts refer to the whole schema. Nothing is ever fetched.
_ROOT = "urn:verihook:schema"

#: What need not be quoted in the fragment of an address: https://www.rfc-editor.org/rfc/rfc3986#section-3.5
_OF_A_FRAGMENT = "/~!$&'()*+,;=:@?"

Judge = Callable[[object], bool]


def compiled(schema: Any, root: Any = None) -> Judge:
    """Return the judge of ``schema``, whose ``$ref`` may refer to ``root``. Imports jsonschema-rs.

    The judge raises RecursionError for a value that is nested too deep, UnicodeEncodeError for half a character.
    Raises ValueError if the schema is wrong, has a pattern that the engine does not take, or refers elsewhere.
    """
    # Imported here: a cold start that needs no schema does not pay for it.
    import jsonschema_rs

    validator = jsonschema_rs.Draft202012Validator(
        schema,
        pattern_options=jsonschema_rs.RegexOptions(),
        registry=None if root is None else jsonschema_rs.Registry([(_ROOT, root)]),
        retriever=_fetch_nothing,
    )

    def fits(value: object) -> bool:
        with no_panic():
            return validator.is_valid(value)

    return fits


@cache
def matches(pattern: str) -> Judge:
    """Return whether a text has a match of ``pattern``, as a judge. Raises ValueError if the engine refuses it."""
    fits = compiled({"pattern": pattern})
    # Half a character, as a sender makes who cuts an emoji in two, is any character to a pattern.
    return lambda text: fits(text if str(text).isascii() else str(text).encode(errors="replace").decode())


class Judges:
    """The judges of the parts of one schema, each made when it is first asked for."""

    def __init__(self, schema: dict[str, Any] | bool) -> None:
        self._schema = schema
        self._made: dict[str, Judge] = {}

    def whole(self) -> Judge:
        """Return the judge of a whole input. Raises ValueError if the schema cannot be compiled."""
        return self._kept("", lambda: compiled(self._schema))

    def part(self, pointer: str, keyword: str = "", name: str = "", **beside: Any) -> Judge:
        """Of the part at ``pointer``: of a value. With a ``keyword`` that applies the part, of many values at once.

        ``name``: which of the keyword's parts it is; ``beside``: the keywords that say to which values it applies it.
        """

        def make() -> Judge:
            reference = _reference(pointer)
            found = self.at(reference["$ref"].removeprefix(_ROOT))
            # A reference costs the library as much as a small part: one that refers to nothing stands for itself.
            alone = found is not None and '"$' not in json.dumps(found[0])
            part = found[0] if found is not None and alone else reference
            applied = {keyword: {name: part} if name else part, **beside} if keyword else part
            return compiled(applied, None if alone else self._schema)

        return self._kept(f"{keyword} {pointer}", make)

    def alone(self, pointer: str, keyword: str, wanted: object) -> Judge:
        """Return the judge of a single keyword, which is at ``pointer``."""
        return self._kept(pointer, lambda: compiled({keyword: wanted}))

    def combined(self, pointer: str, keyword: str, schema: dict[str, Any]) -> Judge:
        """Return the judge of a keyword at ``pointer`` that combines parts; of contains, with its two limits."""

        def make() -> Judge:
            wanted = schema[keyword]
            several = isinstance(wanted, list)
            parts = (
                [_reference(f"{pointer}/{number}") for number in range(len(wanted))] if several else _reference(pointer)
            )
            counted = {name: schema[name] for name in ("minContains", "maxContains") if name in schema}
            return compiled({keyword: parts, **(counted if keyword == "contains" else {})}, self._schema)

        return self._kept(pointer, make)

    def at(self, reference: object) -> tuple[Any, str] | None:
        """Return the part that a ``$ref`` names, and its pointer; None if the ``$ref`` does not begin at the root."""
        if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
            return None
        pointer = unquote(reference[1:])
        part: Any = self._schema
        for step in pointer.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            part = part[int(name)] if isinstance(part, list) else part[name]
        return part, pointer

    def _kept(self, name: str, make: Callable[[], Judge]) -> Judge:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]


@contextmanager
def no_panic() -> Iterator[None]:
    """Raise RecursionError if a Rust library panics, as it does without stack: its panic is no Exception."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise RecursionError from None


def step(name: str) -> str:
    """One step of a JSON pointer: https://www.rfc-editor.org/rfc/rfc6901#section-3 ."""
    return name.replace("~", "~0").replace("/", "~1")


def _reference(pointer: str) -> dict[str, str]:
    return {"$ref": f"{_ROOT}#{quote(pointer, safe=_OF_A_FRAGMENT)}"}


def _fetch_nothing(address: str) -> Any:
    raise LookupError(f"{address} is not within the schema")
