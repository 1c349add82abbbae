"""A job on one machine: begun by the command, killed several times, and stopped."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.flows.commands import verihook
from tests.flows.deployment import VARIABLES
from tests.flows.faces import Server, run_key
from tests.flows.waiting import wait_until
from tests.flows.workshop import Api, write_workshop

#: Instances, and how often the server is killed while they are redriven.
MANY, KILLS = 120, 3

LIMITS = "[api]\nstarts_per_minute = 60000\n"


def command(api: Api, *line: str) -> Any:
    done = verihook("jobs", *line, "--json", "--data", str(api.data))
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout)


def failed(api: Api, number: int) -> list[str]:
    """Instances whose first attempt fails."""
    ids = [api.start("second-time", {"n": each}, tags=["batch"]) for each in range(number)]
    for id in ids:
        api.until(id, "failed")
    return ids


def until_done(api: Api, job: str, number: int) -> None:
    """Return when the job has done so many; if that is all of them, when it has ended."""

    def done() -> bool:
        found = api.http.get(f"/v1/jobs/{job}").json()
        return bool(found["done"] >= number and (number < MANY or found["status"] == "completed"))

    wait_until(done, what=f"the job had not done {number}")


@pytest.mark.in_turn
def test_one_new_attempt_each_over_kills_and_a_stop_within_five_seconds(tmp_path: Path) -> None:
    hooks, data = write_workshop(tmp_path / "deployment", LIMITS), tmp_path / "data"

    def run() -> tuple[Server, Api]:
        server = Server(data, VARIABLES, "--hooks", str(hooks))
        begun.callback(server.kill_if_running)
        server.ready()
        api = Api(server.url, data, run_key(data))
        begun.callback(api.http.close)
        return server, api

    with ExitStack() as begun:
        server, api = run()
        ids = failed(api, MANY)
        filters = ("--workflow", "second-time", "--status", "failed", "--tag", "batch")
        counted = command(api, "start", "redrive", *filters, "--dry-run")["count"]
        assert (MANY, True) == (counted["matched"], counted["complete"])
        job = command(api, "start", "redrive", *filters, "--rate", "25")["job"]["id"]
        for number in range(1, KILLS + 1):
            until_done(api, job, number * 20)
            server.kill()
            server, api = run()
        until_done(api, job, MANY)
        found = command(api, "show", job)
        assert (MANY, 0, 0) == (found["done"], found["skipped"], found["failed"])
        for id in ids:
            api.until(id, "completed")
            assert [(1, "failed"), (2, "completed")] == api.attempts(id)
        slow = command(api, "start", "restart", "--workflow", "second-time", "--rate", "1")["job"]["id"]
        until_done(api, slow, 1)
        asked = time.monotonic()
        stopped = command(api, "stop", slow)
        assert time.monotonic() - asked < 5
        assert "stopped" == stopped["status"]
        before = sum(len(api.attempts(id)) for id in ids)
        assert 2 * MANY + stopped["done"] == before
