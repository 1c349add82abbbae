"""The JSON Schema of an input: its violations, its defaults, and whether the schema itself is valid.

Draft 2020-12, https://json-schema.org/draft/2020-12/json-schema-validation. Nothing is ever fetched: a ``$ref`` refers
to a part of the same schema.

Two libraries: only jsonschema-rs validates inputs; jsonschema checks the schema itself, once, at load.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from verihook.errors import EventMalformed
from verihook.model.schema_defaults import Defaults, parts_of
from verihook.model.schema_faults import Fault, Walk, is_long
from verihook.model.schema_judges import Judges, matches, no_panic, step

#: The search for violations ends after so many: no sender mends more at once, and a body can have half a million.
MAX_VIOLATIONS = 100

#: The one draft that is understood. The keywords of another draft would be ignored without a word.
DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: A value of each kind but a text, which a library would match by Python's own regular expressions.
_SAMPLES: tuple[Any, ...] = ({}, [], 0, None)


class Schema:
    """A schema, compiled for many inputs."""

    def __init__(self, text: dict[str, Any] | bool) -> None:
        self._schema = text
        self._judges = Judges(text)
        self._defaults = Defaults(text)

    def compile(self) -> None:
        """Compile the schema now, so that the first input need not wait. Raises ValueError if the schema is wrong."""
        self._judges.whole()

    def filled(self, content: object) -> object:
        """Return ``content`` with the defaults that are missing in it; the very same object if none is missing.

        ``content`` itself is not changed. Raises EventMalformed if it is nested too deep.
        """
        try:
            with no_panic():
                return self._defaults.filled(content)
        except RecursionError:
            raise EventMalformed("The body is nested too deep.") from None

    def violations(self, content: object) -> list[dict[str, object]]:
        """Return up to :data:`MAX_VIOLATIONS` of ``{"path", "pointer", "message"}``, sorted by their pointers.

        For a large input, fewer may be found, but never none if there is one: see schema_faults. Raises EventMalformed
        if the content is nested too deep, and ValueError if the schema itself is wrong.
        """
        try:
            found = self._found(content)
        except UnicodeEncodeError:
            return self.violations(_whole_characters(content))
        except RecursionError:
            raise EventMalformed("The body is nested too deep.") from None
        return [_violation(fault) for fault in sorted(found, key=lambda fault: _pointer(fault.path))]

    def _found(self, content: object) -> list[Fault]:
        if is_long(content):
            walk = Walk(self._judges)
            found = list(islice(walk.found(self._schema, "", content), MAX_VIOLATIONS))
            if found or walk.goes_on:
                return found
        if self._judges.whole()(content):
            return []
        return list(islice(Walk(self._judges).faults(self._schema, "", content), MAX_VIOLATIONS))

    def check(self) -> None:
        """Raise ValueError, in words, if the schema is wrong: its form, a pattern, a ``$ref``, a default."""
        import jsonschema

        try:
            # Without its formats: its regular expressions are Python's, and ours are those of the judge.
            jsonschema.Draft202012Validator.check_schema(self._schema, format_checker=jsonschema.FormatChecker(()))
        except jsonschema.SchemaError as error:
            raise ValueError(f"not a JSON Schema: {error.json_path}: {error.message[:200]}") from None
        for place, part in parts_of(self._schema):
            if part.get("$schema", DIALECT) not in (DIALECT, f"{DIALECT}#"):
                raise ValueError(f"{place}: $schema {part['$schema']!r} is another draft; write {DIALECT}")
            self._check_ref(place, part)
            _check_patterns(place, part)
        self._try()
        try:
            self._judges.whole()
        except ValueError as error:
            raise ValueError(f"cannot be compiled: {str(error).splitlines()[0][:200]}") from None
        for place, part in parts_of(self._schema):
            if "default" in part:
                self._check_default(place, part)

    def _check_ref(self, place: str, part: dict[str, Any]) -> None:
        from referencing.exceptions import Unresolvable

        if "$ref" in part:
            try:
                self._defaults.root.lookup(part["$ref"])
            except Unresolvable:
                raise ValueError(f"{place}: $ref {part['$ref']!r} is not within the schema") from None

    def _try(self) -> None:
        """Apply every part to a value of each kind. Raises ValueError for a reference to itself, which never ends."""
        import jsonschema
        import referencing
        from referencing.exceptions import Unresolvable

        validator = jsonschema.Draft202012Validator(self._schema, registry=referencing.Registry())
        for place, part in parts_of(self._schema):
            try:
                with no_panic():
                    for value in _SAMPLES:
                        list(validator.descend(value, part))
            except RecursionError:
                raise ValueError(f"{place}: refers to itself without an end") from None
            except Unresolvable as error:
                raise ValueError(f"{place}: refers to what is not within the schema: {str(error)[:200]}") from None

    def _check_default(self, place: str, part: dict[str, Any]) -> None:
        try:
            with no_panic():
                default = self._defaults.within(part, part["default"])
                fits = self._judges.part(place.removeprefix("#"))(default)
        except RecursionError:
            raise ValueError(f"{place}: its default brings itself in again and again") from None
        if not fits:
            first = next(Walk(self._judges).faults(part, place.removeprefix("#"), default))
            raise ValueError(f"{place}: its default does not fit: {_pointer(first.path)} {first.message}")


def _check_patterns(place: str, part: dict[str, Any]) -> None:
    patterns = [
        (f"{place}/patternProperties/{step(pattern)}", pattern) for pattern in part.get("patternProperties", ())
    ]
    if "pattern" in part:
        patterns.append((f"{place}/pattern", part["pattern"]))
    for where, pattern in patterns:
        try:
            matches(pattern)
        except ValueError:
            raise ValueError(
                f"{where}: {pattern!r} is not a regular expression that can be matched in bounded time. What looks "
                "ahead or behind, refers back, or repeats to more than some megabytes is not taken; write it without"
            ) from None


def _whole_characters(content: Any) -> Any:
    """Return ``content`` with "?" for each half of a character (a sender that cuts a text may cut an emoji in two)."""
    if isinstance(content, str):
        return content.encode(errors="replace").decode()
    if isinstance(content, list):
        return [_whole_characters(each) for each in content]
    if isinstance(content, dict):
        return {_whole_characters(name): _whole_characters(each) for name, each in content.items()}
    return content


def _pointer(path: tuple[str | int, ...]) -> str:
    return "".join(f"/{step(str(name))}" for name in path)


def _violation(fault: Fault) -> dict[str, object]:
    return {"path": list(fault.path), "pointer": _pointer(fault.path), "message": fault.message}
