"""What AWS takes in a definition, but hardly means what it says: its own warnings, and what a linter alone refuses.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from verihook.local.states.errors import Diagnostic
from verihook.local.states.fields import JSONATA, JSONPATH

_PATH = re.compile(r"\$\$?(\.|\[).*|\$\$?", re.DOTALL)
_INTRINSIC = re.compile(r"States\.\w+\(.*\)", re.DOTALL)
_PAYLOADS = ("Parameters", "ItemSelector", "ResultSelector", "Assign")
_EXPRESSIONS = ("Arguments", "Assign", "Condition", "Items", "ItemSelector", "Output")


def warnings_of(definition: Any) -> list[Diagnostic]:
    """Return what a reader of a definition that AWS takes should know."""
    language = definition.get("QueryLanguage", JSONPATH) if isinstance(definition, dict) else JSONPATH
    return [Diagnostic(code, said, place, "WARNING") for code, said, place in _of_flow(definition, "", language)]


def _of_flow(flow: Any, location: str, language: str) -> Iterator[tuple[str, str, str]]:
    states = flow.get("States") if isinstance(flow, dict) else None
    for name, state in states.items() if isinstance(states, dict) else ():
        if not isinstance(state, dict):
            continue
        at = f"{location}/States/{name}"
        own = state.get("QueryLanguage", language)
        yield from _of_jsonata(state, at) if own == JSONATA else _of_jsonpath(state, at)
        for field in ("ItemProcessor", "Iterator"):
            yield from _of_flow(state.get(field), f"{at}/{field}", language)
        branches = state.get("Branches")
        for number, branch in enumerate(branches if isinstance(branches, list) else ()):
            yield from _of_flow(branch, f"{at}/Branches[{number}]", language)


def _of_jsonpath(state: dict[str, Any], at: str) -> Iterator[tuple[str, str, str]]:
    for field in _PAYLOADS:
        for place, text in _texts(state.get(field), f"{at}/{field}"):
            if _PATH.fullmatch(text) or _INTRINSIC.fullmatch(text):
                said = f"The value {text!r} is taken as a text; for what it names, the field's name ends with '.$'"
                yield "NO_DOLLAR", said, place
    if state.get("Type") == "Pass" and any(_PATH.fullmatch(text) for _, text in _texts(state.get("Result"), "")):
        yield "PASS_RESULT_IS_STATIC", "A path in Result is taken as a text; Parameters are read", f"{at}/Result"
    named = {field: state.get(field) for field in ("Error", "Cause")} if state.get("Type") == "Fail" else {}
    for place, text in [*_texts(named, at), *_texts(state.get("Choices"), f"{at}/Choices")]:
        field = place.rpartition("/")[2]
        if not field.endswith(("Path", "Variable", "Next", "Comment")) and _PATH.fullmatch(text):
            said = f"The value {text!r} is taken as a text; for what it names, the field is {field}Path"
            yield "NO_PATH", said, place


def _of_jsonata(state: dict[str, Any], at: str) -> Iterator[tuple[str, str, str]]:
    for field in (*_EXPRESSIONS, "Choices"):
        for place, text in _texts(state.get(field), f"{at}/{field}"):
            if text.startswith("{%") and text.endswith("%}") and "\n" in text:
                yield "LINES", "An expression of several lines, which AWS takes and some linters refuse", place


def _texts(given: Any, location: str) -> Iterator[tuple[str, str]]:
    """Every text whose name does not end with .$, with its place."""
    if isinstance(given, str):
        yield location, given
    elif isinstance(given, list):
        for number, each in enumerate(given):
            yield from _texts(each, f"{location}[{number}]")
    elif isinstance(given, dict):
        for name, each in given.items():
            if not name.endswith(".$"):
                yield from _texts(each, f"{location}/{name}")
