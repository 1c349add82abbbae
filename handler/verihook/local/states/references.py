"""Checks the expressions of a state of JSONata as CreateStateMachine does: they parse, and refer to what there is.

An expression has no input document, so that a name or ``$`` outside of what selects, and ``$$`` anywhere, refer to
nothing. https://states-language.net/spec.html#jsonata-strings . AWS's words are known of names and of the error output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from verihook.local.states.findings import Findings
from verihook.local.states.jsonata import NotAnExpression, compile_expression, inner, is_expression

#: Fields that have no expressions, or states of their own.
_OTHERS = {
    "Type", "Comment", "QueryLanguage", "Next", "End", "Default", "Resource", "Retry", "ErrorEquals", "Branches",
    "ItemProcessor", "Iterator", "Label",
}  # fmt: skip
_CATCHERS = re.compile(r"/Catch\[\d+\]/(Output|Assign)\b")
_NOT_BELOW = {
    "_outer_instance", "ancestor", "slot", "seeking_parent", "next_function", "input", "environment", "token",
}  # fmt: skip
_PARTS = ("lhs", "rhs", "expression", "condition", "then", "_else", "expressions", "arguments", "lhs_object")


def check_expressions(state: dict[str, Any], findings: Findings, location: str) -> None:
    """Add what is wrong with the expressions of a state, each at its place."""
    for place, expression in _expressions(state, ""):
        try:
            tree = compile_expression(expression).ast
        except NotAnExpression as error:
            findings.add(str(error), location + place, error.code)
            continue
        for said in _refused(tree, caught=_CATCHERS.match(place) is not None):
            findings.add(said, location + place, "UNSUPPORTED_JSONATA_EXPRESSION")


def _expressions(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in _OTHERS or place.count("/") > 1 or (place and not place.startswith(("/Choices", "/Catch"))):
                yield from _expressions(item, f"{place}/{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _expressions(item, f"{place}[{number}]")
    elif is_expression(value):
        yield place, inner(value)


def _refused(tree: Any, *, caught: bool) -> list[str]:
    said = [f"Reference to '{name}' at the top level is not supported." for name in _unbound(tree)]
    for node in _nodes(tree):
        if node.type == "variable" and node.value == "$":
            said.append("Reference to '$$' is not supported.")
        steps = node.steps if node.type == "path" else []
        named = [(step.type, step.value) for step in steps[:2]]
        if not caught and named == [("variable", "states"), ("name", "errorOutput")]:
            said.append("Field '$states.errorOutput' does not exist.")
    return list(dict.fromkeys(said))


def _unbound(node: Any) -> Iterator[str]:
    """The names that are evaluated with no context. A function's body is not looked into: its caller may have one."""
    if node.type == "path":
        first = node.steps[0]
        yield from [first.value] if first.type == "name" else _unbound(first)
    elif node.type == "variable" and node.value == "":
        yield "$"
    elif node.type in {"binary", "unary", "bind", "apply", "condition", "block", "function", "partial"}:
        for part in _PARTS:
            for child in _symbols(getattr(node, part, None)):
                yield from _unbound(child)


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for name, part in vars(node).items():
        if name not in _NOT_BELOW:
            for child in _symbols(part):
                yield from _nodes(child)


def _symbols(part: Any) -> Iterator[Any]:
    if isinstance(part, list | tuple):
        for each in part:
            yield from _symbols(each)
    elif hasattr(part, "lbp"):  # what the parser's nodes have
        yield part
