"""The world on each ledger in turn, or on SQLite alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.dynamodb_local import endpoint
from tests.crashes.world import World, world


# Each call of an emulator takes some milliseconds, and each test here makes hundreds.
@pytest.fixture(params=["sqlite", pytest.param("dynamodb", marks=pytest.mark.in_turn)])
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, request.param, endpoint) as made:
        yield made


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, "sqlite", endpoint) as made:
        yield made
