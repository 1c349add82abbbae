"""Collects what is wrong with a definition, so that all of it is said at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, ParamSpec, TypeVar

from verihook.local.states.errors import Diagnostic
from verihook.local.states.jsonata import NotAnExpression

P = ParamSpec("P")
T = TypeVar("T")

SCHEMA = "SCHEMA_VALIDATION_FAILED"
EMPTY = "Value cannot be empty"


class Findings:
    """``errors`` in the order in which they were found."""

    def __init__(self) -> None:
        self.errors: list[Diagnostic] = []

    def add(self, message: str, location: str, code: str = SCHEMA) -> None:
        """Add a finding."""
        self.errors.append(Diagnostic(code, message, location))

    def attempt(self, location: str, make: Callable[P, T], *given: P.args, **named: P.kwargs) -> T | None:
        """Return what is made; its ValueError becomes a finding, and None is returned."""
        try:
            return make(*given, **named)
        except NotAnExpression:
            return None  # it is among the findings, with its place: references.py
        except ValueError as error:
            self.add(str(error), location)
            return None

    def only(self, given: dict[str, Any], allowed: set[str], location: str) -> None:
        """Add a finding for each field that is not allowed there; AWS names the object, not the field's place."""
        for field in given:
            if field not in allowed:
                self.add(f"Field '{field}' is not supported", location or "/")

    def exactly_one(self, given: dict[str, Any], names: Collection[str], location: str) -> None:
        """Add a finding if the object has none of the fields, or several."""
        if (count := sum(name in given for name in names)) != 1:
            self.add(how_many(names, count), location)

    def one_of(self, given: dict[str, Any], pairs: Iterable[tuple[str, str]], location: str) -> None:
        """Add a finding for each pair of fields of which both are given."""
        for one, other in pairs:
            if one in given and other in given:
                self.add(how_many((one, other), 2), location)


def how_many(names: Iterable[str], count: int) -> str:
    """Return what AWS says of an object that has none of the fields, or more than one."""
    said = "There should only be" if count else "This object should have only"
    return f"{said} one of the following fields: [{', '.join(names)}]"
