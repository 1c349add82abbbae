"""What a page of deliveries and a lookup cost among 1,000,000 rows on SQLite, against the same among 10,000.

    .venv/bin/python benchmarks/deliveries.py [--rows 1000000] [--base 10000] [--rounds 25]

Each is at most twice as slow, or the program ends with an error. Filling goes past the ports, by SQL that copies rows
that were claimed; it is not measured.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "handler"), str(ROOT)]

from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.model.delivery import Delivery, Facts
from verihook.model.instance import Instance
from verihook.model.ports import Observation
from verihook.model.source import Source
from verihook.senders import load_sender
from verihook.webhooks import deliveries, lookup
from verihook.webhooks.deliveries import Filters, View
from verihook.webhooks.identity import ids_of_event

NOW, LIMIT, MOST = 1_760_000_000_000, 50, 2.0
#: Rounds whose median is judged by the limit: of fewer it says little.
ENOUGH = 9

#: Rows that are claimed; all others are copies of them, which are a thousand seconds older each time.
CLAIMED = 1_000

NAMES = ("github", "stripe", "orders")
SOURCES = {name: Source(name, load_sender("generic"), (), "deploy") for name in NAMES}

#: What ids are derived with.
KEY = b"k" * 32

#: What the event that is looked up, and the request, are called.
EVENT, REQUEST = "evt_77", "request-77"


@dataclass(frozen=True, slots=True)
class StandingClock:
    """A clock that stands."""

    at: int = NOW

    def now_ms(self) -> int:
        """The time, in milliseconds since the epoch."""
        return self.at


@dataclass(frozen=True, slots=True)
class Ports:
    """What pages and lookups need."""

    ledger: SqliteLedger
    documents: SqliteDocuments
    clock: StandingClock = StandingClock()
    sources: Mapping[str, Source] = field(default_factory=lambda: SOURCES)
    instance_key: bytes = KEY


def claimed(number: int) -> Instance:
    """A delivery of one of three sources, with facts and an input of some 500 bytes."""
    at, name = NOW - 1_000 * (number + 1), NAMES[number % 3]
    event = EVENT if number == 77 else f"evt_x{number}"
    (id,) = ids_of_event(SOURCES[name], event, KEY)
    request = REQUEST if number == 77 else f"r-{number}"
    facts = Facts(request, at, 3650, headers=(("user-agent", "benchmark"), ("content-type", "application/json")))
    return Instance(
        id,
        "deploy",
        '{"a":"' + "x" * 500 + '"}',
        at,
        at,
        status="completed",
        source=name,
        event_id=event,
        event_type="order.paid" if number % 10 else "order.created",
        output="{}",
        delivery=Delivery(facts),
    )


def fill(path: Path, rows: int) -> None:
    """Write so many rows, and the counts of two weeks."""
    with SqliteFile(path) as file:
        ledger = SqliteLedger(file)
        for number in range(CLAIMED):
            ledger.claim(claimed(number))
        for hour in range(14 * 24):
            at = NOW - 3_600_000 * hour
            ledger.observe(Observation("rejected", NAMES[hour % 3], "signature-mismatch", 5, at, at, "r"))
    database = sqlite3.connect(path)
    columns = [row[1] for row in database.execute("PRAGMA table_info(instances)")]
    new = {"id": "lower(hex(randomblob(20)))", "event_id": "event_id || '-' || n"}
    new |= {name: f"{name} - 1000000 * n" for name in ("created_at", "updated_at")}
    copied = ", ".join(new.get(name, name) for name in columns)
    many = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"
    with database:
        database.execute(
            f"{many} INSERT INTO instances ({', '.join(columns)}) SELECT {copied} FROM numbers, instances",
            (rows // CLAIMED - 1,),
        )
    database.execute("ANALYZE")
    database.close()


def works(ports: Ports) -> dict[str, Callable[[], object]]:
    """What is measured, by name."""
    everyone = View(None, lambda _: True)

    def page(**filters: str) -> Callable[[], object]:
        return lambda: deliveries.page(Filters(**filters), LIMIT, None, everyone, ports).entries[LIMIT - 1]

    cursor = deliveries.page(Filters(), LIMIT, None, everyone, ports).cursor
    return {
        "first page": page(),
        "next page": lambda: deliveries.page(Filters(), LIMIT, cursor, everyone, ports).entries[LIMIT - 1],
        "of a source": page(source="github"),
        "accepted": page(outcome="accepted"),
        "rejected": page(outcome="rejected"),
        "of a type": lambda: deliveries.page(Filters(kind="order.c*"), LIMIT, None, everyone, ports).entries[0],
        "lookup of an event": lambda: lookup.lookup(EVENT, everyone, ports)[0],
        "lookup of a request": lambda: lookup.lookup(REQUEST, everyone, ports)[0],
        "lookup of nothing": lambda: lookup.lookup("nothing", everyone, ports),
    }


def measured(rows: int, rounds: int) -> dict[str, float]:
    """The median time of each, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        fill(Path(folder) / "ledger.db", rows)
        print(f"{rows:,} rows are written in {time.monotonic() - began:.0f} s", flush=True)
        with SqliteFile(Path(folder) / "ledger.db") as file:
            ports = Ports(SqliteLedger(file), SqliteDocuments(file))
            return {name: median_ms(work, rounds) for name, work in works(ports).items()}


def median_ms(work: Callable[[], object], rounds: int) -> float:
    """The median time; the first round is not counted."""
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter_ns()
        work()
        times.append((time.perf_counter_ns() - start) / 1e6)
    return statistics.median(times)


def main() -> None:
    """Measure both, print, and fail if one takes more than twice as long."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--base", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=25)
    arguments = parser.parse_args()
    few, many = measured(arguments.base, arguments.rounds), measured(arguments.rows, arguments.rounds)
    print(f"{'ms, median':>22}{arguments.base:>12,}{arguments.rows:>12,}{'ratio':>8}")
    for name, ms in few.items():
        print(f"{name:>22}{ms:12.2f}{many[name]:12.2f}{many[name] / ms:8.2f}")
    slow = [name for name, ms in few.items() if many[name] > MOST * ms]
    if slow and arguments.rounds >= ENOUGH:
        sys.exit(f"more than {MOST:g} times as slow among {arguments.rows:,} rows: {', '.join(slow)}")


if __name__ == "__main__":
    main()
