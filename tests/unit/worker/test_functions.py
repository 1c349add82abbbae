"""Functions are loaded once and called within a time."""

from __future__ import annotations

from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any

import pytest

from verihook.errors import ConfigurationError
from verihook.model.workflow import Workflow
from verihook.worker.functions import Context, Exited, Functions, Interrupted, OutOfTime

CONTEXT = Context("a", 1, 1, "w", None, None, lambda: 0)


def workflows(definition: str, engine: str = "function") -> dict[str, Workflow]:
    return {"w": Workflow("w", engine, definition)}


def test_those_of_the_engine_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "order_log.py").write_text("def run(event, context):\n    return [event, context.instance_id]\n")
    functions = Functions.load(tmp_path, workflows("order-log"))
    assert ("order-log" in functions, "other" in functions) == (True, False)
    assert [{"n": 1}, "a"] == functions.call("order-log", {"n": 1}, CONTEXT, 5000)
    assert "order-log" not in Functions.load(tmp_path, workflows("order-log", "durable"))


@pytest.mark.parametrize("text", ["run = 7\n", "async def run(event, context): ...\n"])
def test_what_is_no_plain_function_is_a_configuration_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "w.py").write_text(text)
    with pytest.raises(ConfigurationError, match=r"w\.py: run: must be a plain function"):
        Functions.load(tmp_path, workflows("w"))


def test_what_it_raises_is_raised() -> None:
    def run(event: Any, context: Any) -> Any:
        raise event

    functions = Functions({"w": run})
    with pytest.raises(ZeroDivisionError, match="by nothing"):
        functions.call("w", ZeroDivisionError("by nothing"), CONTEXT, 5000)
    with pytest.raises(Exited, match="The function raised SystemExit"):
        functions.call("w", SystemExit(1), CONTEXT, 5000)


def test_one_that_is_out_of_time_is_left_to_itself() -> None:
    release, over = Event(), Event()

    def run(event: Any, context: Any) -> Any:
        release.wait(60)
        over.set()

    # Long enough for the function to begin on a busy machine: one that has not is never called.
    with pytest.raises(OutOfTime, match=r"within 0\.5 seconds"):
        Functions({"w": run}).call("w", None, CONTEXT, 500)
    assert not over.is_set()
    release.set()
    assert over.wait(60)


def test_a_stop_interrupts_those_that_run_and_begins_none() -> None:
    begun, release, ends = Event(), Event(), Queue[str]()

    def run(event: Any, context: Any) -> Any:
        begun.set()
        release.wait(60)

    def call() -> None:
        try:
            functions.call("w", None, CONTEXT, 60_000)
        except Interrupted:
            ends.put("interrupted")

    functions = Functions({"w": run})
    Thread(target=call).start()
    assert begun.wait(60)
    functions.interrupt()
    assert "interrupted" == ends.get(timeout=60)
    with pytest.raises(Interrupted):
        functions.call("w", None, CONTEXT, 60_000)
    release.set()
