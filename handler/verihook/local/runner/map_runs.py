"""What is kept of map runs, in the file of the executions."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from verihook.local.runner.rows import Key, Written
from verihook.strict_json import parse

MAP_RUNS = """
CREATE TABLE IF NOT EXISTS map_runs (
    arn TEXT PRIMARY KEY, machine TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL, started_at INTEGER NOT NULL,
    stopped_at INTEGER, told TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS map_runs_of ON map_runs (machine, name);
"""
_COLUMNS = "arn, machine, name, status, started_at, stopped_at, told"


@dataclass(frozen=True, slots=True)
class MapRunEntry:
    """A map run. Times in milliseconds since the epoch; ``told``: what DescribeMapRun has besides."""

    arn: str
    machine: str
    name: str
    status: str
    started_at: int
    stopped_at: int | None
    told: dict[str, Any]

    @property
    def key(self) -> Key:
        """Machine and name of the execution."""
        return self.machine, self.name


def write_map_runs(db: sqlite3.Connection, key: Key, turn: Written) -> None:
    """Write how the map runs of an execution stand after a turn. None goes on after its execution."""
    now = int(turn.now * 1000)
    sql = f"""INSERT INTO map_runs ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (arn) DO UPDATE SET
              status = excluded.status, stopped_at = excluded.stopped_at, told = excluded.told"""
    for each in turn.map_runs:
        stopped_at = None if each.status == "RUNNING" else now
        db.execute(sql, (each.arn, *key, each.status, now, stopped_at, json.dumps(each.told)))
    if turn.end is not None:
        one = "machine = ? AND name = ? AND status = 'RUNNING'"
        db.execute(f"UPDATE map_runs SET status = 'ABORTED', stopped_at = ? WHERE {one}", (now, *key))


def map_runs_of(db: sqlite3.Connection, key: Key) -> list[MapRunEntry]:
    """Return the map runs of an execution, the newest first."""
    sql = f"SELECT {_COLUMNS} FROM map_runs WHERE machine = ? AND name = ? ORDER BY started_at DESC, rowid DESC"
    return [_entry(row) for row in db.execute(sql, key)]


def map_run_of(db: sqlite3.Connection, arn: str) -> MapRunEntry | None:
    """Return the map run of this ARN, or None."""
    row = db.execute(f"SELECT {_COLUMNS} FROM map_runs WHERE arn = ?", (arn,)).fetchone()
    return None if row is None else _entry(row)


def _entry(row: Any) -> MapRunEntry:
    arn, machine, name, status, started_at, stopped_at, told = row
    return MapRunEntry(arn, machine, name, status, started_at, stopped_at, parse(told))
