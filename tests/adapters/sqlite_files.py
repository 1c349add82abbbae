"""A part of the ledger on a real file of SQLite, for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest

from verihook.adapters.ledgers.sqlite import SqliteFile


def unsynced(file: SqliteFile) -> SqliteFile:
    """The file without a sync at each commit: the death of a process, as a test makes it, loses nothing of that."""
    file._commits._connection.execute("PRAGMA synchronous = OFF")
    return file


class OnSqlite:
    """The fixtures that the suites of every part share. A subclass says which one it is of."""

    part: ClassVar[type[Any]]

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "ledger.db"

    @pytest.fixture
    def file(self, path: Path) -> Iterator[SqliteFile]:
        with SqliteFile(path) as file:
            yield file

    @pytest.fixture
    def reopen(self, path: Path, file: SqliteFile) -> Iterator[Callable[[], Any]]:
        with ExitStack() as opened:

            def again() -> Any:
                file.close()
                return type(self).part(opened.enter_context(SqliteFile(path)))

            yield again
