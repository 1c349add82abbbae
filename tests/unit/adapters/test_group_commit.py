"""Writes share commits, and nothing else: not a failure, not an answer before its time."""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from verihook.adapters.group_commit import GroupCommit

SECONDS = 60


def add(number: int) -> Callable[[sqlite3.Connection], int]:
    def work(database: sqlite3.Connection) -> int:
        database.execute("INSERT INTO numbers VALUES (?)", (number,))
        return number

    return work


def fail(database: sqlite3.Connection) -> None:
    database.execute("INSERT INTO numbers VALUES (-1)")
    raise ValueError("half way")


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


class Bench:
    """A file with one table, its commits, and a look past them."""

    def __init__(self, path: Path, busy_timeout: float = SECONDS) -> None:
        self.path = path
        self.connection = sqlite3.connect(path, timeout=busy_timeout, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("CREATE TABLE numbers (number INTEGER CHECK (number < 1000))")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.statements: list[str] = []
        self.connection.set_trace_callback(self.statements.append)
        self.commits = GroupCommit(self.connection)
        self.threads = ThreadPoolExecutor(80)

    @property
    def numbers(self) -> list[int]:
        with closing(sqlite3.connect(self.path)) as other:
            return [number for (number,) in other.execute("SELECT number FROM numbers ORDER BY rowid")]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Another process writes."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    def start(self, work: Callable[[sqlite3.Connection], Any]) -> Future[Any]:
        """Run it in a thread; returns once it leads or waits, so that the order is known."""
        before = self.entered
        future = self.threads.submit(self.commits.run, work)
        until(lambda: self.entered > before or future.done())
        return future

    @property
    def entered(self) -> int:
        """Of operations that were started while the file is locked: the one that leads, and those that wait."""
        return self.statements.count("BEGIN IMMEDIATE") + len(self.commits._waiting)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "numbers.db")
    yield bench
    bench.threads.shutdown()
    bench.commits.close()


def test_a_lone_write_is_one_transaction_of_its_own_statements(bench: Bench) -> None:
    assert bench.commits.run(add(1)) == 1
    assert bench.statements == ["BEGIN IMMEDIATE", "INSERT INTO numbers VALUES (1)", "COMMIT"]
    assert bench.numbers == [1]


def test_64_writes_at_once_are_two_commits_in_the_order_in_which_they_came(bench: Bench) -> None:
    with bench.locked():
        answers = [bench.start(add(number)) for number in range(64)]
    assert [answer.result(SECONDS) for answer in answers] == list(range(64))
    assert bench.statements.count("COMMIT") == 2
    assert bench.numbers == list(range(64))


def test_a_commit_is_synced_if_one_of_its_writes_has_to_be(bench: Bench) -> None:
    def unsynced(number: int) -> Future[Any]:
        return bench.threads.submit(bench.commits.run, add(number), synced=False)

    bench.commits.run(add(1), synced=False)
    bench.commits.run(add(2), synced=False)
    with bench.locked():
        first = unsynced(3)
        until(lambda: bench.entered == 3)
        answers = [unsynced(4), bench.start(add(5)), unsynced(6)]
        until(lambda: len(bench.commits._waiting) == 3)
    assert [answer.result(SECONDS) for answer in (first, *answers)] == [3, 4, 5, 6]
    bench.commits.run(add(7))
    bench.commits.run(add(8), synced=False)
    sync = {"PRAGMA synchronous = FULL": "synced", "PRAGMA synchronous = NORMAL": "not synced"}
    seen = [sync.get(each, each) for each in bench.statements if each == "COMMIT" or each in sync]
    assert seen == ["not synced", *["COMMIT"] * 3, "synced", *["COMMIT"] * 2, "not synced", "COMMIT"]


def test_no_answer_comes_before_its_commit(bench: Bench) -> None:
    commits, go_on = [Event(), Event()], [Event(), Event()]
    coming = iter(zip(commits, go_on, strict=True))

    def trace(statement: str) -> None:
        bench.statements.append(statement)
        if statement == "COMMIT":
            reached, leave = next(coming)
            reached.set()
            assert leave.wait(SECONDS)

    bench.connection.set_trace_callback(trace)
    with bench.locked():
        answers = [bench.start(add(number)) for number in range(8)]
    for commit, leave, done in ((commits[0], go_on[0], 0), (commits[1], go_on[1], 1)):
        assert commit.wait(SECONDS)
        until(lambda done=done: sum(answer.done() for answer in answers) == done)  # type: ignore[misc]
        assert bench.numbers == list(range(done))
        leave.set()
    assert [answer.result(SECONDS) for answer in answers] == list(range(8))


def test_a_failure_leaves_nothing_behind_and_the_others_alone(bench: Bench) -> None:
    work = [add(1), fail, add(2), add(5000), add(3)]
    with bench.locked():
        answers = [bench.start(one) for one in [add(0), *work]]
    assert [type(answer.exception(SECONDS)) for answer in answers] == [
        type(None),
        type(None),
        ValueError,
        type(None),
        sqlite3.IntegrityError,
        type(None),
    ]
    assert bench.numbers == [0, 1, 2, 3]
    assert bench.statements.count("COMMIT") == 2


