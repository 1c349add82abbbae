"""The recorded executions once more, on what runs them: the runner, its file and its threads, all in one process."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.flows.waiting import PATIENCE_S
from tests.states.recorded import FOLDER, compare, executions, value_of
from tests.states.virtual import START, Outcome
from verihook.local.runner.express import Express
from verihook.local.runner.integrations import Function, Integrations
from verihook.local.runner.runner import Runner
from verihook.local.states.effects import End

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recorded cases are not beside the repository")

Case = dict[str, Any]

#: How much later it is each time that an execution has not ended yet, in seconds.
STEP_S = 0.25


class Rig:
    """A runner whose time passes while something waits for it."""

    def __init__(self, folder: Path) -> None:
        self.now = START
        self.functions: dict[str, Function] = {}
        integrations = Integrations(self.functions)
        self.runner = Runner(folder / "s.db", integrations, now=lambda: self.now, look_every=0.005)
        self.express = Express(integrations, lambda: self.now)

    def outcome(self, number: int, case: Case) -> Outcome:
        """How the case's execution ends; without the events of an Express one, which are kept nowhere."""
        self.functions.clear()
        self.functions.update({name: self._function(each) for name, each in case["lambdas"].items()})
        self.now = START
        definition, given = json.dumps(case["definition"]), json.dumps(case["input"])
        if case["type"] == "EXPRESS":
            self.express.deploy("machine", definition)
            return Outcome(self._passing(lambda: self.express.run("machine", "name", given)))
        self.runner.deploy("machine", definition)
        key = self.runner.start("machine", f"n{number}", given).key
        until = time.monotonic() + PATIENCE_S
        while (entry := self.runner.store.get(key)) is None or entry.status == "RUNNING":
            assert time.monotonic() < until, f"{case['id']} does not end"
            time.sleep(0.0005)
            self.now += STEP_S
        output = None if entry.output is None else json.loads(entry.output)
        return Outcome(End(entry.status, output, entry.error, entry.cause), self.runner.store.history(key))

    def _passing(self, work: Callable[[], End]) -> End:
        ended = threading.Event()

        def pass_time() -> None:
            while not ended.wait(0.001):
                self.now += STEP_S

        passing = threading.Thread(target=pass_time, daemon=True)
        passing.start()
        try:
            return work()
        finally:
            ended.set()
            passing.join()

    def _function(self, behaviour: dict[str, Any]) -> Function:
        def call(event: Any) -> Any:
            if behaviour["kind"] == "raise":
                raise type(behaviour["error"], (Exception,), {})(behaviour["message"])
            until = self.now + float(behaviour.get("seconds", 0))
            while self.now < until:
                time.sleep(0.0005)
            return value_of(behaviour, event)

        return call


def test_every_execution_ends_as_aws_recorded_it(tmp_path: Path) -> None:
    rig, found = Rig(tmp_path), {}
    cases = executions()
    seed = random.randrange(10**6)
    print(f"order of seed {seed}")  # noqa: T201  # shown if the test fails
    random.Random(seed).shuffle(cases)
    for number, case in enumerate(cases):
        outcome = rig.outcome(number, case)
        known = {**case, "events": None} if case["type"] == "EXPRESS" else case
        found.update({(case["id"], what): how for what, how in compare(known, outcome).differs.items()})
    rig.runner.close()
    rig.express.close()
    assert cases
    assert {} == found
