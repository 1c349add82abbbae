"""INIT and the first request of built functions, cold, in Lambda's runtime interface emulator: medians in milliseconds.

    .venv/bin/python benchmarks/cold_start.py [--rounds 9]          after `make build`

Each start is a new process with nothing warm but the machine's file cache. INIT is what the emulator reports of it:
from the start of Python to the first question for an event; the emulator's own start is in no figure. INIT always has
a whole processor, as in Lambda; throttled, the request has 0.29 of one. Either comes before what else the machine runs,
if it can make cgroups (benchmarks/cold/quota.py).

Receiver and Api are what was built. The receiver's first request is a signed delivery: a claim and a start. The API's
is a start by API key: the key's row, the claim, the start. AWS stands in a process of its own and answers cheaply over
plain HTTP, secrets after 20 ms (benchmarks/cold/services.py). `made late` is the receiver with an INIT that does
nothing: its first request imports and makes everything. The peers ask AWS for nothing: bare.py has the whole of boto3,
compiled as ours is; framework.py has its packages as pip leaves them, without byte code, in a folder that can keep
none, as /var/task is.

Prints each ratio beside its limit. Ends with 1 if one is over, from nine rounds on: of fewer the median says little.
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import tempfile
import zipfile
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "handler")]

from benchmarks.cold.quota import SHARE, NoQuota, foremost, quota
from benchmarks.cold.subjects import API, BARE, FRAMEWORK, LATE, RECEIVER, Subject, services, subjects
from tests.deployed.emulator import BUILT, PARAMETERS, built
from tests.deployed.stack import Stack

#: Rounds that make a limit count.
ENOUGH = 9

#: What a public-key scheme needs, which the receiver's limit is without.
PUBLIC_KEYS = ("cryptography", "nacl")

FUNCTIONS = ("Receiver", "Api", "Recorder", "Reconciler", "Worker", "Feeds", "OrderApproval")

#: Name -> INIT and first request of each round.
Times = dict[str, list[tuple[float, float]]]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=ENOUGH)
    rounds = parser.parse_args().rounds
    stack = Stack(BUILT / "template.yaml", PARAMETERS)
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory()))
        group = None
        try:
            parts.enter_context(foremost())
            group = parts.enter_context(quota())
        except NoQuota as reason:
            print(f"Nothing is throttled: {reason}")
        found = subjects(folder, stack, parts.enter_context(services(stack)))
        whole, throttled = measured(found, rounds, group)
    show(f"one processor, median of {rounds}", whole)
    if group:
        show(f"requests throttled to {SHARE}, median of {rounds}", throttled)
    sizes = {name: packed(name) for name in FUNCTIONS}
    print(f"\n{'artifact, MB':44}{'zipped':>10}{'unzipped':>10}")
    for name, (zipped, unzipped) in sizes.items():
        print(f"{name:44}{zipped:10.1f}{unzipped:10.1f}")
    over = judged(whole, throttled, sizes["Receiver"][0])
    if over and rounds >= ENOUGH:
        sys.exit(1)


def measured(found: dict[str, Subject], rounds: int, group: Path | None) -> tuple[Times, Times]:
    """Unthrottled and throttled, in turn, so that whatever else the machine does meets all alike."""
    whole: Times = {name: [] for name in found}
    throttled: Times = {name: [] for name in found}
    for _ in range(rounds):
        for name, subject in found.items():
            whole[name].append(subject.start(None))
            if group:
                throttled[name].append(subject.start(group))
    return whole, throttled


def show(title: str, times: Times) -> None:
    """A table of the medians."""
    print(f"\n{title:44}{'INIT':>10}{'first':>10}{'together':>10}")
    for name, each in times.items():
        init, first = zip(*each, strict=True)
        together = [sum(pair) for pair in each]
        print(f"{name:44}" + "".join(f"{statistics.median(column):10.1f}" for column in (init, first, together)))


def packed(name: str) -> tuple[float, float]:
    """Megabytes of an artifact, zipped as `sam deploy` does it and not."""
    unzipped, target = 0, io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in built(name).rglob("*"):
            if path.is_file():
                unzipped += path.stat().st_size
                archive.write(path, path.relative_to(built(name)))
    return len(target.getvalue()) / 1e6, unzipped / 1e6


def judged(whole: Times, throttled: Times, receiver_mb: float) -> bool:
    """Whether something is over its limit; each is printed."""

    def together(name: str) -> float:
        return statistics.median(sum(pair) for pair in whole[name])

    def first(name: str) -> float:
        return statistics.median(first for _, first in throttled[name])

    compared = [
        ("receiver / bare boto3, INIT + first", together(RECEIVER) / together(BARE), 0.70),
        ("api / FastAPI + Mangum + boto3, INIT + first", together(API) / together(FRAMEWORK), 0.75),
    ]
    if throttled[RECEIVER]:
        compared.append(("receiver / made late, first, throttled", first(RECEIVER) / first(LATE), 0.06))
    if not any((built("Receiver") / package).is_dir() for package in PUBLIC_KEYS):
        compared.append(("receiver without public-key schemes, MB zipped", receiver_mb, 10.0))
    print()
    for name, ratio, limit in compared:
        print(f"{name:48}{ratio:8.3f}   (at most {limit}){'' if ratio <= limit else '  OVER'}")
    return any(ratio > limit for _, ratio, limit in compared)


if __name__ == "__main__":
    main()
