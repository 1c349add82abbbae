"""A file of an engine that cannot be opened: damaged, full, locked and gone are different words."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from verihook.errors import ConfigurationError
from verihook.local.durable.store import Store
from verihook.local.opening_errors import opening_error
from verihook.local.runner.store import Store as Executions

KINDS = pytest.mark.parametrize("kind", [Store, Executions])


@KINDS
@pytest.mark.parametrize("damage", [b"no database at all" * 1000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_file(tmp_path: Path, kind: type[Store] | type[Executions], damage: bytes) -> None:
    path = tmp_path / "engine.db"
    path.write_bytes(damage)
    with pytest.raises(ConfigurationError, match=r"is damaged .*begins again.* are lost") as raised:
        kind(path)
    assert f"Move engine.db and the files beside it (engine.db-*) out of {tmp_path} and" in str(raised.value)
    path.unlink()
    kind(path).close()


@KINDS
def test_one_that_another_has_open(tmp_path: Path, kind: type[Store] | type[Executions]) -> None:
    with closing(kind(tmp_path / "engine.db")), pytest.raises(ConfigurationError, match="is locked: another process"):
        kind(tmp_path / "engine.db")


@KINDS
def test_a_folder_that_is_none(tmp_path: Path, kind: type[Store] | type[Executions]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=f"cannot be opened .*Check that {tmp_path / 'file'} exists"):
        kind(tmp_path / "file" / "engine.db")


def test_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "engine.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA max_page_count = 1")
        with pytest.raises(sqlite3.Error) as full:
            db.execute("CREATE TABLE much (it)")
    wrapped = RuntimeError("as the SDK tells it")
    wrapped.__cause__ = full.value
    for error in (full.value, wrapped):
        assert f"{path}: cannot be written: the disk of {tmp_path} is full. Make room" in str(
            opening_error(path, error)
        )
