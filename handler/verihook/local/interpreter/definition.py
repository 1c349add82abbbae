"""Checks a state machine as AWS does when one is created, and compiles it for moto's interpreter.

moto takes a ``Next`` that leads nowhere and says little about the rest, so the structure is checked here.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verihook.strict_json import parse, parse_written

if TYPE_CHECKING:
    from moto.stepfunctions.parser.asl.component.program.program import Program

_TYPES = frozenset({"Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"})
_LAST = frozenset({"Succeed", "Fail"})


class DefinitionError(Exception):
    """A state machine that cannot run. ``key`` is where (``States.Pause.Next``), ``mend`` what to do about it."""

    def __init__(self, key: str, mend: str) -> None:
        super().__init__(f"{key}: {mend}" if key else mend)
        self.key = key
        self.mend = mend


@dataclass(frozen=True, slots=True)
class Definition:
    """A state machine: its ASL text and moto's program, which holds no state of its own and is shared by executions.

    ``states``: the names of the machine's own states; ``marked``: of those that have effects or wait; ``calls``: of
    its tasks that go on once they are answered.
    """

    asl: str
    program: Program
    states: frozenset[str]
    marked: frozenset[str]
    calls: frozenset[str]


def compile_definition(asl: str, express: bool = False) -> Definition:
    """Return the definition, checked. Raises DefinitionError if it cannot run.

    Takes 50 to 100 ms (an ANTLR grammar in Python).
    """
    from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

    check_definition(asl, express)
    states = parse(asl)["States"]
    marked = frozenset(name for name, state in states.items() if _kinds(state) & {"Task", "Wait"})
    calls = frozenset(name for name, state in states.items() if _is_call(state))
    try:
        program, _ = AmazonStateLanguageParser.parse(asl)
    except Exception as error:  # moto raises whatever its grammar stumbles over
        raise DefinitionError("", f"is no state machine that can run here: {error}") from error
    own: Any = program  # the parser is typed by its base class
    return Definition(asl, own, frozenset(states), marked, calls)


def check_definition(asl: str, express: bool = False) -> None:
    """Raise DefinitionError for the first fault. An Express machine waits for no answer."""
    try:
        machine = parse_written(asl)
    except ValueError as error:
        raise DefinitionError("", str(error)) from error
    if not isinstance(machine, dict):
        raise DefinitionError("", "write a JSON object with StartAt and States")
    _check_scope(machine, "")
    for key, value in _strings(machine, ""):
        if key.endswith(".Resource"):
            _check_resource(key, value, express)
        if value.startswith("{%"):
            _check_expression(key, value)


def _check_scope(scope: dict[str, Any], path: str) -> None:
    """One set of states: a machine, a branch of a Parallel or the processor of a Map."""
    states = scope.get("States")
    if not isinstance(states, dict) or not states:
        raise DefinitionError(f"{path}States", "write an object with at least one state")
    if scope.get("StartAt") not in states:
        raise DefinitionError(f"{path}StartAt", f"name one of the states: {', '.join(states)}")
    for name, state in states.items():
        _check_state(name, state, states, f"{path}States.{name}")


def _check_state(name: str, state: Any, states: dict[str, Any], path: str) -> None:
    if len(name) > 80:
        raise DefinitionError(path, "a state's name has at most 80 characters")
    if not isinstance(state, dict) or state.get("Type") not in _TYPES:
        raise DefinitionError(f"{path}.Type", f"write one of {', '.join(sorted(_TYPES))}")
    kind = state["Type"]
    if kind == "Choice":
        if not isinstance(state.get("Choices"), list) or not state["Choices"]:
            raise DefinitionError(f"{path}.Choices", "write a list of at least one choice")
    elif kind not in _LAST and ("Next" in state) == (state.get("End") is True):
        raise DefinitionError(path, 'write either "Next" or "End": true')
    for key, target in _targets(state, path):
        if target not in states:
            raise DefinitionError(key, f"names no state beside it; there are {', '.join(states)}")
    for key, scope in _scopes(state, path):
        if not isinstance(scope, dict):
            raise DefinitionError(key.rstrip("."), "write an object with StartAt and States")
        _check_scope(scope, key)


def _check_resource(key: str, value: str, express: bool) -> None:
    if "${" in value:
        raise DefinitionError(key, f"{value} is a substitution without a value; give it one")
    if value.startswith("arn:aws:states:::http:"):
        raise DefinitionError(key, "an HTTP Task calls through an EventBridge connection, which is in AWS alone")
    if express and value.endswith((".waitForTaskToken", ".sync", ".sync:2")):
        raise DefinitionError(key, "an Express machine cannot wait for an answer: make it a Standard one")


def _is_call(state: dict[str, Any]) -> bool:
    """Whether it is a task that waits for neither a token nor another execution."""
    resource = str(state.get("Resource", ""))
    return state.get("Type") == "Task" and not (".sync" in resource or ".waitForTaskToken" in resource)


def _kinds(state: Any) -> set[str]:
    """The types of a state and of all that are inside it."""
    if isinstance(state, list):
        return set().union(*map(_kinds, state)) if state else set()
    if not isinstance(state, dict):
        return set()
    kind = {state["Type"]} if isinstance(state.get("Type"), str) else set()
    return kind.union(*map(_kinds, state.values()))


def _targets(state: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for key in ("Next", "Default"):
        if key in state:
            yield f"{path}.{key}", state[key]
    for key in ("Choices", "Catch"):
        for number, rule in enumerate(state.get(key) or []):
            if not isinstance(rule, dict) or "Next" not in rule:
                raise DefinitionError(f"{path}.{key}[{number}].Next", "name the state that follows")
            yield f"{path}.{key}[{number}].Next", rule["Next"]


def _scopes(state: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    if state["Type"] == "Parallel":
        if not isinstance(state.get("Branches"), list) or not state["Branches"]:
            raise DefinitionError(f"{path}.Branches", "write a list of at least one branch")
        for number, branch in enumerate(state["Branches"]):
            yield f"{path}.Branches[{number}].", branch
    elif state["Type"] == "Map":
        key = "Iterator" if "Iterator" in state else "ItemProcessor"
        yield f"{path}.{key}.", state.get(key)


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _strings(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _strings(inner, f"{path}[{number}]")


def _check_expression(key: str, value: str) -> None:
    from verihook.local.interpreter.jsonata import QueryError, compile_expression

    if not value.endswith("%}"):
        raise DefinitionError(key, "end the JSONata expression with %}")
    try:
        compile_expression(value[2:-2])
    except QueryError as error:
        raise DefinitionError(key, f"is no JSONata expression: {error}") from error
