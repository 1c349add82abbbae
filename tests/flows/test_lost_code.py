"""Code of the operator's that leaves its thread or kills the process, and a part of the server that has ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flows.deployment import VARIABLES
from tests.flows.faces import HttpFace, Server, run_key, serving
from tests.flows.waiting import wait_until
from tests.flows.workshop import Api, write_workshop

MORE = """
[workflows.leave]
engine = "durable"
definition = "leave"

[workflows.leave-function]
engine = "function"
definition = "leave-function"
retries = 0

[workflows.kill]
engine = "durable"
definition = "kill"
"""

LEAVE = """
from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import Duration


def leave(event, place):
    if event["place"] == place:
        raise getattr(__builtins__, event["how"], None) or __builtins__[event["how"]]


@durable_execution
def handler(event, context):
    leave(event, "handler")
    context.step(lambda _: leave(event, "step"), name="Step")
    context.parallel([lambda inner: leave(event, "branch"), lambda inner: 1], name="Branches")
    context.wait(Duration.from_seconds(1))
    leave(event, "after a wait")
    return "stayed"
"""

LEAVE_FUNCTION = """
import builtins


def run(event, context):
    raise getattr(builtins, event["how"])
"""

#: Kills the process, or ends threads of it by their name.
KILL = """
import ctypes
import os
import threading

from aws_durable_execution_sdk_python import durable_execution


def kill(event):
    if not event.get("threads"):
        os._exit(9)
    for thread in threading.enumerate():
        if thread.name.startswith(event["threads"]):
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))


@durable_execution
def handler(event, context):
    context.step(lambda _: kill(event), name="Kill")
    return "alive"
"""


def deployment(folder: Path) -> Path:
    hooks = write_workshop(folder / "deployment", MORE)
    workflows = hooks.parent / "workflows"
    for name, text in (("leave", LEAVE), ("leave_function", LEAVE_FUNCTION), ("kill", KILL)):
        (workflows / f"{name}.py").write_text(text)
    return hooks


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("lost")
    with serving(folder / "data", VARIABLES, "--hooks", str(deployment(folder))) as server:
        made = Api(server.url, folder / "data", run_key(folder / "data"))
        with made.http:
            yield made


def health(api: Api) -> tuple[tuple[int, Any], int, Any]:
    """What a stranger sees, and what the key of the run is."""
    stranger, whole = HttpFace(api.url).send("GET", "/health", []), api.http.get("/health")
    return (stranger.status, stranger.json), whole.status_code, whole.json()


@pytest.mark.parametrize("how", ["SystemExit", "KeyboardInterrupt", "GeneratorExit"])
def test_code_that_leaves_its_thread_has_failed_alone(api: Api, how: str) -> None:
    ids = [api.start("leave", {"how": how, "place": place}) for place in ("handler", "step", "branch", "after a wait")]
    function = api.start("leave-function", {"how": how})
    assert ["failed"] * 5 == [api.until(id)["status"] for id in [*ids, function]]
    assert how in api.get(function)["error"]["message"]
    assert "stayed" == api.until(api.start("leave", {"place": ""}))["output"]
    assert "completed" == api.until(api.start("order-log", {"items": []}))["status"]
    assert (200, {"status": "ok"}) == health(api)[0]


@pytest.mark.parametrize(
    ("threads", "part", "words"),
    [
        ("reconcile", "reconcile", "The rounds of reconcile have ended. Restart the server."),
        ("worker", "function", "threads that run functions have ended. Restart the server."),
        ("Thread-", "durable", "The loop that calls durable functions does not answer. Restart the server."),
    ],
)
def test_health_says_which_part_has_ended(tmp_path: Path, threads: str, part: str, words: str) -> None:
    with serving(tmp_path / "data", VARIABLES, "--hooks", str(deployment(tmp_path))) as server:
        api = Api(server.url, server.data, run_key(server.data))
        with api.http:
            assert (200, {"status": "ok"}) == health(api)[0]
            api.start("kill", {"threads": threads})

            def told() -> Any:
                # Each wakes a thread of the workers, which ends then, once the step has killed it.
                api.start("order-log", {"items": []})
                stranger, status, whole = health(api)
                return whole if (stranger[0], status) == (503, 503) else None

            found = wait_until(told, what=f"health told of no {part} that has ended")
            assert words in found["faults"][part]
            assert "unavailable" == found["status"] == found["engines"].get(part, "unavailable")


@pytest.mark.in_turn
def test_a_step_that_kills_the_process_ends_its_instance_after_three_deaths(tmp_path: Path) -> None:
    hooks, data = deployment(tmp_path), tmp_path / "data"
    for death in range(3):
        server = Server(data, VARIABLES, "--hooks", str(hooks))
        if death == 0:
            server.ready()
            api = Api(server.url, data, run_key(data))
            # The step may be quicker than the answer to its start.
            with api.http, suppress(httpx.TransportError):
                api.start("kill", {}, id="doomed")
        assert 9 == server.process.wait(120)
        # The terminal is not left without a word.
        assert "Verihook is ready on" in server.output.read_text()
        (data / "run.json").unlink(missing_ok=True)
        server.output.write_text("")
    with serving(data, VARIABLES, "--hooks", str(hooks)) as server:
        api = Api(server.url, data, run_key(data))
        with api.http:
            found = api.until("doomed")
            assert ("failed", "WorkerLost") == (found["status"], found["error"]["code"])
            assert "died 3 times" in found["error"]["message"]
            assert "stayed" == api.until(api.start("leave", {"place": ""}))["output"]
