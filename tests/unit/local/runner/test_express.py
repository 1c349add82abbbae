"""Express executions: while the caller waits."""

from __future__ import annotations

import threading
import time

import pytest

from tests.flows.waiting import wait_until
from tests.unit.local.runner.machines import asl, task
from verihook.local.runner.express import MAX_SECONDS, Express
from verihook.local.runner.integrations import Integrations
from verihook.local.states.effects import End
from verihook.local.states.errors import Refused


def test_calls_of_a_map_are_made_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=10)

    def meet(event: int) -> int:
        together.wait()
        return event * 2

    express = Express(Integrations({"meet": meet}), time.time)
    flow = {"StartAt": "I", "States": {"I": task("meet", End=True)}}
    express.deploy("m", asl(M={"Type": "Map", "ItemProcessor": flow, "End": True}))
    assert express.run("m", "e", "[1, 2, 3]") == End("SUCCEEDED", [2, 4, 6])
    assert express.run("m", "e", "[4, 5, 6]") == End("SUCCEEDED", [8, 10, 12])
    express.close()


def test_the_context_is_that_of_an_express_execution() -> None:
    express = Express(Integrations(), time.time)
    express.deploy("m", asl(A={"Type": "Pass", "Parameters": {"x.$": "$$.Execution"}, "End": True}))
    execution = express.run("m", "e", "{}").output["x"]
    assert execution["Id"].split(":")[5:8] == ["express", "m", "e"]
    assert "RedriveCount" not in execution
    express.close()


def test_it_waits_and_it_fails_and_is_not_to_wait_for_an_answer() -> None:
    express = Express(Integrations(), time.time)
    express.deploy("m", asl(A={"Type": "Wait", "Seconds": 1, "Next": "B"}, B={"Type": "Fail", "Error": "E"}))
    begun = time.monotonic()
    assert express.run("m", "e", "{}") == End("FAILED", None, "E", None)
    assert time.monotonic() - begun >= 0.9
    with pytest.raises(Refused):
        express.deploy(
            "m", asl(A={**task("f", End=True), "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken"})
        )
    express.close()


def test_five_minutes_are_the_end_of_it() -> None:
    now = [1_800_000_000.0]

    def passing() -> float:
        now[0] += 100
        return now[0]

    express = Express(Integrations(), passing)
    express.deploy("m", asl(A={"Type": "Wait", "Seconds": 10 * MAX_SECONDS, "End": True}))
    assert express.run("m", "e", "{}").status == "TIMED_OUT"


def test_what_runs_is_ended_when_the_process_closes() -> None:
    express, ends = Express(Integrations(), time.time), list[End]()
    express.deploy("m", asl(A={"Type": "Wait", "Seconds": 60, "End": True}))
    thread = threading.Thread(target=lambda: ends.append(express.run("m", "e", "{}")))
    thread.start()
    wait_until(lambda: express.busy() == ["e"])
    express.close()
    wait_until(lambda: ends)
    thread.join()
    assert ends[0].status == "ABORTED"
