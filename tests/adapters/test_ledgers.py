"""Every ledger runs the one contract: SQLite on a real file, DynamoDB on moto and on DynamoDB Local."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.adapters.dynamodb_local import dynamodb_local  # noqa: F401 - a fixture
from tests.adapters.dynamodb_tables import TABLE, ByBoto3, ByOurClient, OnDynamoDb, nowhere, on_moto
from tests.adapters.sqlite_files import OnSqlite
from verihook.adapters.aws.errors import ServiceError, Unreachable
from verihook.adapters.ledgers.dynamodb import DynamoDbLedger
from verihook.adapters.ledgers.sqlite import SqliteFile, SqliteLedger
from verihook.adapters.ledgers.table import time_to_live_request
from verihook.errors import LedgerUnavailable
from verihook.model.instance import Instance, Status
from verihook.model.listing import Query
from verihook.model.ports import Change, Ledger

pytest.register_assert_rewrite(
    *(f"tests.contracts.{name}" for name in ("changes", "due", "ledger", "listing", "observations"))
)
from tests.contracts.changes import ChangesContract  # noqa: E402
from tests.contracts.due import DueContract  # noqa: E402
from tests.contracts.instances import NOW, an_instance, an_observation  # noqa: E402
from tests.contracts.ledger import LedgerContract  # noqa: E402
from tests.contracts.listing import ListingContract  # noqa: E402
from tests.contracts.observations import ObservationsContract  # noqa: E402

#: Every method of the port, called once.
CALLS: dict[str, Callable[[Ledger], object]] = {
    "claim": lambda ledger: ledger.claim(an_instance()),
    "get": lambda ledger: ledger.get("an_id", NOW),
    "record": lambda ledger: ledger.record("an_id", 1, Change("completed", NOW)),
    "amend": lambda ledger: ledger.amend(an_instance(revision=2)),
    "list": lambda ledger: ledger.page(Query(), 10, None, NOW),
    "observe": lambda ledger: ledger.observe(an_observation()),
    "observations": lambda ledger: ledger.observations("rejected", None, 10),
    "due": lambda ledger: ledger.due(NOW, 10),
}
every_method = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def _too_large() -> str:
    """More than an item holds, however it is compressed."""
    return Random(1).randbytes(420_000).hex()


class WholeContract(LedgerContract, ChangesContract, DueContract, ListingContract, ObservationsContract):
    """All that the port promises."""


class TestSqlite(OnSqlite, WholeContract):
    part = SqliteLedger

    @pytest.fixture
    def ledger(self, file: SqliteFile) -> Ledger:
        return SqliteLedger(file)

    def test_a_claim_survives_a_process_that_is_killed_as_it_returns(self, path: Path) -> None:
        program = (
            "import os, signal, sys\n"
            "from verihook.model.instance import Instance\n"
            "from verihook.adapters.ledgers.sqlite import SqliteFile, SqliteLedger\n"
            "owned = SqliteLedger(SqliteFile(sys.argv[1])).claim(Instance('the_event', 'deploy', '1', 2, 3))\n"
            "os.kill(os.getpid(), signal.SIGKILL if owned is None else signal.SIGTERM)\n"
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        killed = subprocess.run([sys.executable, "-c", program, path], env=environment, timeout=60, check=False)
        assert killed.returncode == -signal.SIGKILL
        with SqliteFile(path) as file:
            assert SqliteLedger(file).get("the_event", NOW) == Instance("the_event", "deploy", "1", 2, 3)

    def test_processes_that_open_one_new_file_at_once_share_one_owner(self, path: Path) -> None:
        program = (
            "import sys\n"
            "from verihook.model.instance import Instance\n"
            "from verihook.adapters.ledgers.sqlite import SqliteFile, SqliteLedger\n"
            "sys.stdin.read()\n"
            "with SqliteFile(sys.argv[1]) as file:\n"
            "    print(SqliteLedger(file).claim(Instance('the_event', 'deploy', '1', 2, 3)) is None)\n"
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", program, str(path)]
        pipe = subprocess.PIPE
        processes = [subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True) for _ in range(6)]
        for process in processes:
            assert process.stdin is not None
            process.stdin.close()
            process.stdin = None
        answers = sorted(process.communicate(timeout=60)[0].strip() for process in processes)
        assert answers == ["False"] * 5 + ["True"]

    @every_method
    def test_a_closed_ledger_is_unavailable(self, path: Path, call: Callable[[Ledger], object]) -> None:
        file = SqliteFile(path)
        ledger = SqliteLedger(file)
        file.close()
        file.close()
        with pytest.raises(LedgerUnavailable):
            call(ledger)

    @every_method
    def test_a_file_without_its_tables_is_unavailable(
        self, path: Path, ledger: Ledger, call: Callable[[Ledger], object]
    ) -> None:
        with closing(sqlite3.connect(path)) as other:
            other.executescript("DROP TABLE instances; DROP TABLE observations")
        with pytest.raises(LedgerUnavailable) as caught:
            call(ledger)
        assert isinstance(caught.value.__cause__, sqlite3.OperationalError)

    @pytest.mark.parametrize("name", ["claim", "record", "amend", "observe"])
    def test_a_locked_file_is_unavailable_after_the_busy_timeout_and_well_afterwards(
        self, path: Path, name: str
    ) -> None:
        with SqliteFile(path, busy_timeout=0.02) as file, closing(sqlite3.connect(path)) as other:
            ledger = SqliteLedger(file)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerUnavailable):
                CALLS[name](ledger)
            assert ledger.get("an_id", NOW) is None
            other.rollback()
            assert ledger.claim(an_instance()) is None

    def test_a_directory_cannot_be_a_ledger(self, tmp_path: Path) -> None:
        with pytest.raises(LedgerUnavailable):
            SqliteFile(tmp_path)

    def test_a_missing_directory_is_unavailable(self, tmp_path: Path) -> None:
        with pytest.raises(LedgerUnavailable):
            SqliteFile(tmp_path / "nowhere" / "ledger.db")

    def test_another_kind_of_file_is_unavailable_and_left_as_it_is(self, path: Path) -> None:
        path.write_text("This is no database. " * 100)
        with pytest.raises(LedgerUnavailable):
            SqliteFile(path)
        assert path.read_text() == "This is no database. " * 100

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write to any file")
    def test_a_file_that_may_not_be_written_is_unavailable(self, path: Path) -> None:
        SqliteFile(path).close()
        path.chmod(0o400)
        with pytest.raises(LedgerUnavailable), SqliteFile(path) as file:
            SqliteLedger(file).claim(an_instance())


class DynamoDbContract(OnDynamoDb, WholeContract):
    """What both emulators share."""

    @pytest.fixture
    def ledger(self, dynamodb: Any, table: str) -> Ledger:
        return DynamoDbLedger(dynamodb, table)

    @pytest.fixture
    def reopen(self, dynamodb: Any) -> Callable[[], Ledger]:
        return lambda: DynamoDbLedger(dynamodb, TABLE)

    def test_the_time_to_live_is_set(self, dynamodb: Any, table: str) -> None:
        dynamodb.update_time_to_live(**time_to_live_request(table))
        described = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}

    @every_method
    def test_a_missing_table_is_unavailable(self, dynamodb: Any, call: Callable[[Ledger], object]) -> None:
        with pytest.raises(LedgerUnavailable) as caught:
            call(DynamoDbLedger(dynamodb, "another-table"))
        assert isinstance(caught.value.__cause__, ServiceError)


# Beside DynamoDB Local, the emulator of many users: what it says differently is in the suite.
@pytest.mark.in_turn
class TestDynamoDbOnMoto(DynamoDbContract):
    @pytest.fixture(scope="class")
    @classmethod
    def dynamodb(cls) -> Iterator[Any]:
        with on_moto() as dynamodb:
            yield dynamodb


class OnDynamoDbLocal(DynamoDbContract):
    OURS: bool

    @pytest.mark.parametrize("status", ["running", "completed"])
    def test_what_no_item_can_hold_is_unavailable_and_changes_nothing(self, ledger: Ledger, status: Status) -> None:
        instance = an_instance()
        ledger.claim(instance)
        with pytest.raises(LedgerUnavailable):
            ledger.record(instance.id, 1, Change(status, NOW, output=_too_large()))
        assert ledger.get(instance.id, NOW) == instance
        with pytest.raises(LedgerUnavailable):
            ledger.claim(an_instance(id="too_large", input=_too_large()))
        assert ledger.get("too_large", NOW) is None

    @every_method
    def test_an_endpoint_that_is_closed_is_unavailable(self, call: Callable[[Ledger], object]) -> None:
        with nowhere(ours=self.OURS) as dynamodb, pytest.raises(LedgerUnavailable) as caught:
            call(DynamoDbLedger(dynamodb, TABLE))
        assert isinstance(caught.value.__cause__, Unreachable)


# By the client of the functions that no sender waits for.
@pytest.mark.in_turn
class TestDynamoDbLocal(ByBoto3, OnDynamoDbLocal):
    pass


class TestDynamoDbLocalByOurClient(ByOurClient, OnDynamoDbLocal):
    pass
