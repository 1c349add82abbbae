"""What goes into a state and what comes out of it.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html
"""

from __future__ import annotations

import re
from typing import Any

from verihook.local.states.data import is_whole, text_of
from verihook.local.states.errors import QUERY, REFERENCE, StateError, runtime
from verihook.local.states.machine import State
from verihook.local.states.paths import Conflict, Missing, Path, Reference
from verihook.local.states.scope import Scope
from verihook.local.states.templates import Expression, Template, query_value

_INTEGER = re.compile(r"-?[0-9]{1,19}")


def at_path(path: Path | None, scope: Scope) -> Any:
    """Return what InputPath or OutputPath selects: of null, an empty object. Raises StateError."""
    if path is None:
        return {}
    try:
        return path.value(scope)
    except (Missing, ValueError) as error:
        raise runtime(f"Invalid path '{path.text}' : {error}") from None


def effective_input(state: State, scope: Scope) -> Any:
    """Return the state's input after InputPath; JSONata has none."""
    return at_path(state.of["InputPath"], scope) if "InputPath" in state.of else scope.data


def arguments(state: State, scope: Scope, data: Any) -> Any:
    """Return what a state hands on: Parameters or Arguments, or its effective input."""
    field = "Arguments" if state.jsonata else "Parameters"
    template: Template | None = state.of.get(field)
    return data if template is None else template.render(scope.on(data), field)


def assigned(template: Template | None, scope: Scope, place: str = "") -> dict[str, Any]:
    """Return the variables that an Assign sets; ``place`` is where in the state it stands, with a slash."""
    found: dict[str, Any] = {} if template is None else template.render(scope, f"{place}Assign")
    return found


def output_of(state: State, scope: Scope, result: Any) -> Any:
    """Return the state's output for its result: ResultSelector, ResultPath and OutputPath, or Output.

    ``scope.data`` is the state's raw input.
    """
    if state.jsonata:
        template: Template | None = state.of.get("Output")
        return result if template is None else template.render(scope, "Output")
    selector: Template | None = state.of.get("ResultSelector")
    if selector is not None:
        result = selector.render(scope.on(result), "ResultSelector")
    output = placed(state.of["ResultPath"], scope.data, result) if "ResultPath" in state.of else result
    return at_path(state.of["OutputPath"], scope.on(output)) if "OutputPath" in state.of else output


def placed(path: Reference | None, document: Any, value: Any) -> Any:
    """Return the document with a value at the place that ResultPath names; the document alone if that is null."""
    if path is None:
        return document
    try:
        return path.put(document, value)
    except Conflict as error:
        raise conflict(error, document) from None


def conflict(error: Conflict, document: Any) -> StateError:
    """Return the error of a Reference Path that does not fit, which AWS words without the state's name.

    The language's specification calls it States.ResultPathMatchFailure; AWS does not.
    """
    return StateError(REFERENCE, f'Unable to apply step "{error.args[0]}" to input {text_of(document)}')


def whole_number(state: State, field: str, scope: Scope, *, least: int = 0) -> int | None:
    """Return what a field such as TimeoutSeconds, or its twin with Path, says. Raises StateError."""
    if f"{field}Path" in state.of:
        value = whole_number_at(state.of[f"{field}Path"], f"{field}Path", scope)
    elif (template := state.of.get(field)) is None:
        return None
    else:
        value = evaluated_number(template, field, scope)
    if value < least:
        kind = "positive" if least else "non-negative"
        raise wrong_value(state, field, f"Expected {kind} integer for {field}, got '{text_of(value)}' instead.")
    return value


def whole_number_at(path: Path, field: str, scope: Scope) -> int:
    """Return what a field such as MaxConcurrencyPath refers to: an integer, or one as a text. Raises StateError."""
    value = query_value(path, path.text, field, scope)
    written = value if isinstance(value, str) else text_of(value)
    if isinstance(value, bool) or not _INTEGER.fullmatch(written) or not -(2**63) <= int(written) < 2**63:
        cause = f'The {field} field refers to value "{written}" which is not a valid integer: {path.text}'
        raise runtime(cause)
    return int(written)


def evaluated_number(template: Template, field: str, scope: Scope) -> int:
    """Return the integer that a field has or its JSONata expression gives. Raises StateError."""
    value = template.render(scope, field)
    if is_whole(value):
        return int(value)
    from verihook.local.states.choices import unexpected

    raise unexpected(template.text if isinstance(template, Expression) else "", field, "integer", value)


def wrong_value(state: State, field: str, cause: str) -> StateError:
    """Return the error of a field whose value is out of its bounds: in JSONata one of the evaluation."""
    return StateError(QUERY, cause, located=True, location=field) if state.jsonata else runtime(cause)
