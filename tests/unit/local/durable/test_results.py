"""How large what a durable function keeps may be."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.flows.waiting import PATIENCE_S
from verihook.local.durable import DurableRunner

FLOW = """
from aws_durable_execution_sdk_python import StepError, durable_execution
from aws_durable_execution_sdk_python.waits import WaitForConditionConfig, WaitForConditionDecision

tries = []


@durable_execution
def handler(event, context):
    text = "x" * (event["size"] - 2)
    if event["what"] == "output":
        return text
    if event["what"] == "condition":
        done = WaitForConditionConfig(
            wait_strategy=lambda state, attempt: WaitForConditionDecision.stop_polling(), initial_state=None
        )
        return len(context.wait_for_condition(lambda state, check: text, done, name="Look"))
    try:
        return len(context.step(lambda _: tries.append(1) or text, name="Make"))
    except StepError as error:
        return [str(error), len(tries)]
"""

MOST_OF_A_STEP, MOST = 262_144, 6 * 1024 * 1024 - 50


@pytest.fixture
def ends() -> Queue[dict[str, Any]]:
    return Queue()


@pytest.fixture
def runner(tmp_path: Path, ends: Queue[dict[str, Any]]) -> Iterator[DurableRunner]:
    (tmp_path / "flow.py").write_text(FLOW)
    with DurableRunner(tmp_path / "store.db", tmp_path, on_end=ends.put) as running:
        yield running


def end_of(runner: DurableRunner, ends: Queue[dict[str, Any]], what: str, size: int) -> tuple[str, Any, Any]:
    connection = http.client.HTTPConnection(urlsplit(runner.endpoint_url).netloc, timeout=PATIENCE_S)
    headers = {"X-Amz-Invocation-Type": "Event"}
    event = json.dumps({"what": what, "size": size})
    connection.request("POST", "/2015-03-31/functions/flow/invocations", event, headers)
    assert 202 == connection.getresponse().status
    connection.close()
    end = ends.get(timeout=PATIENCE_S)
    return end["status"], end["Result"] and json.loads(end["Result"]), end["Error"]


@pytest.mark.parametrize(("what", "most"), [("step", MOST_OF_A_STEP), ("condition", MOST_OF_A_STEP), ("output", MOST)])
def test_at_the_bound_it_is_kept(runner: DurableRunner, ends: Queue[dict[str, Any]], what: str, most: int) -> None:
    status, result, error = end_of(runner, ends, what, most)
    assert ("SUCCEEDED", None) == (status, error)
    assert most - 2 == (len(result) if what == "output" else result)


@pytest.mark.parametrize("size", [MOST_OF_A_STEP + 1, 800 * 1024, 2 * MOST])
def test_a_larger_step_fails_in_words_and_is_tried_once(
    runner: DurableRunner, ends: Queue[dict[str, Any]], size: int
) -> None:
    words = (
        f"The result of the step 'Make' has {size:,} bytes, and 262,144 at most are kept: "
        "keep it elsewhere, and return where it is."
    )
    assert ("SUCCEEDED", [words, 1], None) == end_of(runner, ends, "step", size)


def test_a_larger_condition_fails_in_words(runner: DurableRunner, ends: Queue[dict[str, Any]]) -> None:
    status, _, error = end_of(runner, ends, "condition", MOST_OF_A_STEP + 1)
    assert "FAILED" == status
    assert "has 262,145 bytes, and 262,144 at most are kept" in error["ErrorMessage"]


@pytest.mark.parametrize("size", [MOST + 1, 3 * MOST])
def test_a_larger_output_has_failed(runner: DurableRunner, ends: Queue[dict[str, Any]], size: int) -> None:
    status, _, error = end_of(runner, ends, "output", size)
    assert ("FAILED", "OutputTooLarge") == (status, error["ErrorType"].rpartition(".")[2])
    assert f"has {size:,} bytes, and {MOST:,} at most are kept" in error["ErrorMessage"]
