"""How long the console takes to draw the first and the next page of its lists, among 100,000 rows against 1,000.

    .venv/bin/python benchmarks/console.py [--rows 100000] [--base 1000] [--rounds 9]

In Chromium, from the request of the page until its rows are drawn. Each is at most half as slow again, or the program
ends with an error. The rows are written past the ports before the server starts.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "handler"), str(ROOT)]

from benchmarks.deliveries import CLAIMED, ENOUGH, fill
from tests.console.watched import Watched, chromium
from tests.flows.deployment import VARIABLES
from tests.flows.faces import Server, run_key

MOST = 1.5


@contextmanager
def serving(folder: Path, rows: int) -> Iterator[tuple[str, str]]:
    """A server over so many rows: its URL and key."""
    data = folder / "data"
    data.mkdir(mode=0o700, parents=True)
    fill(data / "ledger.db", max(rows, CLAIMED))
    server = Server(data, VARIABLES)
    try:
        yield server.ready(), run_key(data)
    finally:
        server.kill_if_running()


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def drawn(page: Watched, path: str) -> Callable[[], object]:
    """Opens a list, until its rows are there."""

    def act() -> None:
        page.page.goto(f"{page.url}/console/{path}")
        page.page.locator("tbody tr").first.wait_for()

    return act


def further(page: Watched) -> None:
    """Shows the next page of the list that is open."""
    before = page.page.locator("tbody tr").count()
    page.find("button", "Show more").click()
    page.page.wait_for_function("(before) => document.querySelectorAll('tbody tr').length > before", arg=before)


def measure(few: int, many: int, rounds: int) -> dict[str, list[float]]:
    """Medians among few and among many rows, by what was done; in turn, so that a busy machine disturbs both alike."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        root = Path(folder)
        served = [stack.enter_context(serving(root / str(rows), rows)) for rows in (few, many)]
        browser = stack.enter_context(chromium())
        pages = [Watched(browser, url) for url, _ in served]
        for page, (_, key) in zip(pages, served, strict=True):
            page.go("about", key)
        for path in ("deliveries", "instances"):
            seen: dict[str, list[list[float]]] = {
                name: [[], []] for name in (f"first page of {path}", f"next page of {path}")
            }
            for _ in range(rounds + 1):
                for place, page in enumerate(pages):
                    for name, act in zip(seen, (drawn(page, path), partial(further, page)), strict=True):
                        seen[name][place].append(seconds(act))
                    page.page.goto("about:blank")
            # The first round fills caches.
            found |= {name: [statistics.median(each[1:]) for each in both] for name, both in seen.items()}
        for page in pages:
            page.context.close()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--base", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=ENOUGH)
    options = parser.parse_args()
    slow = []
    for name, (base, many) in measure(options.base, options.rows, options.rounds).items():
        print(f"{name}: {base * 1e3:.0f} ms among {options.base:,}, {many * 1e3:.0f} ms among {options.rows:,}")
        slow += [name] if many / base > MOST else []
    if slow and options.rounds >= ENOUGH:
        sys.exit(f"more than {MOST} times as slow: {', '.join(slow)}")


if __name__ == "__main__":
    main()
