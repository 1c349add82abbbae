"""How long a caller waits for the end of what it starts on one machine, beside an earlier commit in the same run.

    .venv/bin/python benchmarks/waiting.py [--rounds 40] [--before COMMIT]

A start with ``Prefer: wait`` of a state machine, a durable function and a function that do nothing; and, of a machine
and a durable function that wait for an event, from that event until a caller who waits for the end has it. Both servers
run at the same time and are asked in turn, so that a drift of the machine meets both.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, Self

import httpx

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "handler"), str(ROOT)]

HOOKS = """
[api]
starts_per_minute = 60000
[workflows.machine]
engine = "stepfunctions"
definition = "nothing"
[workflows.durable]
engine = "durable"
definition = "nothing"
[workflows.function]
engine = "function"
definition = "plain"
[workflows.machine-event]
engine = "stepfunctions"
definition = "waits"
[workflows.durable-event]
engine = "durable"
definition = "waits"
"""
DURABLE = """
from aws_durable_execution_sdk_python import durable_execution
from verihook.authoring import wait_for_event

@durable_execution
def handler(event, context):
    return {}
"""
FUNCTION = "def run(event, context):\n    return {}\n"
NOTHING = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
AWAIT = {"execution.$": "$$.Execution.Id", "name": "go", "token.$": "$$.Task.Token"}
WAITS = {
    "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": True,
    "Parameters": {"FunctionName": "${FeedsName}", "Payload": {"await": AWAIT}},
}  # fmt: skip

_number = count(1)


def write(folder: Path) -> Path:
    """The deployment that both servers run."""
    (folder / "handler" / "workflows").mkdir(parents=True)
    (folder / "infra" / "workflows").mkdir(parents=True)
    (folder / "handler" / "hooks.toml").write_text(HOOKS)
    for name, text in {
        "nothing": DURABLE, "waits": DURABLE.replace("return {}", 'return wait_for_event(context, "go", 600)'),
        "plain": FUNCTION,
    }.items():  # fmt: skip
        (folder / "handler" / "workflows" / f"{name}.py").write_text(text)
    for name, machine in {"nothing": NOTHING, "waits": {"StartAt": "W", "States": {"W": WAITS}}}.items():
        (folder / "infra" / "workflows" / f"{name}.asl.json").write_text(json.dumps(machine))
    return folder / "handler" / "hooks.toml"


def checkout(commit: str, folder: Path) -> Path:
    """The code of a commit."""
    packed = subprocess.run(["git", "archive", commit, "handler"], cwd=ROOT, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


class Run:
    """One server, and what it is asked."""

    def __init__(self, tree: Path, hooks: Path, data: Path) -> None:
        program = "import sys; from verihook.cli import main; sys.exit(main(sys.argv[1:]))"
        options = ["run", "--port", "0", "--data", str(data), "--hooks", str(hooks), "--grace", "1"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", program, *options],
            env={**os.environ, "PYTHONPATH": str(tree / "handler")},
            cwd=tree,
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while not (data / "run.json").exists():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"the server of {tree} has not started")
            time.sleep(0.05)
        run = json.loads((data / "run.json").read_text())
        self.http = httpx.Client(base_url=run["url"], headers={"authorization": f"Bearer {run['key']}"}, timeout=60)
        self._second = ThreadPoolExecutor(1)

    def started(self, workflow: str) -> float:
        """Milliseconds until a start of the workflow is answered with its end."""
        began = time.perf_counter()
        answer = self.http.post(f"/v1/workflows/{workflow}/instances", json={}, headers={"prefer": "wait=30"})
        taken = (time.perf_counter() - began) * 1000
        if answer.status_code != 200:
            raise RuntimeError(f"{workflow}: {answer.status_code} {answer.text[:300]}")
        return taken

    def raised(self, workflow: str) -> float:
        """Milliseconds from an event until a caller who waits has the end that it leads to."""
        id = f"{workflow}-{next(_number)}"
        self.http.put(f"/v1/workflows/{workflow}/instances/{id}", json={})
        while not any(
            each["state"] == "waiting" for each in self.http.get(f"/v1/instances/{id}/events").json()["events"]
        ):
            time.sleep(0.01)
        ended = self._second.submit(self.http.get, f"/v1/instances/{id}/result?wait=30")
        time.sleep(0.1)
        began = time.perf_counter()
        self.http.post(f"/v1/instances/{id}/events/go", json={})
        if ended.result().status_code != 200:
            raise RuntimeError(f"{workflow}: {ended.result().text[:300]}")
        return (time.perf_counter() - began) * 1000

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._second.shutdown()
        self.http.close()
        self._process.terminate()
        self._process.wait(30)


def main() -> int:
    """Measure each in turn, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--before", metavar="COMMIT", help="a commit to compare with")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        hooks = write(folder / "deployment")
        trees = {"now": ROOT}
        if options.before:
            trees = {"before": checkout(options.before, folder / "tree"), **trees}
        runs = {name: stack.enter_context(Run(tree, hooks, folder / name)) for name, tree in trees.items()}
        asked: dict[str, Callable[[Run], float]] = {
            **{each: lambda run, each=each: run.started(each) for each in ("machine", "durable", "function")},  # type: ignore[misc]
            **{each: lambda run, each=each: run.raised(each) for each in ("machine-event", "durable-event")},  # type: ignore[misc]
        }
        report(asked, runs, options.rounds)
    return 0


def report(asked: dict[str, Callable[[Run], float]], runs: dict[str, Run], rounds: int) -> None:
    """Print a line for each thing that is asked."""
    print(f"{'median ms':15}" + "".join(f"{name:>10}" for name in runs) + ("     ratio" if len(runs) == 2 else ""))
    for name, ask in asked.items():
        times: dict[str, list[float]] = {each: [] for each in runs}
        for number in range(rounds + 1):
            for each, run in runs.items():
                taken = ask(run)
                times[each] += [taken] if number else []  # the first of a kind imports something
        medians: dict[str, Any] = {each: statistics.median(found) for each, found in times.items()}
        ratio = f"{medians['before'] / medians['now']:10.1f}" if len(runs) == 2 else ""
        print(f"{name:15}" + "".join(f"{value:10.1f}" for value in medians.values()) + ratio, flush=True)


if __name__ == "__main__":
    sys.exit(main())
