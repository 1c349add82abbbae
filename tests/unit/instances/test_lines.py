"""What a worker begins, and what its ends start, if instances wait for their turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.parts import Parts, parts, request
from tests.unit.working import Working, working
from verihook import instances
from verihook.instances.starting import start_when_due
from verihook.model.workflow import Workflow
from verihook.records import replace
from verihook.worker.recorder import record_status_change
from verihook.worker.work import run_try

__all__ = ["parts"]

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:stack_one"


@pytest.fixture
def works(tmp_path: Path) -> Iterator[Working]:
    def run(event: Any, context: Any) -> Any:
        if event["n"] < 0:
            raise ValueError("negative")
        return event

    with working(tmp_path, {"w": run}, retries=1) as works:
        yield works


def run(works: Working, id: str) -> str:
    return run_try(id, 1, works.functions, works.services)


def test_it_begins_nothing_out_of_turn_and_its_end_wakes_the_next(works: Working) -> None:
    first, second = works.claim("a", line="l"), works.claim("b", line="l")
    # In AWS the stream may bring the row before the receiver has put it into its line: the worker does that.
    assert "completed" == run(works, "a")
    third = works.claim("c", line="l")
    assert ["queued"] * 2 == [start_when_due(each, works.services) for each in (second, third)]
    assert ("WaitsItsTurn", "skipped") == (works.row("c").error, run(works, "c"))
    assert "skipped" == run(works, first.id)
    works.woken.clear()
    assert "completed" == run(works, "b")
    # The row is written, which is what the stream brings.
    assert (["c"], None, "queued") == (works.woken, works.row("c").error, works.row("c").status)
    assert "completed" == run(works, "c")
    assert works.services.documents.place("l", "c", 1) is None


def test_the_stream_may_be_quicker_than_the_line(works: Working) -> None:
    works.claim("a", line="l")
    works.claim("b", line="l")
    assert works.services.documents.line_up("l", "a", 1)
    assert "skipped" == run(works, "b")
    assert "completed" == run(works, "a")
    assert "completed" == run(works, "b")


def test_one_that_is_tried_again_keeps_its_place(works: Working) -> None:
    works.claim("a", input='{"n": -1}', line="l")
    second = works.claim("b", line="l")
    assert "again" == run(works, "a")
    assert "queued" == start_when_due(second, works.services)
    works.clock.at += 3_600_000
    assert "skipped" == run(works, "b")
    assert "failed" == run(works, "a")
    assert "completed" == run(works, "b")


def test_a_function_that_is_terminated_gives_its_turn_to_the_next(works: Working) -> None:
    works.claim("a", line="l")
    second = works.claim("b", line="l")
    assert works.services.documents.line_up("l", "a", 1)
    assert "queued" == start_when_due(second, works.services)
    instances.terminate("a", works.services)
    assert ("b" in works.woken, works.row("b").error) == (True, None)


def test_the_recorded_end_of_an_execution_starts_the_next(parts: Parts) -> None:
    workflows = {
        name: Workflow(name, "stepfunctions", name, max_running=most) for name, most in (("one", 1), ("two", None))
    }
    services = replace(parts.services, workflows=workflows, engines={"stepfunctions": parts.engine})
    ids = [instances.submit(request("one"), "", services).instance.id for _ in range(2)]
    assert ids[:1] == parts.engine.starts
    detail = {"name": ids[0], "status": "SUCCEEDED", "startDate": 1, "stateMachineArn": MACHINE, "output": "1"}
    assert record_status_change({"detail": detail}, services)
    assert ids == parts.engine.starts
