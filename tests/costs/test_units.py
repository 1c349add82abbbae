"""The write units of a webhook, from its claim to its end, as DynamoDB Local counts them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.adapters.dynamodb_local import client, dynamodb_local  # noqa: F401 - a fixture
from tests.adapters.dynamodb_tables import TABLE
from tests.costs import before
from tests.costs.bodies import SENDERS, SIZES, recorded
from tests.costs.lives import STAGES, World, live, world
from verihook.ledgers.table import create_table_request


@pytest.fixture(scope="module")
def counted(dynamodb_local: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:  # noqa: F811
    with closing(client(dynamodb_local)) as dynamodb:
        dynamodb.create_table(**create_table_request(TABLE))
        with world(dynamodb, TABLE, Path(tmp_path_factory.mktemp("payloads"))) as made:
            yield made
        dynamodb.delete_table(TableName=TABLE)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("engine", STAGES)
def test_a_webhook_costs_at_most_half_of_what_it_did(counted: World, engine: str, size: int) -> None:
    for sender in SENDERS:
        units = live(counted, engine, recorded(sender, size))
        assert 2 * sum(units.values()) <= sum(before.UNITS[engine][size].values()), (sender, units)


@pytest.mark.parametrize("size", SIZES)
def test_a_body_is_of_its_sender_and_does_not_repeat_itself(size: int) -> None:
    bodies = [recorded(sender, size) for sender in SENDERS]
    assert {len(body.text.encode()) for body in bodies} == {size}
    assert len({body.text for body in bodies}) == len(SENDERS)
    for body in bodies:
        assert body == recorded(body.sender, size)
        copies = body.content["recorded"]
        assert len({str(copy) for copy in copies}) == len(copies)
