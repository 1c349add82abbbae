"""What is wrong with an input that does not fit its JSON Schema, at a cost that the input cannot raise.

One library decides: jsonschema-rs says of each part of the schema whether it takes a part of the input, in time that
grows with the length, and this module walks down to where it says no. So nothing is explained that was not decided, and
the only engine of regular expressions is the one of that library, which never goes back in the text
(https://docs.rs/regex/latest/regex/#untrusted-input). Its own list of errors is not asked for: that is made whole, each
error with a copy of what is wrong, and takes a body of a megabyte 800 MB.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from verihook.model.schema_words import COMBINED, SAID, listed, shown, unexplained

#: How many parts of an input are looked at, and how deep, before a place is told as it is: wrong somewhere inside.
MAX_LOOKS = 20_000
MAX_DEPTH = 32

#: Items of an array that are judged together, a power of 4: most of a long array is right.
TOGETHER = 1024

#: The address of the whole schema for its parts. Nothing is ever fetched.
_ROOT = "urn:verihook:schema"

#: What need not be quoted in the fragment of an address: https://www.rfc-editor.org/rfc/rfc3986#section-3.5
_OF_A_FRAGMENT = "/~!$&'()*+,;=:@?"

Judge = Callable[[object], bool]
Path = tuple[str | int, ...]
#: A part that is applied, its pointer, the value that it is applied to, and the steps that lead to that value.
Applied = tuple[Any, str, object, Path]


class Fault(NamedTuple):
    """What is wrong at ``path``: the names and numbers that lead there."""

    path: Path
    message: str


def compiled(schema: Any, root: Any = None) -> Judge:
    """Whether a value fits ``schema``, whose ``$ref`` may lead into ``root``. Imports jsonschema-rs.

    The judge raises RecursionError for what is nested too deep, and UnicodeEncodeError for half a character. Raises
    ValueError if the schema is none, has a regular expression of more than the engine takes, or refers elsewhere.
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
    """Whether ``pattern`` is found in a text, by the engine that validates. Raises ValueError for one that it lacks."""
    fits = compiled({"pattern": pattern})
    # Half a character, as a sender makes who cuts an emoji in two, is any character to a pattern.
    return lambda text: fits(text if str(text).isascii() else str(text).encode(errors="replace").decode())


class Faults:
    """The faults of inputs under one schema, each found when it is asked for."""

    def __init__(self, schema: dict[str, Any] | bool) -> None:
        self._schema = schema
        self._judges: dict[str, Judge] = {}

    def of(self, content: object) -> Iterator[Fault]:
        """At least one, lazily; ``content`` is known not to fit. Raises RecursionError."""
        return self.of_part(self._schema, "", content)

    def of_part(self, part: Any, pointer: str, content: object) -> Iterator[Fault]:
        """The same of what does not fit the part at ``pointer``."""
        return Walk(self).faults(part, pointer, content, ())

    def compiled(self, name: str, schema: dict[str, Any]) -> Judge:
        """The judge of a schema that refers to nothing, made once under this name."""
        if name not in self._judges:
            self._judges[name] = compiled(schema)
        return self._judges[name]

    def judge(self, pointer: str, keyword: str = "") -> Judge:
        """Of the part at ``pointer``: of a value; with ``items`` of many values at once, and so on."""
        name = f"{keyword} {pointer}"
        if name not in self._judges:
            reference = _reference(pointer)
            found = self.at(reference["$ref"].removeprefix(_ROOT))
            # A reference costs the library as much as a small part: one that refers to nothing stands for itself.
            alone = found is not None and '"$' not in json.dumps(found[0])
            part = found[0] if found is not None and alone else reference
            self._judges[name] = compiled({keyword: part} if keyword else part, None if alone else self._schema)
        return self._judges[name]

    def alone(self, place: str, keyword: str, wanted: object) -> Judge:
        """Of a keyword by itself, which stands at ``place``."""
        return self.compiled(place, {keyword: wanted})

    def combined(self, place: str, keyword: str, schema: dict[str, Any]) -> Judge:
        """Of a keyword that combines parts, with those beside it that it counts by."""
        if place not in self._judges:
            wanted = schema[keyword]
            several = isinstance(wanted, list)
            parts = [_reference(f"{place}/{number}") for number in range(len(wanted))] if several else _reference(place)
            counted = {name: schema[name] for name in ("minContains", "maxContains") if name in schema}
            self._judges[place] = compiled({keyword: parts, **(counted if keyword == "contains" else {})}, self._schema)
        return self._judges[place]

    def at(self, reference: object) -> tuple[Any, str] | None:
        """The part that a ``$ref`` names and its pointer; None if it is named by another way than from the root."""
        if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
            return None
        pointer = unquote(reference[1:])
        part: Any = self._schema
        for step in pointer.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            part = part[int(name)] if isinstance(part, list) else part[name]
        return part, pointer


