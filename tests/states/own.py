"""Reads and runs the cases of our own: cases.yaml, which says what they may have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.states.virtual import START, Answer, Answering, Outcome, fails, gives, run
from verihook.local.states import lambda_calls
from verihook.local.states.compiler import compile_machine
from verihook.local.states.effects import Call
from verihook.local.states.machine import Machine

Case = dict[str, Any]

CASES: list[Case] = yaml.load(Path(__file__).with_name("cases.yaml").read_text(), yaml.CSafeLoader)


def definition(case: Case) -> dict[str, Any]:
    """The whole definition of a case."""
    return {"StartAt": next(iter(case["states"])), "States": case["states"], **case.get("machine", {})}


def outcome(case: Case) -> Outcome:
    """How the case's execution ends."""
    machine = compile_machine(definition(case), express=case.get("express", False))
    return run(machine, case.get("input", {}), answering(case))


def answering(case: Case) -> Any:
    """What answers the case's calls."""

    def answer(call: Call) -> Answer:
        asked = lambda_calls.invocation(call.resource, call.arguments)
        behaviour = case.get("functions", {}).get(asked.name)
        if behaviour is None:
            return fails(*lambda_calls.not_found(call.resource, asked.function, "id", "us-east-1", "123456789012"))
        if behaviour == "echo":
            return gives(lambda_calls.result(call.resource, asked.event, "id"))
        if "error" in behaviour:
            return fails(*lambda_calls.raised(behaviour["error"], behaviour["message"], "id", []))
        value = "a" * behaviour["bytes"] if "bytes" in behaviour else behaviour["value"]
        return gives(lambda_calls.result(call.resource, value, "id"), behaviour.get("seconds", 0.0))

    return answer


#: Answers that no case has foreseen.
ANSWERING: list[Answering] = [lambda call: gives({"Payload": {"a": 1}}), lambda call: fails("Mine", "why")]


def has_ended(machine: Machine, given: Any, answering: Answering) -> bool:
    """Whether it ends, and by no fault of the evaluator's."""
    end = run(machine, given, answering).end
    return end is not None and "The evaluator failed" not in str(end.cause)


def told(case: Case, found: Outcome) -> dict[str, Any]:
    """What the case expects of an outcome, as that outcome has it."""
    assert found.end is not None, "the execution did not end"
    cause = found.end.cause
    wanted = str(case.get("cause", ""))
    if wanted.startswith("...") and cause is not None and cause.endswith(wanted[3:]):
        cause = wanted
    wide = {
        "status": found.end.status,
        "output": found.end.output,
        "error": found.end.error,
        "cause": cause,
        "lasts": found.now - START,
        "events": [written(event) for event in found.events],
    }
    return {name: value for name, value in wide.items() if name in expectation(case)}


def expectation(case: Case) -> dict[str, Any]:
    """What the case expects."""
    status = case.get("status", "FAILED" if "error" in case else "SUCCEEDED")
    known = ("output", "error", "cause", "lasts", "events")
    return {"status": status, **{name: case[name] for name in known if name in case}}


def written(event: dict[str, Any]) -> str:
    """An event as cases.yaml writes it."""
    kind = str(event["type"])
    details: dict[str, Any] = next((value for name, value in event.items() if name.endswith("EventDetails")), {})
    named = kind.endswith(("StateEntered", "StateExited")) or kind.startswith("MapIteration")
    return f"{kind}:{details['name']}" if named else kind
