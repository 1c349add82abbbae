"""Services with no more parts than a test gives: a ledger's documents on SQLite, and a clock that stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.instances import NOW
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile
from verihook.errors import LedgerUnavailable
from verihook.model.ports import Document, Documents, Pace, Place, Services, Token
from verihook.request import Request


def a_request(body: bytes = b"{}", **headers: str) -> Request:
    """A delivery to the source ``orders``. ``headers``: a name's underscores stand for hyphens."""
    sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Request("POST", "/hooks/orders", "", sent, body, "r1")


class StandingClock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.at = NOW

    def now_ms(self) -> int:
        return self.at


class Heard:
    """Telemetry that keeps what went wrong."""

    def __init__(self) -> None:
        self.failures: list[tuple[str, BaseException]] = []

    def delivery(self, trace: Any) -> None:
        raise AssertionError("no delivery is expected")

    def measured(self, measures: Any) -> None:
        """Nothing."""

    def failure(self, where: str, error: BaseException) -> None:
        self.failures.append((where, error))


class Counted:
    """Documents that count their calls, and fail if they are told to."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self.calls: list[str] = []
        self.failing: set[str] = set()

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name in self.failing:
            raise LedgerUnavailable("The ledger did not answer.")

    def read(self, partition: str, name: str, now_ms: int) -> Document | None:
        self._call("read")
        return self._documents.read(partition, name, now_ms)

    def write(self, partition: str, document: Document, now_ms: int) -> bool:
        self._call("write")
        return self._documents.write(partition, document, now_ms)

    def add(self, partition: str, document: Document, now_ms: int) -> Document | None:
        self._call("add")
        return self._documents.add(partition, document, now_ms)

    def remove(self, partition: str, name: str) -> None:
        self._call("remove")
        self._documents.remove(partition, name)

    def all(self, partition: str, limit: int, now_ms: int, after: str = "") -> list[Document]:
        self._call("all")
        return self._documents.all(partition, limit, now_ms, after)

    def take_token(self, bucket: str, capacity: int, interval_ms: int, now_ms: int) -> Token:
        self._call("take_token")
        return self._documents.take_token(bucket, capacity, interval_ms, now_ms)

    def line_up(self, line: str, member: str, most: int) -> Place | None:
        self._call("line_up")
        return self._documents.line_up(line, member, most)

    def place(self, line: str, member: str, most: int) -> Place | None:
        self._call("place")
        return self._documents.place(line, member, most)

    def step_out(self, line: str, member: str, most: int) -> str:
        self._call("step_out")
        return self._documents.step_out(line, member, most)


def bare_services(**parts: Any) -> Services:
    """Services over ``parts``; what is not given is not there."""
    absent: dict[str, Any] = dict.fromkeys(
        ("default_source", "ledger", "documents", "payloads", "caller", "clock", "telemetry", "observer")
    )
    empty: dict[str, Any] = {name: {} for name in ("sources", "workflows", "verify", "engines")}
    rest = {"instance_key": b"k" * 32, "pace": Pace(100, 200), "clock": StandingClock(), "telemetry": Heard()}
    return Services(**(absent | empty | rest | parts))


@pytest.fixture
def documents(tmp_path: Path) -> Iterator[Counted]:
    """Documents in a ledger of their own."""
    with SqliteFile(tmp_path / "ledger.db") as file:
        yield Counted(SqliteDocuments(file))
