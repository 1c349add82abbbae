"""The defaults that a schema adds to an input, and the parts of a schema."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from verihook.model.schema_judges import matches, step

#: Keywords whose value is a schema, a list of schemas, or a map of names to schemas.
_ONE = (
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_LIST = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAP = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")


def parts_of(schema: object, place: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the schema itself and every schema in it, each after its place, such as ``#/properties/a``."""
    if not isinstance(schema, dict):
        return
    yield place, schema
    for key, value in schema.items():
        if key in _ONE:
            yield from parts_of(value, f"{place}/{key}")
        elif key in _LIST and isinstance(value, list):
            for number, inner in enumerate(value):
                yield from parts_of(inner, f"{place}/{key}/{number}")
        elif key in _MAP and isinstance(value, dict):
            for name, inner in value.items():
                yield from parts_of(inner, f"{place}/{key}/{step(name)}")


class Defaults:
    """The defaults of one schema.

    A default belongs to a member of ``properties``. It is found through ``items``, ``prefixItems``,
    ``additionalProperties``, ``patternProperties``, ``allOf`` and ``$ref``: keywords that apply to every input.
    """

    def __init__(self, schema: dict[str, Any] | bool) -> None:
        self._schema = schema

    @cached_property
    def root(self) -> Any:
        """Return the resolver that looks up a ``$ref``."""
        import referencing
        from referencing.jsonschema import DRAFT202012

        return referencing.Registry().resolver_with_root(DRAFT202012.create_resource(self._schema))

    @cached_property
    def _leading(self) -> frozenset[int]:
        """Return the ``id()`` of each part that has a default below it. No array is walked through for other parts."""
        parts = [part for _, part in parts_of(self._schema)]
        found = frozenset(id(part) for part in parts if "default" in part)
        # References may form a circle, so this is repeated until it adds no part.
        while found and (more := {id(part) for part in parts if not found.isdisjoint(self._next(part))} - found):
            found |= more
        return found

    def _next(self, part: dict[str, Any]) -> Iterator[int]:
        if "$ref" in part:
            yield id(self.root.lookup(part["$ref"]).contents)
        yield from map(id, part.get("allOf", ()))
        yield from map(id, part.get("prefixItems", ()))
        yield from (id(part[key]) for key in ("items", "additionalProperties") if key in part)
        for key in ("properties", "patternProperties"):
            yield from map(id, part.get(key, {}).values())

    def filled(self, content: object) -> object:
        """Return ``content`` with the missing defaults; the same object if none is missing. Raises RecursionError."""
        return self.within(self._schema, content) if self._leading else content

    def within(self, part: object, content: object) -> Any:
        """Return ``content`` with the missing defaults of ``part``, a part of the schema. Raises RecursionError."""
        return self._fill(part, content, self.root)

    def _fill(self, schema: object, content: object, resolver: Any, passed: frozenset[int] = frozenset()) -> Any:
        """``passed``: the parts that were applied to this very value, so that a ``$ref`` to itself has an end."""
        if not isinstance(schema, dict) or id(schema) not in self._leading or id(schema) in passed:
            return content
        # Most parts apply no other part to the same value; this test saves a set for each of many items.
        if "$ref" in schema or "allOf" in schema:
            content = self._fill_in_place(schema, content, resolver, passed | {id(schema)})
        if isinstance(content, dict):
            return self._fill_object(schema, content, resolver)
        if isinstance(content, list):
            return self._fill_array(schema, content, resolver)
        return content

    def _fill_in_place(self, schema: dict[str, Any], content: object, resolver: Any, passed: frozenset[int]) -> Any:
        if "$ref" in schema:
            target = resolver.lookup(schema["$ref"])
            content = self._fill(target.contents, content, target.resolver, passed)
        for inner in schema.get("allOf", ()):
            content = self._fill(inner, content, resolver, passed)
        return content

    def _fill_object(self, schema: dict[str, Any], content: dict[str, Any], resolver: Any) -> dict[str, Any]:
        fresh: dict[str, Any] = {}
        for name, inner in schema.get("properties", {}).items():
            if name in content:
                if (filled := self._fill(inner, content[name], resolver)) is not content[name]:
                    fresh[name] = filled
            elif isinstance(inner, dict) and "default" in inner:
                fresh[name] = self._fill(inner, copy.deepcopy(inner["default"]), resolver)
        if "patternProperties" in schema or "additionalProperties" in schema:
            for name, inner in self._unnamed(schema, content):
                before = fresh.get(name, content[name])
                if (filled := self._fill(inner, before, resolver)) is not before:
                    fresh[name] = filled
        return {**content, **fresh} if fresh else content

    def _unnamed(self, schema: dict[str, Any], content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """The members with the parts that apply to them by a pattern, or as additional ones, and lead to a default."""
        patterns = [(matches(pattern), inner) for pattern, inner in schema.get("patternProperties", {}).items()]
        rest, named = schema.get("additionalProperties"), schema.get("properties", ())
        if self._leading.isdisjoint(map(id, (rest, *(inner for _, inner in patterns)))):
            return
        for name in content:
            found = [inner for fits, inner in patterns if fits(name)]
            if not found and name not in named:
                found = [rest]
            yield from ((name, inner) for inner in found if id(inner) in self._leading)

    def _fill_array(self, schema: dict[str, Any], content: list[Any], resolver: Any) -> list[Any]:
        first, rest = schema.get("prefixItems", []), schema.get("items")
        fresh = [self._fill(inner, value, resolver) for inner, value in zip(first, content, strict=False)]
        if id(rest) in self._leading:
            fresh += [self._fill(rest, value, resolver) for value in content[len(first) :]]
        if all(new is old for new, old in zip(fresh, content, strict=False)):
            return content
        return [*fresh, *content[len(fresh) :]]
