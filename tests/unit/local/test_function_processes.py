"""Functions in processes of their own."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from tests.flows.waiting import wait_until
from verihook import authoring
from verihook.adapters.printable import stack
from verihook.config.settings import function_processes
from verihook.errors import ConfigurationError
from verihook.local.entry_child import send
from verihook.local.function_processes import FunctionProcesses
from verihook.worker.functions import Context, Exited, Functions, Interrupted, NotJson, OutOfTime

CODE = """
import logging, os, sys
from verihook import authoring

def run(event, context):
    match event:
        case "pid": return os.getpid()
        case "context": return [context.instance_id, context.tries, context.headers, context.remaining_ms() > 50_000]
        case "log": logging.getLogger("work").warning("half %s", "done")
        case "raise": raise LookupError("no such order")
        case "leave": sys.exit(3)
        case "die": os._exit(7)
        case "set": return {1}
        case "hang":
            while True: pass
        case "connection":
            found = authoring.connection("bank")
            return [found.url, found.headers]
        case "none": authoring.connection("none")
"""


def context(instance_id: str = "i1") -> Context:
    return Context(instance_id, 1, 2, "w", None, None, lambda: 0, headers={"a": "b"})


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FunctionProcesses]:
    folder = tmp_path_factory.mktemp("workflows")
    (folder / "w.py").write_text(CODE)
    made = FunctionProcesses(Functions({"w": lambda event, context: pytest.fail("ran here")}), folder)
    yield made
    made.interrupt()


def ran(functions: FunctionProcesses, event: str, timeout_ms: int = 60_000) -> Any:
    return functions.call("w", event, context(), timeout_ms)


def test_one_process_is_kept_and_gets_what_a_function_gets(functions: FunctionProcesses) -> None:
    assert ran(functions, "pid") == ran(functions, "pid")
    assert ran(functions, "context") == ["i1", 2, {"a": "b"}, True]


def test_what_it_logs_is_logged_here(functions: FunctionProcesses, caplog: pytest.LogCaptureFixture) -> None:
    assert ran(functions, "log") is None
    (record,) = [each for each in caplog.records if each.name == "work"]
    assert (record.levelno, record.getMessage()) == (logging.WARNING, "half done")
    assert record.pathname.endswith("w.py")


def test_what_it_raises_is_raised_here_with_its_stack(functions: FunctionProcesses) -> None:
    with pytest.raises(Exception, match="no such order") as caught:
        ran(functions, "raise")
    assert caught.type.__name__ == "LookupError"
    assert any("w.py" in line and "raise LookupError" in line for line in stack(caught.value))
    with pytest.raises(Exited, match="raised SystemExit"):
        ran(functions, "leave")
    with pytest.raises(NotJson, match="set is not JSON serializable"):
        ran(functions, "set")


def test_one_that_ends_its_process_has_failed_and_another_takes_its_place(functions: FunctionProcesses) -> None:
    before = ran(functions, "pid")
    with pytest.raises(Exited, match="ended its process with 7"):
        ran(functions, "die")
    assert ran(functions, "pid") != before


def test_one_that_is_out_of_time_is_killed(functions: FunctionProcesses) -> None:
    pid = ran(functions, "pid")
    with pytest.raises(OutOfTime, match=r"within 0\.2 seconds"):
        ran(functions, "hang", 200)
    assert not Path(f"/proc/{pid}").exists()


def test_a_connection_is_that_of_the_server(functions: FunctionProcesses, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = SimpleNamespace(url="https://bank.example", secret="env:KEY", header="authorization", prefix="Bearer ")
    secrets = SimpleNamespace(resolve=lambda reference: [f"value of {reference}"])
    monkeypatch.setattr(authoring, "_services", SimpleNamespace(connections={"bank": bank}, secrets=secrets))
    assert ran(functions, "connection") == ["https://bank.example", {"authorization": "Bearer value of env:KEY"}]
    with pytest.raises(Exception, match=r"hooks\.toml has no \[connections\.none\]") as caught:
        ran(functions, "none")
    assert caught.type.__name__ == "KeyError"


def test_a_stop_ends_what_runs_and_begins_nothing_more(tmp_path: Path) -> None:
    (tmp_path / "w.py").write_text(CODE)
    stopped, found = FunctionProcesses(Functions({}), tmp_path), list[Exception]()

    def hang() -> None:
        try:
            ran(stopped, "hang")
        except Interrupted as error:
            found.append(error)

    thread = Thread(target=hang)
    thread.start()
    (process,) = wait_until(lambda: [*stopped._called])
    stopped.interrupt()
    thread.join(60)
    assert len(found) == 1
    assert process._popen.returncode is not None
    with pytest.raises(Interrupted):
        ran(stopped, "pid")


def test_the_process_ends_with_the_server_whatever_the_function_does(functions: FunctionProcesses) -> None:
    ran(functions, "pid")
    process = functions._ready.pop()
    fields = {"instance_id": "i", "attempt": 1, "tries": 1, "workflow": "w", "source": None, "event_id": None}
    asked = {"definition": "w", "event": "hang", "context": fields, "ms": 60_000}
    send(process._socket, json.dumps(asked).encode())
    process._socket.close()
    assert process._popen.wait(60) == 0


def test_the_setting() -> None:
    assert [function_processes({"VERIHOOK_FUNCTION_PROCESSES": each}) for each in ("", "0", "64")] == [0, 0, 64]
    for wrong in ("-1", "65", "two", "1 "):
        with pytest.raises(ConfigurationError, match="VERIHOOK_FUNCTION_PROCESSES: must be a number of 0"):
            function_processes({"VERIHOOK_FUNCTION_PROCESSES": wrong})
