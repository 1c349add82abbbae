"""Checks a definition as CreateStateMachine does and compiles it; every finding is a :class:`Diagnostic`.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html
"""

from __future__ import annotations

from typing import Any

from verihook.local.states.choices import compile_condition, compile_rule
from verihook.local.states.definition import read_definition
from verihook.local.states.errors import Diagnostic, Refused
from verihook.local.states.fields import ALLOWED, EXCLUSIVE, JSONATA, JSONPATH, compiled, only_for
from verihook.local.states.findings import EMPTY, Findings, how_many
from verihook.local.states.graph import check_graph, repeated_names
from verihook.local.states.machine import Choice, Flow, Machine, State
from verihook.local.states.processors import compile_distributed
from verihook.local.states.references import check_expressions
from verihook.local.states.resources import check_resource, check_role
from verihook.local.states.retrying import compile_catcher, compile_retrier

_TOP = {"Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"}
#: The types of states, as AWS lists them.
_TYPES = ["Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map"]
_NESTED = {"Comment", "StartAt", "States", "ProcessorConfig"}
_COMPILED_APART = {
    "Type", "Comment", "QueryLanguage", "Next", "End", "Retry", "Catch", "Choices", "Default", "Branches", "Iterator",
    "ItemProcessor", "Resource", "ItemReader", "ItemBatcher", "ResultWriter",
}  # fmt: skip


def compile_machine(definition: str | dict[str, Any], *, express: bool = False) -> Machine:
    """Return the machine. Raises Refused for what AWS would not create."""
    read = read_definition(definition) if isinstance(definition, str) else definition
    compiler = _Compiler(express=express)
    machine = compiler.machine(read)
    if compiler.findings.errors:
        raise Refused(compiler.findings.errors)
    return machine


def validate(definition: str, *, express: bool = False) -> list[Diagnostic]:
    """Return what ValidateStateMachineDefinition finds."""
    try:
        compile_machine(definition, express=express)
    except Refused as refused:
        return refused.diagnostics
    return []


