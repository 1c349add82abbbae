"""The JSON Schema of an input: what breaks it, what it adds, and whether it is one itself.

Draft 2020-12, https://json-schema.org/draft/2020-12/json-schema-validation. Nothing is ever fetched: a ``$ref`` reaches
into the schema itself and nowhere else.

jsonschema-rs says yes or no, in a hundredth of the time; jsonschema, which takes a cold start 60 ms to import, says
what is wrong, and whether a schema is one.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from operator import itemgetter
from typing import Any

from verihook.errors import EventMalformed
from verihook.schema_validator import validator_class

#: No more violations are looked for: a sender mends no more at once, and a body of a megabyte can have half a million.
MAX_VIOLATIONS = 100

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

#: The one draft that is understood: keywords of another would be passed over in silence.
DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: A value of each kind.
_SAMPLES: tuple[Any, ...] = ({}, [], "", 0, None)


class Schema:
    """A schema, compiled for many inputs."""

    def __init__(self, text: dict[str, Any] | bool) -> None:
        self._schema = text
        self._fits = _compiled(text)
        self._defaults = any("default" in part for _, part in _parts(text))

    @cached_property
    def _root(self) -> Any:
        import referencing
        from referencing.jsonschema import DRAFT202012

        return referencing.Registry().resolver_with_root(DRAFT202012.create_resource(self._schema))

    @cached_property
    def _validator(self) -> Any:
        import referencing

        # An empty registry: a $ref never makes the validator fetch something over the network.
        return validator_class()(self._schema, registry=referencing.Registry())

    def filled(self, content: object) -> object:
        """``content`` with the defaults that are missing in it; the very same object where none is missing.

        Defaults stand in ``properties``, and are found through ``items``, ``prefixItems``, ``additionalProperties``,
        ``patternProperties``, ``allOf`` and ``$ref``: what holds for every input. ``content`` itself is not changed.
        Raises EventMalformed where it is nested too deep.
        """
        if not self._defaults:
            return content
        try:
            with _no_panic():
                return _fill(self._schema, content, self._root)
        except RecursionError:
            raise EventMalformed("The body is nested too deep.") from None

    def violations(self, content: object) -> list[dict[str, object]]:
        """The first :data:`MAX_VIOLATIONS`, ``{"path", "pointer", "message"}``, in the order of their paths.

        Raises EventMalformed if the content is nested too deep.
        """
        if self._fits(content):
            return []
        try:
            with _no_panic():
                # Each is made short at once: its message may quote the whole content.
                found = [
                    (error.json_path, _violation(error))
                    for error in islice(self._validator.iter_errors(content), MAX_VIOLATIONS)
                ]
        except RecursionError:
            raise EventMalformed("The body is nested too deep.") from None
        return [violation for _, violation in sorted(found, key=itemgetter(0))]

    def check(self) -> None:
        """Raises ValueError, in words, where the schema is wrong: its form, a ``$ref``, a default."""
        import jsonschema

        try:
            jsonschema.Draft202012Validator.check_schema(self._schema)
        except jsonschema.SchemaError as error:
            raise ValueError(f"not a JSON Schema: {error.json_path}: {error.message[:200]}") from None
        for place, part in _parts(self._schema):
            if part.get("$schema", DIALECT) not in (DIALECT, f"{DIALECT}#"):
                raise ValueError(f"{place}: $schema {part['$schema']!r} is another draft; write {DIALECT}")
            self._check_ref(place, part)
        self._try()
        for place, part in _parts(self._schema):
            if "default" in part:
                self._check_default(place, part)

    def _check_ref(self, place: str, part: dict[str, Any]) -> None:
        from referencing.exceptions import Unresolvable

        if "$ref" in part:
            try:
                self._root.lookup(part["$ref"])
            except Unresolvable:
                raise ValueError(f"{place}: $ref {part['$ref']!r} is not within the schema") from None

    def _try(self) -> None:
        """Apply every part to a value of each kind: a reference to itself never ends, whatever it is applied to."""
        from referencing.exceptions import Unresolvable

        for place, part in _parts(self._schema):
            try:
                with _no_panic():
                    for value in _SAMPLES:
                        list(self._validator.descend(value, part))
            except RecursionError:
                raise ValueError(f"{place}: refers to itself without an end") from None
            except Unresolvable as error:
                raise ValueError(f"{place}: refers to what is not within the schema: {str(error)[:200]}") from None

    def _check_default(self, place: str, part: dict[str, Any]) -> None:
        try:
            with _no_panic():
                default = _fill(part, part["default"], self._root)
                error = next(iter(self._validator.descend(default, part)), None)
        except RecursionError:
            raise ValueError(f"{place}: its default brings itself in again and again") from None
        if error is not None:
            raise ValueError(f"{place}: its default does not fit: {error.message[:200]}")


@contextmanager
def _no_panic() -> Iterator[None]:
    """RecursionError where a library in Rust is out of stack: its own is no Exception, and nobody would catch it."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise RecursionError from None


