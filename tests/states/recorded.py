"""Cases whose answers were recorded from AWS: how they are read, run and compared.

They are not in this repository. Their folder is that of the environment's VERIHOOK_STATES_CASES, or shared/asl-cases
beside the repository; its README tells the format. Without it, these tests are skipped and the cases of our own, in
cases.toml, hold every rule.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.flows.deployment import ROOT
from tests.states.virtual import Answer, Outcome, fails, gives, run
from verihook.local.states import lambda_calls
from verihook.local.states.compiler import compile_machine, validate
from verihook.local.states.effects import Call

FOLDER = Path(os.environ.get("VERIHOOK_STATES_CASES") or ROOT.parent / "shared" / "asl-cases")

#: What is compared of an execution, and of a definition.
JUDGED = ("status", "output", "error", "cause", "events")


@dataclass(frozen=True)
class Comparison:
    """What of a case was compared, and what of it was another."""

    case: str
    area: str
    compared: tuple[str, ...]
    differs: dict[str, str]


@cache
def cases() -> list[dict[str, Any]]:
    """All cases of the folder, executions and definitions."""
    return [case for path in sorted(FOLDER.glob("*.json")) for case in json.loads(path.read_text())]


def executions() -> list[dict[str, Any]]:
    """The cases that run."""
    return [case for case in cases() if "expect" in case]


def definitions() -> list[dict[str, Any]]:
    """The cases that are checked; those that carry a doubt are left out."""
    return [case for case in cases() if "valid" in case and "doubt" not in case]


def in_virtual_time(case: dict[str, Any]) -> Outcome:
    """Run an execution on the evaluator alone."""
    return run(compile_machine(case["definition"], express=case["type"] == "EXPRESS"), case["input"], _lambdas(case))


def compare(case: dict[str, Any], outcome: Outcome) -> Comparison:
    """Compare how an execution has ended with what was recorded."""
    expected, got = case["expect"], _got(outcome)
    compared, differs = [], {}
    for what in ("status", "output", "error", "cause"):
        if what == "status" or what in expected or (what in {"error", "cause"} and expected["status"] == "FAILED"):
            compared.append(what)
            wanted, found = decoded(expected.get(what)), decoded(got.get(what))
            if not alike(wanted, found, shape=case["match"] == "shape"):
                differs[what] = f"{json.dumps(found)[:300]} for {json.dumps(wanted)[:300]}"
    if case["events"] is not None:
        compared.append("events")
        wanted_events, found_events = [tuple(event) for event in case["events"]], _events(outcome)
        same = (
            wanted_events == found_events
            if case["events_order"] == "exact"
            else Counter(wanted_events) == Counter(found_events)
        )
        if not same:
            differs["events"] = f"{found_events} for {wanted_events}"
    return Comparison(case["id"], case["area"], tuple(compared), differs)


def judge(case: dict[str, Any]) -> Comparison:
    """Check a definition, and compare the verdict; with AWS's own, its words too."""
    found = validate(case["definition"], express=case["type"] == "EXPRESS")
    differs = {}
    if (not found) != case["valid"]:
        differs["verdict"] = f"{[str(one) for one in found]} for {'valid' if case['valid'] else 'invalid'}"
    compared = ["verdict"]
    if case["authority"] == "AWS" and not case["valid"]:
        compared.append("words")
        said = " ".join(str(one.get("message")) for one in case["diagnostics"])
        if not any(one.message in said for one in found):
            differs["words"] = f"{[str(one) for one in found]} for {said}"
    return Comparison(case["id"], case["area"], tuple(compared), differs)


def _got(outcome: Outcome) -> dict[str, Any]:
    assert outcome.end is not None, "the execution did not end"
    return {name: getattr(outcome.end, name) for name in ("status", "output", "error", "cause")}


def _events(outcome: Outcome) -> list[tuple[str, str | None]]:
    found = []
    for event in outcome.events:
        details: dict[str, Any] = next((value for name, value in event.items() if name.endswith("EventDetails")), {})
        named = event["type"].endswith(("StateEntered", "StateExited")) or event["type"].startswith("MapIteration")
        found.append((event["type"], details.get("name") if named else None))
    return found


def _lambdas(case: dict[str, Any]) -> Any:
    def answer(call: Call) -> Answer:
        asked = lambda_calls.invocation(call.resource, call.arguments)
        behaviour = case["lambdas"].get(asked.name)
        if behaviour is None:
            return fails(*lambda_calls.not_found(call.resource, asked.function, "id", "us-east-1", "123456789012"))
        if behaviour["kind"] == "raise":
            return fails(*lambda_calls.raised(behaviour["error"], behaviour["message"], "id", ["trace"]))
        value, after = value_of(behaviour, asked.event), float(behaviour.get("seconds", 0))
        return gives(lambda_calls.result(call.resource, value, "id", log_tail=asked.log_tail), after)

    return answer


def value_of(behaviour: dict[str, Any], event: Any) -> Any:
    """What a function that raises nothing returns."""
    if behaviour["kind"] == "constant":
        return behaviour["value"]
    if behaviour["kind"] == "python-str":
        return f"{behaviour['prefix']}{event}"
    return "a" * behaviour["bytes"] if behaviour["kind"] == "large" else event


def decoded(value: Any) -> Any:
    """The value with every text that holds an object or array read, at any depth: the recorder did so."""
    if isinstance(value, str) and value.strip()[:1] in {"{", "["}:
        try:
            return decoded(json.loads(value))
        except ValueError:
            return value
    if isinstance(value, list):
        return [decoded(item) for item in value]
    return {name: decoded(item) for name, item in value.items()} if isinstance(value, dict) else value


def alike(wanted: Any, found: Any, *, shape: bool) -> bool:
    """Whether two values are equal; in a shape, ``<any>`` stands for any text inside a text, or for any value."""
    if shape and wanted == "<any>":
        return found is not None
    if isinstance(wanted, bool) or isinstance(found, bool) or wanted is None or found is None:
        return wanted is found
    if isinstance(wanted, int | float) and isinstance(found, int | float):
        return wanted == found
    if isinstance(wanted, list) and isinstance(found, list):
        pairs = zip(wanted, found, strict=False)
        return len(wanted) == len(found) and all(alike(one, other, shape=shape) for one, other in pairs)
    if isinstance(wanted, dict) and isinstance(found, dict):
        return wanted.keys() == found.keys() and all(alike(wanted[key], found[key], shape=shape) for key in wanted)
    if shape and isinstance(wanted, str) and isinstance(found, str):
        pattern = ".+".join(re.escape(part) for part in wanted.split("<any>"))
        return re.fullmatch(pattern, found, re.DOTALL) is not None
    return bool(wanted == found)
