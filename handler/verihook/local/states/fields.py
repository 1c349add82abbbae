"""What fields a state may have, by its type and query language, and what each becomes.

https://states-language.net/spec.html#state-type-table
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verihook.local.states.data import is_number, is_whole
from verihook.local.states.jsonata import is_expression
from verihook.local.states.paths import Path, Reference, compile_path, compile_reference
from verihook.local.states.templates import Literal, Template, compile_jsonata, compile_payload, compile_query
from verihook.local.states.timestamps import instant

JSONPATH = "JSONPath"
JSONATA = "JSONata"

_ALWAYS = {"Type", "Comment", "QueryLanguage"}
_ON = {"Next", "End"}
_AROUND = {"InputPath", "OutputPath"}
_TOLERATED = {"ToleratedFailureCount", "ToleratedFailurePercentage"}
_MAP = _TOLERATED | {
    "ItemSelector", "ItemProcessor", "MaxConcurrency", "ItemReader", "ItemBatcher", "ResultWriter", "Label",
}  # fmt: skip
_FAILING = {"Retry", "Catch"}
_LIMITS = {"TimeoutSeconds", "HeartbeatSeconds"}

#: By language and type.
ALLOWED: dict[str, dict[str, set[str]]] = {
    JSONPATH: {
        "Pass": _ALWAYS | _ON | _AROUND | {"ResultPath", "Parameters", "Result", "Assign"},
        "Task": _ALWAYS | _ON | _AROUND | _FAILING | _LIMITS | {
            "ResultPath", "Parameters", "ResultSelector", "Assign", "Resource", "TimeoutSecondsPath",
            "HeartbeatSecondsPath", "Credentials",
        },
        "Choice": _ALWAYS | _AROUND | {"Choices", "Default", "Assign"},
        "Wait": _ALWAYS | _ON | _AROUND | {"Seconds", "Timestamp", "SecondsPath", "TimestampPath", "Assign"},
        "Succeed": _ALWAYS | _AROUND,
        "Fail": _ALWAYS | {"Error", "Cause", "ErrorPath", "CausePath"},
        "Parallel": _ALWAYS | _ON | _AROUND | _FAILING | {
            "ResultPath", "Parameters", "ResultSelector", "Assign", "Branches",
        },
        "Map": _ALWAYS | _ON | _AROUND | _FAILING | _MAP | {
            "ResultPath", "Parameters", "ResultSelector", "Assign", "ItemsPath", "Iterator", "MaxConcurrencyPath",
            "ToleratedFailureCountPath", "ToleratedFailurePercentagePath",
        },
    },
    JSONATA: {
        "Pass": _ALWAYS | _ON | {"Output", "Assign"},
        "Task": _ALWAYS | _ON | _FAILING | _LIMITS | {"Arguments", "Output", "Assign", "Resource", "Credentials"},
        "Choice": _ALWAYS | {"Choices", "Default", "Output", "Assign"},
        "Wait": _ALWAYS | _ON | {"Seconds", "Timestamp", "Output", "Assign"},
        "Succeed": _ALWAYS | {"Output"},
        "Fail": _ALWAYS | {"Error", "Cause"},
        "Parallel": _ALWAYS | _ON | _FAILING | {"Arguments", "Output", "Assign", "Branches"},
        "Map": _ALWAYS | _ON | _FAILING | _MAP | {"Items", "Output", "Assign"},
    },
}  # fmt: skip

#: Fields of which a state has one at most.
EXCLUSIVE = [
    ("Next", "End"), ("Error", "ErrorPath"), ("Cause", "CausePath"), ("TimeoutSeconds", "TimeoutSecondsPath"),
    ("HeartbeatSeconds", "HeartbeatSecondsPath"), ("MaxConcurrency", "MaxConcurrencyPath"),
    ("ToleratedFailureCount", "ToleratedFailureCountPath"), ("ItemSelector", "Parameters"),
    ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"), ("ItemProcessor", "Iterator"),
]  # fmt: skip

#: Waits and timeouts are at most so long, in seconds. https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html
MAX_SECONDS = 99_999_999


def compiled(language: str, field: str, value: Any) -> Any:
    """Return what the field is compiled to. Raises ValueError, with AWS's words if it has any."""
    compile_field = (_JSONPATH if language == JSONPATH else _JSONATA).get(field)
    return value if compile_field is None else compile_field(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("Expected value of type String")
    return value


def _a_path(value: Any) -> Path:
    try:
        return compile_path(_text(value))
    except ValueError as error:
        raise ValueError("Value must be a valid JSONPath.") from error


def number_path(value: Any) -> Path:
    """Return the path of a Map's number, which may not lead into the context object. Raises ValueError."""
    if _text(value).startswith("$$"):
        raise ValueError("Value is not a Reference Path")
    return _a_path(value)


def only_for(language: str, field: str, other: str) -> str:
    """Return what AWS says of a field of the other language."""
    said = f"The QueryLanguage is set to '{language}', but field '{field}' is only supported for the"
    return f"{said} '{other}' QueryLanguage"


def _path_or_null(value: Any) -> Path | None:
    return None if value is None else _a_path(value)


def _reference_or_null(value: Any) -> Reference | None:
    return None if value is None else compile_reference(_text(value))


def _object(compile_template: Callable[[Any], Template]) -> Callable[[Any], Template]:
    def of(value: Any) -> Template:
        if not isinstance(value, dict):
            raise ValueError("Expected value of type Object")
        return compile_template(value)

    return of


def _arguments(value: Any) -> Template:
    if not isinstance(value, dict) and not is_expression(value):
        raise ValueError("Expected value of type Object or a JSONata expression")
    return compile_written(value)


def compile_written(value: Any) -> Template:
    """Return the template of JSONata; a text that begins as an expression has to be one. Raises ValueError."""
    if isinstance(value, str) and value.startswith("{%") and not is_expression(value):
        raise ValueError("The JSONata expression is not closed: it ends with %}")
    return compile_jsonata(value)


def _assignments(compile_template: Callable[[Any], Template]) -> Callable[[Any], Template]:
    def of(value: Any) -> Template:
        template = _object(compile_template)(value)
        for name in value:
            if name.removesuffix(".$") == "states" or len(name) > 80:
                raise ValueError(f"'{name}' cannot be the name of a variable")
        return template

    return of


def within(value: Any, least: float, most: float) -> Any:
    """Return the number if it is neither too small nor too large. Raises ValueError."""
    if value < least:
        raise ValueError(f"Minimum value is {least}")
    if value > most:
        raise ValueError(f"Maximum value is {most}")
    return value


def _whole(least: int, most: int = MAX_SECONDS) -> Callable[[Any], Literal]:
    def of(value: Any) -> Literal:
        if not is_whole(value):
            raise ValueError("Expected value of type Integer")
        return Literal(int(within(value, least, most)))

    return of


def _percentage(value: Any) -> Literal:
    if not is_number(value):
        raise ValueError("Expected value of type Number")
    return Literal(within(value, 0.0, 100.0))


def _timestamp(value: Any) -> Literal:
    if instant(value) is None:
        raise ValueError("String does not match RFC3339 timestamp")
    return Literal(value)


def _or_expression(compile_literal: Callable[[Any], Template]) -> Callable[[Any], Template]:
    return lambda value: compile_written(value) if is_expression(value) else compile_literal(value)


def _label(value: Any) -> str:
    if not 0 < len(_text(value)) <= 40 or any(character in '?*<>{}[]:;,\\|^~$#%&`" ' for character in value):
        raise ValueError("A Label has 1 to 40 characters, without white space, wildcards, brackets and special ones")
    return str(value)


def _choice_literal(value: Any) -> Literal:
    return Literal(_text(value))


def _items(value: Any) -> Template:
    if not isinstance(value, list) and not is_expression(value):
        raise ValueError("Expected value of type Array or a JSONata expression")
    return compile_written(value)


_NUMBERS: dict[str, Callable[[Any], Template]] = {
    "Seconds": _whole(0),
    "TimeoutSeconds": _whole(1),
    "HeartbeatSeconds": _whole(1),
    "MaxConcurrency": _whole(0),
    "ToleratedFailureCount": _whole(0),
    "ToleratedFailurePercentage": _percentage,
    "Timestamp": _timestamp,
    "Error": _choice_literal,
    "Cause": _choice_literal,
}
_PATHS = ["SecondsPath", "TimestampPath", "TimeoutSecondsPath", "HeartbeatSecondsPath", "ItemsPath"]
_NUMBER_PATHS = ["MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath"]
_JSONPATH: dict[str, Callable[[Any], Any]] = {
    "InputPath": _path_or_null,
    "OutputPath": _path_or_null,
    "ResultPath": _reference_or_null,
    "Parameters": _object(compile_payload),
    "ResultSelector": _object(compile_payload),
    "ItemSelector": _object(compile_payload),
    "Assign": _assignments(compile_payload),
    "Credentials": _object(compile_payload),
    "ErrorPath": lambda value: compile_query(_text(value)),
    "CausePath": lambda value: compile_query(_text(value)),
    "Result": Literal,
    "Label": _label,
    **dict.fromkeys(_PATHS, _a_path),
    **dict.fromkeys(_NUMBER_PATHS, number_path),
    **_NUMBERS,
}
_JSONATA: dict[str, Callable[[Any], Any]] = {
    "Arguments": _arguments,
    "Output": compile_written,
    "Assign": _assignments(compile_jsonata),
    "Items": _items,
    "ItemSelector": _arguments,
    "Credentials": _object(compile_jsonata),
    "Label": _label,
    **{name: _or_expression(of) for name, of in _NUMBERS.items()},
}
