"""Payload templates: JSON of which some members are computed.

JSONPath: a member whose name ends in ``.$`` is a path or an intrinsic function (Parameters, Assign ...).
JSONata: any text ``{% ... %}``, however deep (Arguments, Output, Assign ...).
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-inputpath-params.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from verihook.local.states.data import text_of
from verihook.local.states.errors import StateError, runtime
from verihook.local.states.intrinsics import Call, begins_call, compile_call
from verihook.local.states.jsonata import compile_expression, evaluate, inner, is_expression
from verihook.local.states.paths import Missing, PastEnd, Path, compile_path
from verihook.local.states.scope import Scope


class Template(Protocol):
    """What a template has been compiled to."""

    def render(self, scope: Scope, field: str) -> Any:
        """Return the JSON that the template stands for; ``field`` is its place. Raises StateError."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in which nothing is computed. It is shared: nothing changes data in place."""

    value: Any

    def render(self, scope: Scope, field: str) -> Any:  # noqa: ARG002  # as every template
        """Return it."""
        return self.value


@dataclass(frozen=True, slots=True)
class Members:
    """An object."""

    of: dict[str, Template]

    def render(self, scope: Scope, field: str) -> Any:
        """Return the object."""
        return {name: template.render(scope, f"{field}/{name}") for name, template in self.of.items()}


@dataclass(frozen=True, slots=True)
class Items:
    """An array."""

    of: list[Template]

    def render(self, scope: Scope, field: str) -> Any:
        """Return the array."""
        return [template.render(scope, f"{field}[{number}]") for number, template in enumerate(self.of)]


@dataclass(frozen=True, slots=True)
class Expression:
    """A JSONata expression, without its marks."""

    text: str

    def render(self, scope: Scope, field: str) -> Any:
        """Return its value."""
        return evaluate(self.text, scope, field)


@dataclass(frozen=True, slots=True)
class Computed:
    """A path or an intrinsic function; ``name`` is the member's with its ``.$``."""

    text: str
    query: Path | Call
    name: str

    def render(self, scope: Scope, field: str) -> Any:  # noqa: ARG002  # AWS names the member alone
        """Return its value; beyond the end of an array that is null."""
        try:
            return self.query.value(scope)
        except PastEnd:
            return None
        except (Missing, ValueError):
            raise not_found(self.text, self.name, self.query, scope) from None


def query_value(query: Path | Call, text: str, field: str, scope: Scope) -> Any:
    """Return the value of a path or a call that a field such as ErrorPath has. Raises StateError."""
    try:
        return query.value(scope)
    except (Missing, ValueError):
        raise not_found(text, field, query, scope) from None


def not_found(text: str, field: str, query: Path | Call, scope: Scope) -> StateError:
    """Return the error of a field's path that leads nowhere; of a path into the context, that is what it shows."""
    searched = scope.context() if isinstance(query, Path) and query.root == "context" else scope.data
    cause = f"The JSONPath '{text}' specified for the field '{field}' could not be found in the input"
    return runtime(f"{cause} '{text_of(searched)}'")


def compile_query(text: Any) -> Path | Call:
    """Return the path or call that a text is. Raises ValueError if it is neither."""
    if not isinstance(text, str):
        raise ValueError("must be a string")
    return compile_call(text) if begins_call(text) else compile_path(text)


def compile_payload(value: Any) -> Template:
    """Return the template of JSONPath. Raises ValueError."""
    if isinstance(value, list):
        items = [compile_payload(item) for item in value]
        return Literal(value) if _constant(items) else Items(items)
    if not isinstance(value, dict):
        return Literal(value)
    members: dict[str, Template] = {}
    for name, item in value.items():
        plain = name.removesuffix(".$")
        if plain in members:
            raise ValueError(f"The field '{plain}' is given twice")
        members[plain] = _computed(name, item) if plain != name else compile_payload(item)
    return Literal(value) if _constant(list(members.values())) else Members(members)


def _computed(name: str, text: Any) -> Computed:
    try:
        return Computed(text, compile_query(text), name)
    except ValueError as error:
        said = f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
        raise ValueError(said) from error


def compile_jsonata(value: Any) -> Template:
    """Return the template of JSONata. Raises ValueError."""
    if isinstance(value, list):
        items = [compile_jsonata(item) for item in value]
        return Literal(value) if _constant(items) else Items(items)
    if isinstance(value, dict):
        members = {name: compile_jsonata(item) for name, item in value.items()}
        return Literal(value) if _constant(list(members.values())) else Members(members)
    if not is_expression(value):
        return Literal(value)
    compile_expression(inner(value))
    return Expression(inner(value))


def _constant(templates: list[Template]) -> bool:
    return all(isinstance(template, Literal) for template in templates)
