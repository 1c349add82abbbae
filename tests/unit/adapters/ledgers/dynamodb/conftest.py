"""A table on moto behind a client that counts its calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.boto_clients import boto_session
from tests.unit.adapters.ledgers.dynamodb.wire import TABLE, Wire
from verihook.adapters.aws.boto import Boto
from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments, DynamoDbLedger
from verihook.adapters.ledgers.dynamodb.calls import Calls
from verihook.adapters.ledgers.table import create_table_request


@pytest.fixture
def wire() -> Iterator[Wire]:
    with mock_aws():
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        client = boto_session().client("dynamodb", region_name="eu-central-1", **keys)  # type: ignore[call-overload]
        client.create_table(**create_table_request(TABLE))
        yield Wire(Boto(client))


@pytest.fixture
def calls(wire: Wire) -> Calls:
    return Calls(wire, TABLE)  # type: ignore[arg-type]


@pytest.fixture
def ledger(wire: Wire) -> DynamoDbLedger:
    return DynamoDbLedger(wire, TABLE)  # type: ignore[arg-type]


@pytest.fixture
def documents(wire: Wire) -> DynamoDbDocuments:
    return DynamoDbDocuments(wire, TABLE)  # type: ignore[arg-type]
