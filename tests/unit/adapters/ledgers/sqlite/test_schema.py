"""A file of every Verihook before this one opens, with all that is in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.instances import NOW, NOW_S, an_instance, an_observation
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.ledgers.sqlite.schema import VERSION
from verihook.errors import ConfigurationError
from verihook.model.instance import Instance
from verihook.model.listing import Query
from verihook.model.ports import Change, Document

#: What the first release's file says of itself (``.schema``), and the second's.
FIRST = """
CREATE TABLE instances (
        id TEXT PRIMARY KEY NOT NULL,
        workflow TEXT NOT NULL,
        input TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        status TEXT NOT NULL,
        version INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        source TEXT,
        event_id TEXT,
        event_type TEXT,
        due_at INTEGER,
        expires_at INTEGER,
        output TEXT,
        error TEXT,
        cause TEXT
    );
CREATE INDEX instances_due ON instances (due_at, id)
    WHERE due_at IS NOT NULL AND status NOT IN ('completed', 'failed', 'terminated', 'timed_out');
CREATE INDEX instances_expiring ON instances (expires_at) WHERE expires_at IS NOT NULL;
PRAGMA user_version = 1;
"""
SECOND = """
CREATE TABLE observations (
        kind TEXT NOT NULL,
        hour INTEGER NOT NULL,
        source TEXT NOT NULL,
        reason TEXT NOT NULL,
        count INTEGER NOT NULL,
        first_at INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        request_id TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        PRIMARY KEY (kind, hour, source, reason)
    ) WITHOUT ROWID;
CREATE INDEX observations_of_a_source ON observations (kind, source, hour, reason);
CREATE INDEX observations_expiring ON observations (expires_at);
PRAGMA user_version = 2;
"""

Row = tuple[Any, ...]

#: id, workflow, input, created_at, updated_at, status, version, attempt, source, event_id, event_type, due_at,
#: expires_at, output, error, cause
LIVE: Row = (
    "live",
    "deploy",
    '{"é":1}',
    NOW,
    NOW + 1,
    "running",
    2,
    3,
    "github",
    "e-1",
    "push",
    NOW + 9,
    *[None] * 4,
)
ENDED: Row = ("ended", "deploy", "{}", NOW - 1, NOW, "failed", 1, 1, *[None] * 4, NOW_S + 60, "1", "E", "C")


def write_old(path: Path, schema: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(schema)
        database.executemany(f"INSERT INTO instances VALUES ({', '.join('?' * 16)})", [LIVE, ENDED])
        database.commit()


@pytest.mark.parametrize("schema", [FIRST, FIRST + SECOND], ids=["first", "second"])
def test_an_old_file_keeps_its_rows_and_takes_new_ones(path: Path, schema: str) -> None:
    write_old(path, schema)
    live, ended = Instance(*LIVE), Instance(*ENDED)
    with SqliteFile(path) as file:
        ledger = SqliteLedger(file)
        assert [ledger.get("live", NOW), ledger.get("ended", NOW)] == [live, ended]
        assert (live.engine, live.revision, live.tags, live.metadata) == ("stepfunctions", 1, (), {})
        assert ledger.due(NOW + 9, 10) == [live]
        assert [row.id for row in ledger.page(Query(workflow="deploy"), 10, None, NOW)] == ["live", "ended"]
        assert ledger.claim(an_instance(id="live")) == live
        assert ledger.record("live", 3, Change("completed", NOW + 20)) is True
        labelled = an_instance(tags=("vip",))
        assert ledger.claim(labelled) is None
        assert [row.id for row in ledger.page(Query(label=("tag", "vip")), 10, None, NOW)] == [labelled.id]
        ledger.observe(an_observation())
        assert SqliteDocuments(file).write("keys", Document("a", "{}", 1), NOW) is True
    with SqliteFile(path, read_only=True) as file:
        ended_now = SqliteLedger(file).get("live", NOW)
        assert ended_now is not None
        assert (ended_now.status, ended_now.revision) == ("completed", 2)


def test_an_old_file_is_not_changed_by_a_reader(path: Path) -> None:
    write_old(path, FIRST + SECOND)
    before = path.read_bytes()
    with pytest.raises(ConfigurationError) as caught:
        SqliteFile(path, read_only=True)
    mend = f"its schema is version 2, and this Verihook needs {VERSION}: start the server on it once"
    assert f"{path}: {mend}" == str(caught.value)
    assert before == path.read_bytes()


def test_an_upgraded_file_is_as_a_new_one(path: Path) -> None:
    write_old(path, FIRST + SECOND)
    fresh = path.with_name("fresh.db")
    schemas = []
    for each in (path, fresh):
        SqliteFile(each).close()
        with closing(sqlite3.connect(each)) as database:
            schemas.append(sorted(database.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema"), key=str))
    assert schemas[0] == schemas[1]


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_of_a_newer_schema_is_left_alone(path: Path, read_only: bool) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    needs = f"its schema is version {VERSION + 1}, and this Verihook needs {VERSION}"
    mend = f"{needs}: upgrade Verihook, or name another folder"
    with pytest.raises(ConfigurationError) as caught:
        SqliteFile(path, read_only=read_only)
    assert str(caught.value) == f"{path}: {mend}"
