"""A planned stop of one machine: what is finished is kept, what runs is waited for, and the next run goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.flows.commands import verihook
from tests.flows.deployment import VARIABLES
from tests.flows.faces import Server, run_key
from tests.flows.waiting import wait_until
from tests.flows.workshop import Api, write_workshop

# Each has servers of its own, and waits for what they still do.
pytestmark = pytest.mark.in_turn

MORE = """
[workflows.two-steps]
engine = "durable"
definition = "two-steps"

[workflows.side-by-side]
engine = "durable"
definition = "side-by-side"

[workflows.once]
engine = "function"
definition = "once"
retries = 0
timeout_s = 600
"""

#: Writes a line when a step begins, and goes on when the test says so.
LINES = """
import time
from pathlib import Path


def step(event, line):
    with Path(event["lines"]).open("a") as file:
        file.write(line + "\\n")
    deadline = time.monotonic() + 300
    while not Path(event["go"]).exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return line + str(time.time_ns())
"""

TWO_STEPS = f"""
from aws_durable_execution_sdk_python import durable_execution
{LINES}

@durable_execution
def handler(event, context):
    first = context.step(lambda _: step(event, "first"), name="First")
    return [first, context.step(lambda _: step(event, "second"), name="Second")]
"""

SIDE_BY_SIDE = f"""
from aws_durable_execution_sdk_python import durable_execution
{LINES}

def branch(event, name):
    return lambda context: [
        context.step(lambda _, number=number: step(event, name + str(number)), name=name + str(number))
        for number in range(3)
    ]


@durable_execution
def handler(event, context):
    made = context.parallel([branch(event, "a"), branch(event, "b")], name="Both")
    return [result for results in made.get_results() for result in results]
"""

ONCE = f"""
{LINES}

def run(event, context):
    return [step(event, "try"), context.tries]
