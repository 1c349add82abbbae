"""Every ledger runs the one contract: SQLite on a real file, DynamoDB on moto and on DynamoDB Local."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from tests.adapters.dynamodb_local import client, dynamodb_local  # noqa: F401 - a fixture
from verihook.errors import LedgerUnavailable
from verihook.instance import Instance, Status
from verihook.ledgers.dynamodb import DynamoDbLedger
from verihook.ledgers.sqlite import SqliteLedger
from verihook.ledgers.table import create_table_request, time_to_live_request
from verihook.ports import Change, Ledger

# Or a failed assert of the contract would not say what came.
pytest.register_assert_rewrite("tests.contracts.ledger", "tests.contracts.observations")
from tests.contracts.instances import LARGE, NOW, an_instance, an_observation  # noqa: E402
from tests.contracts.ledger import LedgerContract  # noqa: E402
from tests.contracts.observations import ObservationsContract  # noqa: E402

TABLE = "verihook-ledger"

#: Every method of the port, called once.
CALLS: dict[str, Callable[[Ledger], object]] = {
    "claim": lambda ledger: ledger.claim(an_instance()),
    "get": lambda ledger: ledger.get("an_id", NOW),
    "record": lambda ledger: ledger.record("an_id", 1, Change("completed", NOW)),
    "restart": lambda ledger: ledger.restart(an_instance(attempt=2), 1),
    "observe": lambda ledger: ledger.observe(an_observation()),
    "observations": lambda ledger: ledger.observations("rejected", None, 10),
    "due": lambda ledger: ledger.due(NOW, 10),
}
every_method = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


class TestSqlite(LedgerContract, ObservationsContract):
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "ledger.db"

    @pytest.fixture
    def ledger(self, path: Path) -> Iterator[Ledger]:
        with SqliteLedger(path) as ledger:
            yield ledger

    @pytest.fixture
    def reopen(self, path: Path, ledger: SqliteLedger) -> Iterator[Callable[[], Ledger]]:
        with ExitStack() as opened:

            def again() -> Ledger:
                ledger.close()
                return opened.enter_context(SqliteLedger(path))

            yield again

    def test_a_claim_survives_a_process_that_is_killed_as_it_returns(self, path: Path) -> None:
        program = (
            "import os, signal, sys\n"
            "from verihook.instance import Instance\n"
            "from verihook.ledgers.sqlite import SqliteLedger\n"
            "owned = SqliteLedger(sys.argv[1]).claim(Instance('the_event', 'deploy', '1', 2, 3))\n"
            "os.kill(os.getpid(), signal.SIGKILL if owned is None else signal.SIGTERM)\n"
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        killed = subprocess.run([sys.executable, "-c", program, path], env=environment, timeout=60, check=False)
        assert killed.returncode == -signal.SIGKILL
        with SqliteLedger(path) as ledger:
            assert ledger.get("the_event", NOW) == Instance("the_event", "deploy", "1", 2, 3)

    def test_processes_that_open_one_new_file_at_once_share_one_owner(self, path: Path) -> None:
        program = (
            "import sys\n"
            "from verihook.instance import Instance\n"
            "from verihook.ledgers.sqlite import SqliteLedger\n"
            "sys.stdin.read()\n"
            "with SqliteLedger(sys.argv[1]) as ledger:\n"
            "    print(ledger.claim(Instance('the_event', 'deploy', '1', 2, 3)) is None)\n"
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
        ledger = SqliteLedger(path)
        ledger.close()
        ledger.close()
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

    @pytest.mark.parametrize("name", ["claim", "record", "restart", "observe"])
    def test_a_locked_file_is_unavailable_after_the_busy_timeout_and_well_afterwards(
        self, path: Path, name: str
    ) -> None:
        with SqliteLedger(path, busy_timeout=0.02) as ledger, closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerUnavailable):
                CALLS[name](ledger)
            assert ledger.get("an_id", NOW) is None
            other.rollback()
            assert ledger.claim(an_instance()) is None

    def test_a_full_disk_is_unavailable_and_leaves_no_half_a_row(self, path: Path) -> None:
        with SqliteLedger(path) as ledger:
            ledger._writer.execute("PRAGMA max_page_count = 20")
            large = an_instance(input="x" * 200_000)
            with pytest.raises(LedgerUnavailable):
                ledger.claim(large)
            assert ledger.get(large.id, NOW) is None
            assert ledger.claim(an_instance()) is None

    def test_a_directory_cannot_be_a_ledger(self, tmp_path: Path) -> None:
        with pytest.raises(LedgerUnavailable):
            SqliteLedger(tmp_path)

    def test_a_missing_directory_is_unavailable(self, tmp_path: Path) -> None:
        with pytest.raises(LedgerUnavailable):
            SqliteLedger(tmp_path / "nowhere" / "ledger.db")

    def test_another_kind_of_file_is_unavailable_and_left_as_it_is(self, path: Path) -> None:
        path.write_text("This is no database. " * 100)
        with pytest.raises(LedgerUnavailable):
            SqliteLedger(path)
        assert path.read_text() == "This is no database. " * 100

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write to any file")
    def test_a_file_that_may_not_be_written_is_unavailable(self, path: Path) -> None:
        SqliteLedger(path).close()
        path.chmod(0o400)
        with pytest.raises(LedgerUnavailable):
            SqliteLedger(path).claim(an_instance())


class OneAtATime:
    """A client whose calls wait for each other.

    moto keeps its tables in plain dicts and looks at a condition and writes in two steps without a lock, so of calls
    made at once two may find the id free. DynamoDB itself, and DynamoDB Local, write conditionally as one step.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = Lock()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            with self._lock:
                return getattr(self._client, operation)(**request)

        return call


