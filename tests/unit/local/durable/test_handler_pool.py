"""Handlers are called in fair turns."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import Queue
from typing import Any

from tests.flows.waiting import PATIENCE_S, wait_until
from tests.unit.local.durable.starting import start
from verihook.local.durable import DurableRunner
from verihook.local.durable.arns import execution_arn
from verihook.local.durable.handler_pool import _CALLED, HANDLERS, HandlerPool

FLOW = """
import time
from pathlib import Path

from aws_durable_execution_sdk_python import durable_execution


@durable_execution
def handler(event, context):
    with Path(event["begun"]).open("a") as file:
        file.write("begun\\n")
    while event["waits"] and not Path(event["go"]).exists():
        time.sleep(0.05)
    return "done"
"""


def test_slow_handlers_of_one_workflow_do_not_hold_up_anothers(tmp_path: Path) -> None:
    for name in ("slow", "quick"):
        (tmp_path / f"{name}.py").write_text(FLOW)
    ends: Queue[dict[str, Any]] = Queue()
    slow, go = tmp_path / "begun", tmp_path / "go"
    with DurableRunner(tmp_path / "store.db", tmp_path, on_end=ends.put) as runner:
        event = {"begun": str(slow), "go": str(go), "waits": True}
        for number in range(HANDLERS + 2):
            assert 202 == start(runner, "slow", f"s{number}", event)
        wait_until(lambda: slow.exists() and len(slow.read_text().split()) >= HANDLERS - 8)
        assert 202 == start(runner, "quick", "q", event | {"begun": str(tmp_path / "other"), "waits": False})
        first = ends.get(timeout=PATIENCE_S)
        begun = len(slow.read_text().split())
        go.touch()
        others = [ends.get(timeout=PATIENCE_S) for _ in range(HANDLERS + 2)]
    assert (first["durableExecutionName"], first["Result"]) == ("q", '"done"')
    assert begun == HANDLERS - 8
    assert {each["status"] for each in others} == {"SUCCEEDED"}


def test_what_waits_at_a_stop_is_cancelled_and_never_called() -> None:
    pool, begun, release = HandlerPool(threads=1, of_one=1), threading.Event(), threading.Event()
    called = list[str]()
    _CALLED.set(execution_arn("flow", "a", "1"))

    def work() -> bool:
        begun.set()
        return release.wait(PATIENCE_S)

    running = pool.submit(work)
    assert begun.wait(PATIENCE_S)
    waiting = pool.submit(called.append, "waiting")
    pool.shutdown()
    late = pool.submit(called.append, "late")
    release.set()
    assert running.result(PATIENCE_S) is True
    assert (waiting.cancelled(), late.cancelled(), called) == (True, True, [])