"""


class Run:
    """The deployment, a server on it, and the file in which the steps write their lines."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._closing = ExitStack()
        self.hooks = write_workshop(folder / "deployment", MORE)
        for name, text in (("two_steps", TWO_STEPS), ("side_by_side", SIDE_BY_SIDE), ("once", ONCE)):
            (self.hooks.parent / "workflows" / f"{name}.py").write_text(text)
        self.event = {"lines": str(folder / "lines"), "go": str(folder / "go")}

    def begin(self, *options: str) -> None:
        """A server, the first or the next one."""
        self.server = self.another(*options)
        self.api = Api(self.server.ready(), self.server.data, run_key(self.server.data))
        self._closing.enter_context(self.api.http)

    def another(self, *options: str) -> Server:
        server = Server(self._folder / "data", VARIABLES, "--hooks", str(self.hooks), *options)
        self._closing.callback(server.kill_if_running)
        return server

    def close(self) -> None:
        self._closing.close()

    def let_go(self) -> None:
        (self._folder / "go").touch()

    def hold_again(self) -> None:
        (self._folder / "go").unlink()

    def lines(self) -> list[str]:
        path = self._folder / "lines"
        return path.read_text().split() if path.exists() else []

    def says(self, text: str) -> None:
        wait_until(lambda: text in self.server.output.read_text(), what=f"nobody said {text!r}")

    def signal(self, number: signal.Signals) -> None:
        os.killpg(self.server.process.pid, number)

    def end(self, timeout: float = 60) -> int:
        """The exit code, once the server has ended by itself."""
        return self.server.process.wait(timeout)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Of which nothing has begun."""
    with closing(Run(tmp_path)) as made:
        yield made


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_step_is_waited_for_its_result_is_kept_and_no_other_begins(run: Run, number: signal.Signals) -> None:
    run.begin("--grace", "60")
    id = run.api.start("two-steps", run.event)
    wait_until(lambda: run.lines() == ["first"])
    run.signal(number)
    run.says(f"Stopping: waiting up to 60 s for {id}. Ctrl-C again ends at once.")
    # It answers until the end, and no other process works on the folder.
    assert not run.api.get(id)["output"]
    other = run.another("--port", "0")
    assert 2 == other.process.wait(60)
    assert "another Verihook runs on this data folder" in other.output.read_text()
    let_go_at = time.time_ns()
    run.let_go()
    assert 0 == run.end()
    assert ["first"] == run.lines()
    run.hold_again()
    run.begin()
    wait_until(lambda: run.lines() == ["first", "second"])
    restarted_at = time.time_ns()
    run.let_go()
    first, second = run.api.until(id, "completed")["output"]
    assert let_go_at < int(first.removeprefix("first")) < restarted_at < int(second.removeprefix("second"))
    assert 0 == run.server.stop()
    assert ["first", "second"] == run.lines()
    assert "Traceback" not in run.server.output.read_text()


def test_branches_stop_each_at_its_own_step(run: Run) -> None:
    run.begin("--grace", "60")
    id = run.api.start("side-by-side", run.event)
    wait_until(lambda: sorted(run.lines()) == ["a0", "b0"])
    run.signal(signal.SIGTERM)
    run.says("Stopping: waiting")
    run.let_go()
    assert 0 == run.end()
    assert ["a0", "b0"] == sorted(run.lines())
    run.begin()
    names = [result[:2] for result in run.api.until(id, "completed")["output"]]
    assert ["a0", "a1", "a2", "b0", "b1", "b2"] == names == sorted(run.lines())
    assert 0 == run.server.stop()


def test_a_second_ctrl_c_ends_at_once(run: Run) -> None:
    run.begin("--grace", "600")
    durable, function = run.api.start("two-steps", run.event), run.api.start("once", run.event)
    wait_until(lambda: sorted(run.lines()) == ["first", "try"])
    run.signal(signal.SIGINT)
    run.says("Ctrl-C again ends at once")
    # One that comes at the same instant is the same press, so a person presses again. What runs would go on.
    wait_until(lambda: run.server.process.poll() is not None or run.signal(signal.SIGINT), what="it did not end")
    assert 130 == run.end(0)
    output = run.server.output.read_text()
    assert "Ended at once: what ran is begun again at the next start." in output
    assert "Traceback" not in output
    run.let_go()
    run.begin()
    assert "completed" == run.api.until(durable)["status"]
    assert ("completed", 1) == ((ended := run.api.until(function))["status"], ended["output"][1])
    assert 0 == run.server.stop()


def test_a_second_sigterm_is_none(run: Run) -> None:
    run.begin("--grace", "600")
    id = run.api.start("two-steps", run.event)
    wait_until(lambda: run.lines() == ["first"])
    run.signal(signal.SIGTERM)
    run.says("Stopping: waiting")
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        run.signal(signal.SIGTERM)
        assert not run.api.get(id)["output"]
    run.let_go()
    assert 0 == run.end()
    assert ["first"] == run.lines()


def test_a_function_that_a_stop_interrupts_had_no_try(run: Run) -> None:
    run.begin("--grace", "0")
    id = run.api.start("once", run.event)
    wait_until(lambda: run.lines() == ["try"])
    assert 0 == run.server.stop()
    assert f"Interrupted, and begun again at the next start: {id}." in run.server.output.read_text()
    run.begin()
    wait_until(lambda: run.lines() == ["try", "try"])
    run.let_go()
    ended = run.api.until(id)
    assert ("completed", 1) == (ended["status"], ended["output"][1])
    assert 0 == run.server.stop()


def test_a_function_in_time_is_waited_for(run: Run) -> None:
    run.begin("--grace", "60")
    id = run.api.start("once", run.event)
    wait_until(lambda: run.lines() == ["try"])
    run.signal(signal.SIGTERM)
    run.says(f"for {id}.")
    run.let_go()
    assert 0 == run.end()
    run.begin()
    assert "completed" == run.api.get(id)["status"]
    assert 0 == run.server.stop()
    assert ["try"] == run.lines()


def test_kill_9_is_a_lost_worker_as_before(run: Run) -> None:
    run.begin()
    id = run.api.start("once", run.event)
    wait_until(lambda: run.lines() == ["try"])
    run.server.kill()
    _expire_leases(run.server.data)
    run.begin()
    ended = run.api.until(id)
    assert ("timed_out", "WorkerLost") == (ended["status"], ended["error"]["code"])
    assert 0 == run.server.stop()


def test_the_terminal_and_the_help_say_how_long_it_waits(run: Run) -> None:
    run.begin("--grace", "7")
    run.says("Ctrl-C stops the server; it waits up to 7 s")
    assert 0 == run.server.stop()
    assert "default 25" in " ".join(verihook("run", "--help").stdout.split())
    wrong = verihook("run", "--grace", "-1")
    assert (2, True) == (wrong.returncode, "must be a whole number from 0 to 900 (got " in wrong.stderr)


def _expire_leases(data: Path) -> None:
    """As if the time of every lease had passed."""
    import sqlite3

    with closing(sqlite3.connect(data / "ledger.db", timeout=60)) as db, db:
        db.execute("UPDATE instances SET leased_until = 1, due_at = 1 WHERE leased_until IS NOT NULL")
