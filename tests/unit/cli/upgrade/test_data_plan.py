"""A data folder of an older version: its databases are copied, then its schema is that of this version."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.contracts.instances import NOW
from verihook import cli
from verihook.adapters.ledgers.sqlite import SqliteFile, SqliteLedger
from verihook.adapters.ledgers.sqlite.file import schema_version
from verihook.adapters.ledgers.sqlite.schema import STEPS, VERSION
from verihook.cli.upgrade.data_plan import DataUpgrade
from verihook.local.data import DataFolder

#: What 0.1.0 had.
OLD = 4


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    path = folder / "ledger.db"
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as db:
        for statements in STEPS[:OLD]:
            for statement in statements:
                db.execute(statement)
        db.execute(
            "INSERT INTO instances (id, workflow, created_at, updated_at, status, version, attempt, input)"
            f" VALUES ('a', 'w', {NOW}, {NOW}, 'running', 1, 1, '{{}}')"
        )
        db.execute(f"PRAGMA user_version = {OLD}")
        db.commit()
    return folder


def run(data: Path, *options: str) -> int:
    return cli.main(["upgrade", "--data", str(data), *options])


def test_the_databases_are_copied_and_the_schema_is_brought_up_to_date(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, "--plan") == 0
    assert f"from {OLD} to {VERSION}, in one transaction" in capsys.readouterr().out
    assert schema_version(data / "ledger.db") == OLD
    assert run(data, "--yes") == 0
    copy = data / f"before-schema-{VERSION}"
    assert (schema_version(data / "ledger.db"), schema_version(copy / "ledger.db")) == (VERSION, OLD)
    assert {oct(path.stat().st_mode)[-3:] for path in [copy, *copy.iterdir()]} == {"700", "600"}
    with SqliteFile(data / "ledger.db") as file:
        row = SqliteLedger(file).get("a", NOW)
    assert row is not None
    assert row.status == "running"
    capsys.readouterr()
    assert run(data) == 0
    assert capsys.readouterr().out == "Nothing is left to do.\n"


def test_a_stop_between_the_steps_keeps_the_copy_of_before(data: Path) -> None:
    first = DataUpgrade(data).plan()
    assert [step.name for step in first.steps] == ["copy", "schema"]
    # What a kill in the copy has left.
    (data / f"before-schema-{VERSION}.part").mkdir()
    first.steps[0].run()
    then = DataUpgrade(data).plan()
    assert [step.name for step in then.steps] == ["schema"]
    then.steps[0].run()
    assert DataUpgrade(data).plan().steps == []


def test_a_folder_whose_server_runs_is_left_alone(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(DataFolder(data)):
        assert run(data, "--yes") == 2
    assert "another Verihook runs on this data folder; stop it" in capsys.readouterr().err
    assert schema_version(data / "ledger.db") == OLD


def test_what_is_newer_or_not_there_is_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(data / "ledger.db")) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    assert run(data, "--yes") == 2
    assert "a newer Verihook made it" in capsys.readouterr().err
    assert run(data / "elsewhere", "--plan") == 2
    assert "there is no ledger in it" in capsys.readouterr().err
    (data / "ledger.db").write_bytes(b"no database" * 100)
    assert run(data, "--plan") == 1
    assert "cannot be read" in capsys.readouterr().err


def test_a_disk_without_room_is_named_before_anything_is_changed(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Full:
        free = 1

    monkeypatch.setattr("shutil.disk_usage", lambda _: Full)
    assert run(data, "--yes") == 1
    assert "has no room for a copy" in capsys.readouterr().err
    assert schema_version(data / "ledger.db") == OLD