class _Compiler:
    def __init__(self, *, express: bool) -> None:
        self.findings = Findings()
        self.express = express
        self.whole = JSONPATH

    def machine(self, definition: dict[str, Any]) -> Machine:
        language = definition.get("QueryLanguage", JSONPATH)
        self.whole = language if self._language(language, "") else JSONPATH
        self.findings.only(definition, _TOP, "")
        timeout = None
        if "TimeoutSeconds" in definition:
            given = (JSONPATH, "TimeoutSeconds", definition["TimeoutSeconds"])
            timeout = getattr(self.findings.attempt("/TimeoutSeconds", compiled, *given), "value", None)
        if definition.get("Version", "1.0") != "1.0":
            self.findings.add("Value is not a supported version: 1.0 is", "/Version")
        flow = self.flow(definition, "", self.whole)
        if not self.findings.errors:
            for name in repeated_names(flow):
                self.findings.add(f"Duplicate State name: {name}", "/States", "DUPLICATE_STATE_NAME")
        return Machine(flow, self.express, timeout)

    def _language(self, language: Any, location: str) -> bool:
        if language not in {JSONPATH, JSONATA}:
            said = f"Value should be one of the following: [{JSONPATH}, {JSONATA}]"
            self.findings.add(said, f"{location}/QueryLanguage")
        return language in {JSONPATH, JSONATA}

    def flow(self, given: Any, location: str, language: str) -> Flow:
        """The states of a machine, a branch or a processor."""
        flow = Flow("", {})
        if not isinstance(given, dict):
            self.findings.add("Expected value of type Object", location)
            return flow
        if missing := [name for name in ("States", "StartAt") if name not in given]:
            self.findings.add(f"These fields are required: [{', '.join(missing)}]", location or "/")
            return flow
        if not isinstance(given["States"], dict):
            self.findings.add("Expected value of type Object", f"{location}/States")
            return flow
        if not given["States"]:
            self.findings.add(EMPTY, f"{location}/States")
        if not isinstance(given["StartAt"], str):
            self.findings.add("Expected value of type String", f"{location}/StartAt")
            return flow
        flow.start = given["StartAt"]
        for name, state in given["States"].items():
            flow.states[name] = self.state(name, state, f"{location}/States/{name}", language)
        check_graph(flow, self.findings, location)
        return flow

    def state(self, name: str, given: Any, location: str, outer: str) -> State:
        """One state; what is wrong with it is among the findings."""
        state = State(name, "", outer, None)
        if not isinstance(given, dict):
            self.findings.add("Expected value of type Object", location)
            return state
        if not 0 < len(name) <= 80:
            self.findings.add("The name of a state has 1 to 80 characters", location)
        language = given.get("QueryLanguage", outer)
        if not self._language(language, location):
            return state
        if language == JSONPATH and self.whole == JSONATA and location.count("/") == 2:
            said = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
            self.findings.add(said, location)
        if "Type" not in given:
            self.findings.add("The field 'Type' is required", location)
            return state
        state.language, state.kind, state.ends = language, str(given["Type"]), given.get("End") is True
        if state.kind not in ALLOWED[language]:
            said = f"The field 'Type' should have one of these values: [{', '.join(_TYPES)}]"
            self.findings.add(said, f"{location}/Type")
            return state
        if state.jsonata:
            check_expressions(given, self.findings, location)
        self._fields(state, given, location)
        self._parts(state, given, location)
        return state

    def _fields(self, state: State, given: dict[str, Any], location: str) -> None:
        self._of_the_language(state, given, location)
        self.findings.one_of(given, EXCLUSIVE, location)
        for field in given.keys() - _COMPILED_APART:
            if field in ALLOWED[state.language][state.kind]:
                place = f"{location}/{field}"
                state.of[field] = self.findings.attempt(place, compiled, state.language, field, given[field])
        if "Next" in ALLOWED[state.language][state.kind]:
            self._transition(state, given, location)

    def _of_the_language(self, state: State, given: dict[str, Any], location: str) -> None:
        other = JSONPATH if state.jsonata else JSONATA
        foreign = given.keys() & (ALLOWED[other][state.kind] - ALLOWED[state.language][state.kind])
        for field in sorted(foreign):
            self.findings.add(only_for(state.language, field, other), location)
        self.findings.only(given, ALLOWED[state.language][state.kind] | foreign, location)

    def _transition(self, state: State, given: dict[str, Any], location: str) -> None:
        if "Next" not in given and "End" not in given:
            self.findings.add(how_many(("Next", "End"), 0), location)
        elif "End" in given and given["End"] is not True:
            self.findings.add("Expected value true", f"{location}/End")
        elif "Next" in given and not isinstance(given["Next"], str):
            self.findings.add("Expected value of type String", f"{location}/Next")
        else:
            state.next = given.get("Next")

    def _parts(self, state: State, given: dict[str, Any], location: str) -> None:
        for number, value in enumerate(self._array(given, "Retry", location)):
            last = number == len(given["Retry"]) - 1
            retrier = self.findings.attempt(f"{location}/Retry[{number}]", compile_retrier, value, last=last)
            state.retriers += [] if retrier is None else [retrier]
        for number, value in enumerate(self._array(given, "Catch", location)):
            last = number == len(given["Catch"]) - 1
            place = f"{location}/Catch[{number}]"
            catcher = self.findings.attempt(place, compile_catcher, value, state.language, last=last)
            state.catchers += [] if catcher is None else [catcher]
        part = getattr(self, f"_{state.kind.lower()}", None)
        if part is not None:
            part(state, given, location)

    def _array(self, given: dict[str, Any], field: str, location: str) -> list[Any]:
        value = given.get(field, [])
        if not isinstance(value, list):
            self.findings.add("Expected value of type Array", f"{location}/{field}")
            given[field] = []
            return []
        return value

    def _some(self, given: dict[str, Any], field: str, location: str) -> list[Any]:
        """An array that has to be there and have an element."""
        if field not in given:
            self.findings.add(f"These fields are required: [{field}]", location)
        elif given[field] == []:
            self.findings.add(EMPTY, f"{location}/{field}")
        return self._array(given, field, location)

    def _task(self, state: State, given: dict[str, Any], location: str) -> None:
        if "Resource" not in given:
            self.findings.add("These fields are required: [Resource]", location)
            return
        place = f"{location}/Resource"
        state.of["Resource"] = self.findings.attempt(place, check_resource, given["Resource"], express=self.express)
        if "Credentials" in given:
            self.findings.attempt(f"{location}/Credentials", check_role, given["Credentials"])
        limits = [state.of.get(name) for name in ("HeartbeatSeconds", "TimeoutSeconds")]
        heartbeat, timeout = (getattr(limit, "value", None) for limit in limits)
        if heartbeat is not None and timeout is not None and heartbeat >= timeout:
            self.findings.add("HeartbeatSeconds must be smaller than TimeoutSeconds", f"{location}/HeartbeatSeconds")

    def _wait(self, _: State, given: dict[str, Any], location: str) -> None:
        self.findings.exactly_one(given, ("SecondsPath", "Seconds", "TimestampPath", "Timestamp"), location)

    def _choice(self, state: State, given: dict[str, Any], location: str) -> None:
        rules = self._some(given, "Choices", location)
        for number, rule in enumerate(rules):
            place = f"Choices[{number}]/"
            choice = self.findings.attempt(f"{location}/Choices[{number}]", self._rule, rule, state.language, place)
            state.choices += [] if choice is None else [choice]
        if "Default" in given:
            state.default = given["Default"]
            if not isinstance(state.default, str):
                self.findings.add("Expected value of type String", f"{location}/Default")

    @staticmethod
    def _rule(rule: Any, language: str, place: str) -> Choice:
        if not isinstance(rule, dict) or not isinstance(rule.get("Next"), str):
            raise ValueError("These fields are required: [Next]")
        if language == JSONATA:
            if unknown := rule.keys() - {"Condition", "Next", "Assign", "Output", "Comment"}:
                raise ValueError(f"Field '{min(unknown)}' is not supported")
            holds = compile_condition(rule.get("Condition"), f"{place}Condition")
        else:
            if unknown := rule.keys() & {"Condition", "Output", "End"}:
                raise ValueError(f"Field '{min(unknown)}' is not supported")
            holds = compile_rule(rule)
        assign = compiled(language, "Assign", rule["Assign"]) if "Assign" in rule else None
        output = compiled(language, "Output", rule["Output"]) if "Output" in rule else None
        return Choice(place, holds, rule["Next"], assign, output)

    def _parallel(self, state: State, given: dict[str, Any], location: str) -> None:
        for number, branch in enumerate(self._some(given, "Branches", location)):
            state.flows.append(self.flow(branch, f"{location}/Branches[{number}]", self.whole))
            if isinstance(branch, dict):
                self.findings.only(branch, _NESTED - {"ProcessorConfig"}, f"{location}/Branches[{number}]")

    def _map(self, state: State, given: dict[str, Any], location: str) -> None:
        field = "ItemProcessor" if "ItemProcessor" in given else "Iterator"
        if field not in given:
            self.findings.add("These fields are required: [ItemProcessor]", location)
            return
        processor = given[field]
        state.flows.append(self.flow(processor, f"{location}/{field}", self.whole))
        if isinstance(processor, dict):
            self.findings.only(processor, _NESTED, f"{location}/{field}")
        state.distributed = compile_distributed(state, given, processor, self.findings, location)
