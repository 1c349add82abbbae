"""What the telemetry of a function costs its cold start: our own lines against those of Powertools.

``python benchmarks/telemetry.py [--rounds 9]``: for each, in a process of its own, the time from nothing to the first
line written, in milliseconds, median of the rounds. Only the ratio means anything on another machine.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

HANDLER = Path(__file__).parents[1] / "handler"

ADAPTERS = {
    "ours": "from verihook.adapters.telemetry.cloudwatch import CloudWatchTelemetry as T; telemetry = T({})",
    "powertools": "from verihook.adapters.telemetry.powertools import PowertoolsTelemetry as T; telemetry = T()",
}

#: What every function has imported by then does not count.
PROGRAM = """
import contextlib, io, time
from verihook import main
from verihook.config import settings
from verihook.model.ports import Trace
began = time.perf_counter()
{make}
with contextlib.redirect_stdout(io.StringIO()):
    telemetry.delivery(Trace("r", 0, "orders", "accepted", status=200))
print((time.perf_counter() - began) * 1000)
"""


def once(make: str) -> float:
    """Milliseconds of one start."""
    program = [sys.executable, "-c", PROGRAM.format(make=make)]
    return float(subprocess.run(program, cwd=HANDLER, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Take turns, so that both meet the same machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    times = {name: [] for name in ADAPTERS}
    for _ in range(rounds):
        for name, make in ADAPTERS.items():
            times[name].append(once(make))
    medians = {name: statistics.median(each) for name, each in times.items()}
    for name, median in medians.items():
        print(f"{name:12}{median:8.1f} ms")
    print(f"ours / powertools: {medians['ours'] / medians['powertools']:.2f}")


if __name__ == "__main__":
    main()
