"""The cases of our own on the runner: what is kept between two turns is all that an execution needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.flows.waiting import wait_until
from tests.states.own import CASES, Case, definition, expectation
from tests.unit.local.runner.machines import Clock
from verihook.local.runner.integrations import Integrations
from verihook.local.runner.rows import Entry
from verihook.local.runner.runner import Runner

#: Those of more than one turn; but a function that takes long would take it of the test's own time.
KEPT = [case for case in CASES if case.keys() & {"functions", "lasts"} and "seconds" not in str(case.get("functions"))]


def function(behaviour: Any) -> Callable[[Any], Any]:
    if behaviour == "echo":
        return lambda event: event
    if "error" not in behaviour:
        return lambda event: "a" * behaviour["bytes"] if "bytes" in behaviour else behaviour["value"]

    def fail(event: Any) -> None:
        raise type(behaviour["error"], (Exception,), {})(behaviour["message"])

    return fail


@pytest.mark.parametrize("case", KEPT, ids=lambda case: case["id"])
def test_a_case_ends_as_in_virtual_time(tmp_path: Path, case: Case) -> None:
    functions = {name: function(behaviour) for name, behaviour in case.get("functions", {}).items()}
    clock = Clock()
    runner = Runner(tmp_path / "s.db", Integrations(functions), now=clock, look_every=0.01)
    runner.deploy("machine", json.dumps(definition(case)))
    runner.start("machine", "name", json.dumps(case.get("input", {})))

    def ended() -> Entry | None:
        clock.now += 5
        entry = runner.store.get(("machine", "name"))
        return entry if entry is not None and entry.status != "RUNNING" else None

    entry = wait_until(ended)
    runner.close()
    expected = expectation(case)
    assert (entry.status, entry.error) == (expected["status"], expected.get("error", entry.error))
    if "output" in expected:
        assert json.loads(entry.output or "") == expected["output"]
