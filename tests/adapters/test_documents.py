"""Every store of documents runs the one contract: SQLite on a real file, DynamoDB on moto and on DynamoDB Local."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.dynamodb_local import dynamodb_local  # noqa: F401 - a fixture
from tests.adapters.dynamodb_tables import TABLE, ByBoto3, ByOurClient, OnDynamoDb, nowhere, on_moto
from tests.adapters.sqlite_files import OnSqlite
from tests.contracts.documents import DocumentsContract, a_document
from tests.contracts.instances import NOW
from tests.contracts.lines import LinesContract
from verihook.adapters.aws.errors import ServiceError, Unreachable
from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile
from verihook.errors import LedgerUnavailable
from verihook.model.ports import Document, Documents

#: Every method of the port, called once.
CALLS: dict[str, Callable[[Documents], object]] = {
    "read": lambda documents: documents.read("key", "ci", NOW),
    "write": lambda documents: documents.write("key", a_document(), NOW),
    "remove": lambda documents: documents.remove("key", "ci"),
    "all": lambda documents: documents.all("key", 10, NOW),
    "take_token": lambda documents: documents.take_token("ci", 10, 1000, NOW),
    "line_up": lambda documents: documents.line_up("l", "a", 1),
    "place": lambda documents: documents.place("l", "a", 1),
    "step_out": lambda documents: documents.step_out("l", "a", 1),
}
every_method = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


class TestSqlite(OnSqlite, DocumentsContract, LinesContract):
    part = SqliteDocuments

    @pytest.fixture
    def documents(self, file: SqliteFile) -> Documents:
        return SqliteDocuments(file)

    @every_method
    def test_a_closed_file_is_unavailable(self, path: Path, call: Callable[[Documents], object]) -> None:
        with SqliteFile(path) as file:
            documents = SqliteDocuments(file)
        with pytest.raises(LedgerUnavailable):
            call(documents)


class DynamoDbContract(OnDynamoDb, DocumentsContract, LinesContract):
    """What both emulators share."""

    @pytest.fixture
    def documents(self, dynamodb: Any, table: str) -> Documents:
        return DynamoDbDocuments(dynamodb, table)

    @pytest.fixture
    def reopen(self, dynamodb: Any) -> Callable[[], Documents]:
        return lambda: DynamoDbDocuments(dynamodb, TABLE)

    @every_method
    def test_a_missing_table_is_unavailable(self, dynamodb: Any, call: Callable[[Documents], object]) -> None:
        with pytest.raises(LedgerUnavailable) as caught:
            call(DynamoDbDocuments(dynamodb, "another-table"))
        assert isinstance(caught.value.__cause__, ServiceError)


@pytest.mark.in_turn
class TestDynamoDbOnMoto(DynamoDbContract):
    @pytest.fixture(scope="class")
    @classmethod
    def dynamodb(cls) -> Iterator[Any]:
        with on_moto() as dynamodb:
            yield dynamodb


class OnDynamoDbLocal(DynamoDbContract):
    OURS: bool

    def test_more_than_one_answer_of_documents_comes_whole(self, documents: Documents) -> None:
        written = [a_document(f"name_{number}", text="x" * 300_000) for number in range(8)]
        for document in written:
            documents.write("key", document, NOW)
        assert documents.all("key", 100, NOW) == written

    def test_what_no_item_can_hold_is_unavailable_and_not_written(self, documents: Documents) -> None:
        with pytest.raises(LedgerUnavailable):
            documents.write("key", Document("ci", "x" * 410_000, 1), NOW)
        assert documents.read("key", "ci", NOW) is None

    @every_method
    def test_an_endpoint_that_is_closed_is_unavailable(self, call: Callable[[Documents], object]) -> None:
        with nowhere(ours=self.OURS) as dynamodb, pytest.raises(LedgerUnavailable) as caught:
            call(DynamoDbDocuments(dynamodb, TABLE))
        assert isinstance(caught.value.__cause__, Unreachable)


# By the client of the functions that no sender waits for.
@pytest.mark.in_turn
class TestDynamoDbLocal(ByBoto3, OnDynamoDbLocal):
    pass


class TestDynamoDbLocalByOurClient(ByOurClient, OnDynamoDbLocal):
    pass