def _compiled(text: dict[str, Any] | bool) -> Callable[[object], bool]:
    """Whether a content fits for certain; where it says no, the other library has the last word."""
    # Imported here: a cold start that needs no schema does not pay for it.
    import jsonschema_rs

    def fetch(uri: str) -> Any:
        raise LookupError(f"{uri} is not within the schema")

    try:
        is_valid = jsonschema_rs.Draft202012Validator(text, retriever=fetch).is_valid
    except ValueError:
        # Not a schema, or one that it cannot compile.
        return lambda _: False

    def fits(content: object) -> bool:
        try:
            with _no_panic():
                return is_valid(content)
        except (ValueError, RecursionError):
            # A lone surrogate, or nested too deep.
            return False

    return fits


def _parts(schema: object, place: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema within a schema, itself first, each with its place: ``#/properties/a``."""
    if not isinstance(schema, dict):
        return
    yield place, schema
    for key, value in schema.items():
        if key in _ONE:
            yield from _parts(value, f"{place}/{key}")
        elif key in _LIST and isinstance(value, list):
            for number, inner in enumerate(value):
                yield from _parts(inner, f"{place}/{key}/{number}")
        elif key in _MAP and isinstance(value, dict):
            for name, inner in value.items():
                yield from _parts(inner, f"{place}/{key}/{name}")


def _fill(schema: object, content: object, resolver: Any, passed: frozenset[int] = frozenset()) -> Any:
    """``passed``: the schemas that were applied to this very value already, so that a ``$ref`` to itself has an end."""
    if not isinstance(schema, dict) or id(schema) in passed:
        return content
    passed |= {id(schema)}
    if "$ref" in schema:
        target = resolver.lookup(schema["$ref"])
        content = _fill(target.contents, content, target.resolver, passed)
    for inner in schema.get("allOf", ()):
        content = _fill(inner, content, resolver, passed)
    if isinstance(content, dict):
        return _fill_object(schema, content, resolver)
    if isinstance(content, list):
        return _fill_array(schema, content, resolver)
    return content


def _fill_object(schema: dict[str, Any], content: dict[str, Any], resolver: Any) -> dict[str, Any]:
    fresh: dict[str, Any] = {}
    properties = schema.get("properties", {})
    for name, inner in properties.items():
        if name in content:
            fresh[name] = _fill(inner, content[name], resolver)
        elif isinstance(inner, dict) and "default" in inner:
            fresh[name] = _fill(inner, copy.deepcopy(inner["default"]), resolver)
    patterns = schema.get("patternProperties", {})
    rest = schema.get("additionalProperties")
    for name in content if patterns or isinstance(rest, dict) else ():
        matching = [inner for pattern, inner in patterns.items() if re.search(pattern, name)]
        if not matching and name not in properties:
            matching = [rest]
        for inner in matching:
            fresh[name] = _fill(inner, fresh.get(name, content[name]), resolver)
    if all(name in content and content[name] is value for name, value in fresh.items()):
        return content
    return {**content, **fresh}


def _fill_array(schema: dict[str, Any], content: list[Any], resolver: Any) -> list[Any]:
    first = schema.get("prefixItems", [])
    rest = [schema.get("items")] * (len(content) - len(first))
    fresh = [_fill(inner, value, resolver) for inner, value in zip([*first, *rest], content, strict=False)]
    return content if all(new is old for new, old in zip(fresh, content, strict=True)) else fresh


def _violation(error: Any) -> dict[str, object]:
    path = list(error.absolute_path)
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return {"path": path, "pointer": pointer, "message": error.message[:300]}
