"""A table of its own for each test, on either emulator of DynamoDB; and a client whose calls go one at a time."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Lock
from typing import Any

import pytest
from moto import mock_aws

from tests.adapters.dynamodb_local import client
from tests.direct_clients import direct
from verihook.adapters.aws.json_services import DIALECTS
from verihook.adapters.aws.service import Patience
from verihook.adapters.ledgers.table import create_table_request

#: Of this process, as several may share an emulator.
TABLE = f"verihook-ledger-{os.getpid()}"


class OneAtATime:
    """A client whose calls wait for each other.

    moto keeps its tables in plain dicts and looks at a condition and writes in two steps without a lock, so of calls
    made at once two may find the id free. DynamoDB itself, and DynamoDB Local, write conditionally as one step. What
    many threads do in several calls each is mixed as ever: it is the single call that is made atomic here.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = Lock()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            with self._lock:
                return getattr(self._client, operation)(**request)

        return call


@contextmanager
def on_moto() -> Iterator[Any]:
    """A client of moto, in this process."""
    with mock_aws():
        yield OneAtATime(client(None))


class Ours:
    """Our own client, with boto3's for what is done to the table itself."""

    def __init__(self, endpoint: str, attempts: int = 2) -> None:
        self._ours = direct({"AWS_ENDPOINT_URL_DYNAMODB": endpoint}).client("dynamodb", Patience(30, attempts))
        self._theirs = client(endpoint)

    def __getattr__(self, operation: str) -> Any:
        ours = operation in DIALECTS["dynamodb"].operations
        return getattr(self._ours if ours else self._theirs, operation)


class ByBoto3:
    """A contract on DynamoDB Local, asked by boto3."""

    OURS = False

    @pytest.fixture(scope="class")
    @classmethod
    def dynamodb(cls, dynamodb_local: str) -> Iterator[Any]:
        with closing(client(dynamodb_local)) as dynamodb:
            yield dynamodb


class ByOurClient:
    """A contract on DynamoDB Local, asked by our own client."""

    OURS = True

    @pytest.fixture(scope="class")
    @classmethod
    def dynamodb(cls, dynamodb_local: str) -> Any:
        return Ours(dynamodb_local)


class OnDynamoDb:
    """What the tests on both emulators share. A subclass supplies the fixture ``dynamodb``, a client."""

    @pytest.fixture
    def dynamodb(self) -> Any:
        raise NotImplementedError

    @pytest.fixture
    def table(self, dynamodb: Any) -> Iterator[str]:
        dynamodb.create_table(**create_table_request(TABLE))
        yield TABLE
        dynamodb.delete_table(TableName=TABLE)


@contextmanager
def nowhere(ours: bool = False) -> Iterator[Any]:
    """A client of an endpoint without a listener, which asks once: ``ours`` or boto3's."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        if ours:
            yield Ours(url, attempts=1)
            return
        with closing(client(url, retries={"total_max_attempts": 1})) as made:
            yield made
