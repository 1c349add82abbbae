from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.adapters.dynamodb_local import client, dynamodb_local  # noqa: F401 - a fixture
from tests.adapters.dynamodb_tables import TABLE
from tests.costs.lives import World, world
from verihook.adapters.ledgers.table import create_table_request


@pytest.fixture
def counted(dynamodb_local: str, tmp_path: Path) -> Iterator[World]:  # noqa: F811 - the fixture imported above
    """A world whose table is empty."""
    with closing(client(dynamodb_local)) as dynamodb:
        dynamodb.create_table(**create_table_request(TABLE))
        with world(dynamodb, TABLE, tmp_path) as made:
            yield made
        dynamodb.delete_table(TableName=TABLE)