class Walk:
    """One walk to the faults of one input, with what is left of its looks."""

    def __init__(self, parts: Faults) -> None:
        self._parts = parts
        self._looks = MAX_LOOKS

    @property
    def goes_on(self) -> bool:
        """Whether it could look at everything so far."""
        return self._looks >= 0

    def faults(self, schema: Any, pointer: str, value: object, path: Path) -> Iterator[Fault]:
        """Those of ``value``, which does not fit the part ``schema`` at ``pointer``: one at least."""
        told = False
        # A part with an address of its own reads its references otherwise.
        if isinstance(schema, dict) and len(path) < MAX_DEPTH and not (pointer and "$id" in schema):
            for keyword in schema:
                for fault in chain(
                    self._own(schema, keyword, pointer, value, path),
                    self._within(schema, keyword, pointer, value, path),
                ):
                    told = True
                    yield fault
        if not told:
            yield Fault(path, unexplained(schema, value))

    def _own(self, schema: dict[str, Any], keyword: str, pointer: str, value: object, path: Path) -> Iterator[Fault]:
        """What is wrong by a keyword that has no other part."""
        wanted = schema[keyword]
        if keyword in SAID:
            if self._look() and not self._parts.alone(f"{pointer}/{keyword}", keyword, wanted)(value):
                yield Fault(path, SAID[keyword].format(value=shown(value), wanted=listed(keyword, wanted)))
        elif keyword in COMBINED:
            if self._look() and not self._parts.combined(f"{pointer}/{keyword}", keyword, schema)(value):
                yield Fault(path, f"{shown(value)} {COMBINED[keyword]}")
        elif isinstance(value, dict):
            if keyword in ("required", "dependentRequired"):
                yield from _missing(keyword, wanted, value, path)
            elif keyword == "additionalProperties" and wanted is False:
                for name in self._looked_at(value):
                    if additional(schema, name):
                        yield Fault(path, f"{shown(name)} is an additional property, and none is allowed")

    def _within(self, schema: dict[str, Any], keyword: str, pointer: str, value: object, path: Path) -> Iterator[Fault]:
        """What is wrong by the parts that a keyword applies."""
        applied = self._in_place(schema, keyword, pointer, value)
        if isinstance(value, dict):
            applied = chain(applied, self._members(schema, keyword, pointer, value))
        elif isinstance(value, list):
            applied = chain(applied, self._items(schema, keyword, pointer, value))
        for part, place, inner, steps in applied:
            if self._look() and not self._parts.judge(place)(inner):
                yield from self.faults(part, place, inner, (*path, *steps))

    def _in_place(self, schema: dict[str, Any], keyword: str, pointer: str, value: object) -> Iterator[Applied]:
        wanted, place = schema[keyword], f"{pointer}/{keyword}"
        if keyword == "$ref":
            if found := self._parts.at(wanted):
                yield (*found, value, ())
        elif keyword == "allOf":
            yield from ((part, f"{place}/{number}", value, ()) for number, part in enumerate(wanted))
        elif keyword == "if":
            branch = "then" if self._look() and self._parts.judge(place)(value) else "else"
            if branch in schema:
                yield schema[branch], f"{pointer}/{branch}", value, ()
        elif keyword == "dependentSchemas" and isinstance(value, dict):
            yield from ((part, f"{place}/{step(name)}", value, ()) for name, part in wanted.items() if name in value)
        elif keyword == "propertyNames" and isinstance(value, dict):
            yield from ((wanted, place, name, ()) for name in value)

    def _members(self, schema: dict[str, Any], keyword: str, pointer: str, value: dict[str, Any]) -> Iterator[Applied]:
        wanted, place = schema[keyword], f"{pointer}/{keyword}"
        if keyword == "properties":
            names = [name for name in wanted if name in value]
            yield from ((wanted[name], f"{place}/{step(name)}", value[name], (name,)) for name in names)
        elif keyword == "patternProperties":
            for pattern, part in wanted.items():
                for name in filter(matches(pattern), self._looked_at(value)):
                    yield part, f"{place}/{step(pattern)}", value[name], (name,)
        elif keyword == "additionalProperties" and wanted is not False:
            for name in self._looked_at(value):
                if additional(schema, name):
                    yield wanted, place, value[name], (name,)

    def _items(self, schema: dict[str, Any], keyword: str, pointer: str, value: list[Any]) -> Iterator[Applied]:
        wanted, place = schema[keyword], f"{pointer}/{keyword}"
        if keyword == "prefixItems":
            for number, (part, item) in enumerate(zip(wanted, value, strict=False)):
                yield part, f"{place}/{number}", item, (number,)
        elif keyword == "items":
            first = len(schema.get("prefixItems", ()))
            judge = self._parts.judge(place, "items")
            yield from (
                (wanted, place, value[number], (number,)) for number in self.wrong(judge, value, first, TOGETHER)
            )

    def wrong(self, judge: Judge, value: list[Any], start: int, size: int) -> Iterator[int]:
        """The numbers of the items from ``start`` that do not fit: ``size`` are judged together, then ever fewer."""
        for at in range(start, len(value), size):
            some = value[at : at + size]
            if self._look() and not judge(some):
                yield from [at] if size == 1 else (at + inner for inner in self.wrong(judge, some, 0, size // 4))

    def _look(self) -> bool:
        """Take one look; False if none is left."""
        self._looks -= 1
        return self._looks >= 0

    def _looked_at(self, names: dict[str, Any]) -> Iterator[str]:
        return (name for name in names if self._look())


@contextmanager
def no_panic() -> Iterator[None]:
    """RecursionError if a library in Rust is out of stack: its own is no Exception, and nothing would catch it."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise RecursionError from None


def _reference(pointer: str) -> dict[str, str]:
    return {"$ref": f"{_ROOT}#{quote(pointer, safe=_OF_A_FRAGMENT)}"}


def _fetch_nothing(address: str) -> Any:
    raise LookupError(f"{address} is not within the schema")


def step(name: str) -> str:
    """One step of a JSON pointer: https://www.rfc-editor.org/rfc/rfc6901#section-3 ."""
    return name.replace("~", "~0").replace("/", "~1")


def additional(schema: dict[str, Any], name: str) -> bool:
    """Whether a member is one that neither ``properties`` nor ``patternProperties`` speak of."""
    return name not in schema.get("properties", ()) and not any(
        matches(pattern)(name) for pattern in schema.get("patternProperties", ())
    )


def _missing(keyword: str, wanted: Any, value: dict[str, Any], path: Path) -> Iterator[Fault]:
    if keyword == "required":
        for name in wanted:
            if name not in value:
                yield Fault(path, f"{name!r} is a required property")
        return
    for name, others in wanted.items():
        for other in others:
            if name in value and other not in value:
                yield Fault(path, f"{other!r} is a dependency of {name!r}")
