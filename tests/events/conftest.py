"""Both entry points for each test, over a configuration that it writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.events.fronts import Rig
from verihook.adapters.ledgers.sqlite import SqliteFile


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, dict[str, str]], Rig]]:
    with SqliteFile(tmp_path / "ledger.db") as file:
        yield lambda hooks, variables: Rig(tmp_path, file, hooks, variables).installed(monkeypatch)
