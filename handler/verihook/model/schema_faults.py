"""What is wrong with an input that does not fit its JSON Schema, at a cost that the input cannot raise.

A walk goes down from the whole input to the values that the judges of the schema's parts (schema_judges) refuse. To
judge a large value at each level on the way down would take its whole length each time. So a value with a long list or
a large object in it is judged keyword by keyword instead. Items and members are judged in groups; a group with a fault
in it is split into ever smaller ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, NamedTuple

from verihook.model.schema_judges import Judge, Judges, step
from verihook.model.schema_words import COMBINED, SAID, listed, shown, unexplained

#: How many judgements a walk makes, and how deep it goes; beyond that, a value is only said not to fit the schema.
MAX_LOOKS = 20_000
MAX_DEPTH = 32

#: How many items or members are judged together, a power of 4: most groups of a long list have no fault.
TOGETHER = 1024

#: How many items make a list long, or members an object large; and in how many values :func:`is_long` looks for one.
LONG = 4096
NEAR = 256

#: The keywords that apply other parts, those that judge nothing, and the rest that the walk decides by itself.
_APPLYING = {"$ref", "allOf", "if", "then", "else", "dependentSchemas", "properties", "prefixItems", "items"}
_SILENT = {"$schema", "$comment", "$defs", "title", "description", "default", "examples", "deprecated"}
_OF_NAMES = {"required", "dependentRequired", "additionalProperties", "patternProperties", "propertyNames"}
_DECIDED = {*SAID, *COMBINED, "minContains", "maxContains", *_APPLYING, *_SILENT, "readOnly", "writeOnly", *_OF_NAMES}

#: A tuple: for isinstance it is faster than ``list | dict``.
_CONTAINERS = (list, dict)

Path = tuple[str | int, ...]
#: A part that is applied, its pointer, the value that it is applied to, and the steps that lead to that value.
Applied = tuple[Any, str, object, Path]


class Fault(NamedTuple):
    """What is wrong at ``path``: the names and numbers that lead there."""

    path: Path
    message: str


def is_long(value: object) -> bool:
    """Whether ``value`` is a long list or a large object, or has one among some :data:`NEAR` values in it."""
    near, looked = [value] if isinstance(value, _CONTAINERS) else [], 0
    while near:
        sizes = [len(one) for one in near]
        if max(sizes) >= LONG:
            return True
        looked += sum(sizes)
        if looked > NEAR:
            break
        near = [each for one in near if isinstance(one, dict) for each in one.values() if isinstance(each, _CONTAINERS)]
    return False


class Walk:
    """One walk to the faults of one input, with what is left of its looks."""

    def __init__(self, judges: Judges) -> None:
        self._judges = judges
        self._looks = MAX_LOOKS

    @property
    def goes_on(self) -> bool:
        """Whether the walk still has looks, and so has missed nothing yet."""
        return self._looks >= 0

    def found(self, schema: Any, pointer: str, value: object, path: Path = ()) -> Iterator[Fault]:
        """Yield the faults of ``value`` under the part ``schema`` at ``pointer``: none if it fits, or no look is left.

        Raises RecursionError and UnicodeEncodeError.
        """
        if is_long(value) and self._decides(schema, path):
            yield from self._by_keywords(schema, pointer, value, path)
        elif self._look() and not self._judges.part(pointer)(value):
            yield from self.faults(schema, pointer, value, path)

    def faults(self, schema: Any, pointer: str, value: object, path: Path = ()) -> Iterator[Fault]:
        """Yield at least one fault of ``value``, which does not fit the part ``schema`` at ``pointer``."""
        explained = False
        # In a part with an "$id", references are relative to that.
        if isinstance(schema, dict) and len(path) < MAX_DEPTH and not (pointer and "$id" in schema):
            for fault in self._by_keywords(schema, pointer, value, path):
                explained = True
                yield fault
        if not explained:
            yield Fault(path, unexplained(schema, value))

    def _decides(self, schema: Any, path: Path) -> bool:
        """Whether the keywords of a part say, one by one, all that the part says."""
        known = isinstance(schema, dict) and len(path) < MAX_DEPTH and schema.keys() <= _DECIDED
        return known and ("$ref" not in schema or self._judges.at(schema["$ref"]) is not None)

    def _by_keywords(self, schema: dict[str, Any], pointer: str, value: object, path: Path) -> Iterator[Fault]:
        for keyword in schema:
            yield from self._own(schema, keyword, pointer, value, path)
            yield from self._within(schema, keyword, pointer, value, path)

    def _own(self, schema: dict[str, Any], keyword: str, pointer: str, value: object, path: Path) -> Iterator[Fault]:
        """Yield the faults by a keyword that applies no other part."""
        wanted = schema[keyword]
        if keyword in SAID:
            if self._look() and not self._judges.alone(f"{pointer}/{keyword}", keyword, wanted)(value):
                yield Fault(path, SAID[keyword].format(value=shown(value), wanted=listed(keyword, wanted)))
        elif keyword in COMBINED:
            if self._look() and not self._judges.combined(f"{pointer}/{keyword}", keyword, schema)(value):
                yield Fault(path, f"{shown(value)} {COMBINED[keyword]}")
        elif isinstance(value, dict):
            if keyword in ("required", "dependentRequired"):
                yield from _missing(keyword, wanted, value, path)
            elif keyword == "additionalProperties" and wanted is False:
                for name in self._additional(schema, f"{pointer}/{keyword}", value):
                    yield Fault(path, f"{shown(name)} is an additional property, and none is allowed")

    def _within(self, schema: dict[str, Any], keyword: str, pointer: str, value: object, path: Path) -> Iterator[Fault]:
        """Yield the faults by the parts that a keyword applies."""
        applied = self._in_place(schema, keyword, pointer, value)
        if isinstance(value, dict):
            applied = chain(applied, self._members(schema, keyword, pointer, value))
        elif isinstance(value, list):
            applied = chain(applied, self._items(schema, keyword, pointer, value))
        for part, place, inner, steps in applied:
            yield from self.found(part, place, inner, (*path, *steps))

    def _in_place(self, schema: dict[str, Any], keyword: str, pointer: str, value: object) -> Iterator[Applied]:
        wanted, place = schema[keyword], f"{pointer}/{keyword}"
        if keyword == "$ref":
            if found := self._judges.at(wanted):
                yield (*found, value, ())
        elif keyword == "allOf":
            yield from ((part, f"{place}/{number}", value, ()) for number, part in enumerate(wanted))
        elif keyword == "if":
            branch = "then" if self._look() and self._judges.part(place)(value) else "else"
            if branch in schema:
                yield schema[branch], f"{pointer}/{branch}", value, ()
        elif keyword == "dependentSchemas" and isinstance(value, dict):
            yield from ((part, f"{place}/{step(name)}", value, ()) for name, part in wanted.items() if name in value)

    def _members(self, schema: dict[str, Any], keyword: str, pointer: str, value: dict[str, Any]) -> Iterator[Applied]:
        wanted, place = schema[keyword], f"{pointer}/{keyword}"
        if keyword == "properties":
            names = [name for name in wanted if name in value]
            yield from ((wanted[name], f"{place}/{step(name)}", value[name], (name,)) for name in names)
        elif keyword == "patternProperties":
            for pattern, part in wanted.items():
                at = f"{place}/{step(pattern)}"
                for name in self._wrong_members(self._judges.part(at, keyword, pattern), value):
                    yield part, at, value[name], (name,)
        elif keyword == "additionalProperties" and wanted is not False:
            yield from ((wanted, place, value[name], (name,)) for name in self._additional(schema, place, value))
        elif keyword == "propertyNames":
            names = list(value)
            judge = self._judges.part(place, "items")
            yield from ((wanted, place, names[number], ()) for number in self._wrong(judge, names, 0, TOGETHER))

    def _additional(self, schema: dict[str, Any], place: str, value: dict[str, Any]) -> Iterator[str]:
        """The names of the members that do not fit ``additionalProperties``, which stands at ``place``."""
        others = {
            keyword: dict.fromkeys(schema.get(keyword, ()), True) for keyword in ("properties", "patternProperties")
        }
        return self._wrong_members(self._judges.part(place, "additionalProperties", "", **others), value)

    def _items(self, schema: dict[str, Any], keyword: str, pointer: str, value: list[Any]) -> Iterator[Applied]:
        wanted, place = schema[keyword], f"{pointer}/{keyword}"
        if keyword == "prefixItems":
            for number, (part, item) in enumerate(zip(wanted, value, strict=False)):
                yield part, f"{place}/{number}", item, (number,)
        elif keyword == "items":
            first = len(schema.get("prefixItems", ()))
            judge = self._judges.part(place, "items")
            yield from (
                (wanted, place, value[number], (number,)) for number in self._wrong(judge, value, first, TOGETHER)
            )

    def _wrong(self, judge: Judge, value: list[Any], start: int, size: int) -> Iterator[int]:
        """The numbers of the items from ``start`` that do not fit: ``size`` are judged together, then ever fewer."""
        for at in range(start, len(value), size):
            some = value[at : at + size]
            if self._look() and not judge(some):
                yield from [at] if size == 1 else (at + inner for inner in self._wrong(judge, some, 0, size // 4))

    def _wrong_members(self, judge: Judge, value: dict[str, Any], size: int = TOGETHER) -> Iterator[str]:
        """The names of the members that do not fit: all are judged together, then ``size`` of them, then ever fewer."""
        if not self._look() or judge(value):
            return
        while 0 < len(value) <= size:
            size //= 4
        rest = iter(value.items())
        while size and (some := dict(islice(rest, size))):
            yield from self._wrong_members(judge, some, size // 4)
        if not size:
            yield from value

    def _look(self) -> bool:
        """Take one look; False if none is left."""
        self._looks -= 1
        return self._looks >= 0


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