class DynamoDbContract(LedgerContract, ObservationsContract):
    """What both emulators share: a table of its own for each test."""

    @pytest.fixture
    def dynamodb(self) -> Any:
        raise NotImplementedError

    @pytest.fixture
    def ledger(self, dynamodb: Any) -> Iterator[Ledger]:
        dynamodb.create_table(**create_table_request(TABLE))
        yield DynamoDbLedger(dynamodb, TABLE)
        dynamodb.delete_table(TableName=TABLE)

    @pytest.fixture
    def reopen(self, dynamodb: Any) -> Callable[[], Ledger]:
        return lambda: DynamoDbLedger(dynamodb, TABLE)

    @pytest.mark.usefixtures("ledger")
    def test_the_time_to_live_is_set(self, dynamodb: Any) -> None:
        dynamodb.update_time_to_live(**time_to_live_request(TABLE))
        described = dynamodb.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]
        assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}

    @every_method
    def test_a_missing_table_is_unavailable(self, dynamodb: Any, call: Callable[[Ledger], object]) -> None:
        with pytest.raises(LedgerUnavailable) as caught:
            call(DynamoDbLedger(dynamodb, "another-table"))
        assert isinstance(caught.value.__cause__, ClientError)


class TestDynamoDbOnMoto(DynamoDbContract):
    @pytest.fixture(scope="class")
    @classmethod
    def dynamodb(cls) -> Iterator[Any]:
        with mock_aws():
            yield OneAtATime(client(None))

    @pytest.mark.xfail(reason="moto applies the first half of an UpdateItem before it finds the item too large")
    def test_a_large_output_is_kept_whole_beside_a_large_input(self, ledger: Ledger) -> None:
        super().test_a_large_output_is_kept_whole_beside_a_large_input(ledger)


class TestDynamoDbLocal(DynamoDbContract):
    @pytest.fixture(scope="class")
    @classmethod
    def dynamodb(cls, dynamodb_local: str) -> Iterator[Any]:  # noqa: F811 - the fixture imported above
        with closing(client(dynamodb_local)) as dynamodb:
            yield dynamodb

    def test_the_input_goes_only_where_the_end_has_no_room_for_it(self, ledger: Ledger) -> None:
        small, large = an_instance(), an_instance(input="x" * LARGE)
        for instance in (small, large):
            ledger.claim(instance)
            assert ledger.record(instance.id, 1, Change("completed", NOW, output="y" * LARGE)) is True
        assert [row and row.input for row in (ledger.get(small.id, NOW), ledger.get(large.id, NOW))] == [
            small.input,
            "",
        ]

    @pytest.mark.parametrize("status", ["running", "completed"])
    def test_what_no_item_can_hold_is_unavailable_and_changes_nothing(self, ledger: Ledger, status: Status) -> None:
        instance = an_instance()
        ledger.claim(instance)
        with pytest.raises(LedgerUnavailable):
            ledger.record(instance.id, 1, Change(status, NOW, output="y" * 410_000))
        assert ledger.get(instance.id, NOW) == instance
        with pytest.raises(LedgerUnavailable):
            ledger.claim(an_instance(id="too_large", input="x" * 410_000))
        assert ledger.get("too_large", NOW) is None

    def test_a_live_report_never_drops_the_input(self, ledger: Ledger) -> None:
        instance = an_instance(input="x" * LARGE)
        ledger.claim(instance)
        with pytest.raises(LedgerUnavailable):
            ledger.record(instance.id, 1, Change("running", NOW, output="y" * LARGE))
        assert ledger.get(instance.id, NOW) == instance

    @every_method
    def test_an_endpoint_that_is_closed_is_unavailable(self, call: Callable[[Ledger], object]) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{closed.getsockname()[1]}"
            with (
                closing(client(url, retries={"total_max_attempts": 1})) as nowhere,
                pytest.raises(LedgerUnavailable) as caught,
            ):
                call(DynamoDbLedger(nowhere, TABLE))
        assert isinstance(caught.value.__cause__, EndpointConnectionError)
