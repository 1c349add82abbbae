"""A job redrives many failed instances on one machine, which is killed ten times meanwhile: one new attempt each.

    .venv/bin/python benchmarks/redrive.py [--rows 50000] [--kills 10]

Fills a new ledger with instances that have failed, past the API, and is not measured while it does. Ends with exit code
1 if an instance has not one new attempt, or if a job that is stopped goes on for longer than 5 seconds.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "handler"), str(ROOT)]

from benchmarks.listing import spread
from tests.flows.deployment import VARIABLES
from tests.flows.faces import Server, run_key
from tests.flows.waiting import wait_until
from tests.flows.workshop import Api, write_workshop
from verihook.adapters.ledgers.sqlite import SqliteFile, SqliteLedger
from verihook.model.instance import Instance

#: So many seconds after it was asked, a stopped job acts on nothing more.
STOP_S = 5.0

#: The function fails in its first attempt and completes in the second.
WORKFLOW = "second-time"


def failed(rows: int) -> Iterator[Instance]:
    """Instances of an hour ago."""
    at = time.time_ns() // 1_000_000 - 3_600_000
    fixed: dict[str, Any] = {"workflow": WORKFLOW, "engine": "function", "input": "{}", "status": "failed"}
    for number in range(rows):
        created = at + number // 100
        yield Instance(
            f"{number:040x}", created_at=created, updated_at=created, expires_at=at // 1000 + 86_400, **fixed
        )


class Run:
    """The server, which can be killed and started again."""

    def __init__(self, hooks: Path, data: Path) -> None:
        self._hooks, self._data = hooks, data
        self.start()

    def start(self) -> None:
        """Start it, and return when it is ready."""
        self.server = Server(self._data, VARIABLES, "--hooks", str(self._hooks))
        self.server.ready()
        self.api = Api(self.server.url, self._data, run_key(self._data))

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        self.api.http.close()
        self.server.kill()

    def job(self, id: str) -> dict[str, Any]:
        """Return the job as the API shows it."""
        return dict(self.api.http.get(f"/v1/jobs/{id}").json())

    def begin(self, action: str, **more: Any) -> str:
        """Begin a job on all instances, and return its id."""
        answer = self.api.http.post("/v1/jobs", json={"action": action, "filter": {"workflow": WORKFLOW}, **more})
        return str(answer.json()["job"]["id"])


def redriven(run: Run, rows: int, kills: int) -> None:
    """Redrive all of them."""
    id, began = run.begin("redrive", rate=500), time.monotonic()
    for number in range(1, kills + 1):
        share = rows * number // (kills + 1)
        wait_until(lambda share=share: run.job(id)["done"] >= share, 3600)  # type: ignore[misc]
        run.kill()
        run.start()
        print(f"killed at {share}, {time.monotonic() - began:.0f} s after the beginning", flush=True)
    wait_until(lambda: run.job(id)["status"] == "completed", 3600)
    job, seconds = run.job(id), time.monotonic() - began
    counts = ", ".join(f"{name} {job[name]}" for name in ("done", "skipped", "failed"))
    print(f"{counts} in {seconds:.0f} s: {rows / seconds:.0f} a second")


def stopped(run: Run) -> float:
    """Restart them all, and stop that at once; return how long it took, in seconds."""
    id = run.begin("restart", rate=500)
    wait_until(lambda: run.job(id)["done"] > 0)
    asked = time.monotonic()
    run.api.http.post(f"/v1/jobs/{id}/stop")
    wait_until(lambda: run.job(id)["status"] == "stopped")
    return time.monotonic() - asked


def attempts(data: Path) -> dict[int, int]:
    """How many instances are in which attempt. A function that a kill cut off has timed out: it has no retries."""
    with closing(sqlite3.connect(data / "ledger.db")) as db:
        return dict(db.execute("SELECT attempt, count(*) FROM instances GROUP BY attempt").fetchall())


def main() -> int:
    """Fill, redrive, stop, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        hooks, data = write_workshop(Path(folder) / "at", "[api]\nstarts_per_minute = 60000\n"), Path(folder) / "data"
        data.mkdir(mode=0o700)
        with SqliteFile(data / "ledger.db") as file, ThreadPoolExecutor(64) as threads:
            spread(threads, SqliteLedger(file).claim, failed(options.rows), 5_000)
        run = Run(hooks, data)
        try:
            redriven(run, options.rows, options.kills)
            print(f"instances by attempt: {attempts(data)}")
            once = attempts(data) == {2: options.rows}
            seconds = stopped(run)
        finally:
            run.kill()
    print(f"stopped within {seconds:.1f} s (limit {STOP_S:.0f} s)")
    return 0 if once and seconds < STOP_S else 1


if __name__ == "__main__":
    sys.exit(main())