def test_a_commit_that_fails_reaches_everybody_who_waits_for_it(bench: Bench) -> None:
    bench.connection.set_authorizer(
        # What COMMIT asks leave for: https://www.sqlite.org/c3ref/c_alter_table.html
        lambda action, name, *_: sqlite3.SQLITE_DENY if (action, name) == (22, "COMMIT") else sqlite3.SQLITE_OK
    )
    with bench.locked():
        answers = [bench.start(add(number)) for number in range(8)]
    errors = [answer.exception(SECONDS) for answer in answers]
    assert [type(error) for error in errors] == [sqlite3.DatabaseError] * 8
    bench.connection.set_authorizer(None)
    assert bench.commits.run(add(9)) == 9
    assert bench.numbers == [9]


def test_a_file_that_stays_locked_is_unavailable_to_all_and_well_afterwards(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "busy.db", busy_timeout=0.05)
    with bench.threads, closing(bench.commits):
        with bench.locked():
            answers = [bench.threads.submit(bench.commits.run, add(number)) for number in range(8)]
            assert [type(answer.exception(SECONDS)) for answer in answers] == [sqlite3.OperationalError] * 8
        assert bench.commits.run(add(1)) == 1
        assert bench.numbers == [1]


def test_close_commits_what_waits_and_refuses_what_comes_later(bench: Bench) -> None:
    with bench.locked():
        answers = [bench.start(add(number)) for number in range(8)]
        closing_down = [bench.threads.submit(bench.commits.close) for _ in range(2)]
        until(lambda: bench.commits._closed)
        with pytest.raises(sqlite3.ProgrammingError):
            bench.commits.run(add(99))
        assert not any(close.done() for close in closing_down)
    assert [answer.result(SECONDS) for answer in answers] == list(range(8))
    assert [close.result(SECONDS) for close in closing_down] == [None, None]
    assert bench.numbers == list(range(8))


class Killed(BaseException):
    """What comes from outside, as KeyboardInterrupt does."""


class DeadlyLock:
    """A lock whose taker dies as soon as it has it."""

    def __init__(self, lock: Any) -> None:
        self.lock = lock
        self.release = lock.release

    def acquire(self) -> None:
        self.lock.acquire()
        raise Killed


class Doomed(deque[Any]):
    """What waits. The thread of the first operation dies: at once, or when it is woken, which is to lead."""

    def __init__(self, *, at_once: bool) -> None:
        super().__init__()
        self.at_once, self.first = at_once, True

    def append(self, operation: Any) -> None:
        super().append(operation)
        if self.first:
            self.first = False
            if self.at_once:
                raise Killed
            operation.woken = DeadlyLock(operation.woken)


@pytest.mark.parametrize("at_once", [False, True])
def test_a_waiting_thread_that_dies_passes_the_lead_on(bench: Bench, at_once: bool) -> None:
    with bench.locked():
        first = bench.start(add(0))
        until(lambda: not bench.commits._waiting)
        bench.commits._waiting = Doomed(at_once=at_once)
        doomed, last = bench.start(add(666)), bench.start(add(2))
    assert (0, Killed, 2) == (first.result(SECONDS), type(doomed.exception(SECONDS)), last.result(SECONDS))
    assert bench.numbers == [0, 2]


def test_a_leading_thread_that_dies_leaves_nobody_waiting(bench: Bench) -> None:
    def die(database: sqlite3.Connection) -> None:
        database.execute("INSERT INTO numbers VALUES (666)")
        raise Killed

    with bench.locked():
        answers = [bench.start(work) for work in (add(0), die, add(1))]
    assert [type(answer.exception(SECONDS)) for answer in answers] == [type(None), Killed, sqlite3.OperationalError]
    assert bench.commits.run(add(2)) == 2
    assert bench.numbers == [0, 2]


def test_what_expires_goes_before_once_for_all(bench: Bench) -> None:
    for number in range(10):
        bench.commits.run(add(number))
    forget = "DELETE FROM numbers WHERE rowid IN (SELECT rowid FROM numbers WHERE number < ? LIMIT ?)"
    bench.statements.clear()
    with bench.locked():
        first = bench.start(add(100))
        others = [bench.threads.submit(bench.commits.run, add(101 + n), (forget, 3 + n)) for n in range(2)]
        until(lambda: len(bench.commits._waiting) == 2)
    for answer in (first, *others):
        answer.result(SECONDS)
    assert [statement for statement in bench.statements if "DELETE" in statement] == [
        forget.replace("?", "4", 1).replace("?", "4")
    ]
    assert bench.numbers[:6] == [4, 5, 6, 7, 8, 9]
    assert sorted(bench.numbers[6:]) == [100, 101, 102]
