"""Accepted webhooks a second over HTTP on this machine, against others under the same load.

    .venv/bin/python benchmarks/ingest.py [--rounds 3] [--seconds 2] [--sustain 60] [--only verihook,baseline]

Every contender runs alone, in processes of its own, from an empty folder; a round measures each of them once, so that
a drift of the machine meets all. What is asked: new events, each with its own id and signature, on 1, 8 and 64
connections, each of which asks again as soon as it was answered; then the status of what was accepted, likewise.

- verihook: ``verihook run`` with the ledger on SQLite, every acknowledgement after its fsync, the whole flow
- machines: the same, with a state machine of one state in place of a function; orders: with order-created
- baseline: FastAPI and uvicorn with an HMAC check and one INSERT (synchronous=FULL): benchmarks/peers/baseline.py
- restate:  Restate's ingress behind the same HMAC check (npm)
- dbos:     DBOS on SQLite behind the same HMAC check (PyPI)

At last ours and the baseline are asked on 64 connections for a minute: what they accept, what comes to its end until
all has ended, the most memory, and, before that, how long it took until the first answer.

The last two are installed in .tools/ if npm and PyPI can be reached, and otherwise left out with a line that says so.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import load
from benchmarks.contenders import CONTENDERS, SECRET, Contender, Missing

CONNECTIONS = (1, 8, 64)
#: Against whom, and the least that ours may be of theirs, at 64 connections.
LIMITS = {"baseline": 0.7, "restate": 1.2, "dbos": 5.0}

#: By contender, what is asked and connections: one result a round.
Measured = dict[tuple[str, str, int], list[load.Result]]

_number = itertools.count(1)


def delivery() -> bytes:
    """A new event of about 1 KB, signed."""
    items = [{"productId": f"product-{item:04}", "quantity": item, "price": 9.99} for item in range(15)]
    order = {"id": f"evt_{next(_number):012}", "type": "order.created", "orderId": "ord_1", "items": items}
    body = json.dumps(order).encode()
    return (
        b"POST /hooks/orders HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        b"x-signature: %b\r\ncontent-length: %d\r\n\r\n%b"
        % (hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest().encode(), len(body), body)
    )


def reading(bodies: list[bytes]) -> Callable[[], bytes]:
    """Requests for the status of the instances that these answers name, over and over."""
    ids = [json.loads(body)["instanceId"] for body in bodies]
    return (
        b"GET /?instanceId=%b HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n" % name.encode() for name in itertools.cycle(ids)
    ).__next__


def measure(contender: Contender, seconds: float, results: Measured) -> None:
    """One round of one contender."""
    with tempfile.TemporaryDirectory() as folder, contender.serve(Path(folder)) as served:
        port = served.port
        load.run(port, 8, 0.5, delivery)
        accepted: list[bytes] = []
        for connections in CONNECTIONS:
            result = load.run(port, connections, seconds, delivery)
            accepted = result.bodies
            results.setdefault((contender.name, "accept", connections), []).append(result)
        if contender.tells_status:
            contender.settle(Path(folder))
            for connections in CONNECTIONS:
                result = load.run(port, connections, seconds, reading(accepted))
                results.setdefault((contender.name, "status", connections), []).append(result)


def table(results: Measured) -> None:
    """Print medians over the rounds."""
    print(f"{'':10} {'':8} {'connections':>11} {'a second':>10} {'p50 ms':>8} {'p99 ms':>8}")
    for (name, what, connections), rounds in results.items():
        speed = statistics.median(result.per_second for result in rounds)
        p50, p99 = (statistics.median(result.quantile(share) for result in rounds) for share in (0.5, 0.99))
        print(f"{name:10} {what:8} {connections:11} {speed:10.0f} {p50:8.2f} {p99:8.2f}")


def sustain(contender: Contender, seconds: float) -> None:
    """Print what one does for so long."""
    with tempfile.TemporaryDirectory() as folder, contender.serve(Path(folder)) as served:
        result = load.run(served.port, CONNECTIONS[-1], seconds, delivery)
        begun = time.monotonic()
        contender.settle(Path(folder))
        ended = len(result.latencies) / (result.seconds + time.monotonic() - begun)
        told = f"{served.ready_s:8.2f}" if served.ready_s else f"{'':8}"
        print(f"{contender.name:10} {told} {result.per_second:10.0f} {ended:12.0f} {served.most_mb():10.0f}")


def ratios(results: Measured) -> bool:
    """Print ours / theirs at 64 connections, the median over the rounds; whether all are within the limits."""
    well = True
    for name, least in LIMITS.items():
        ours, theirs = (results.get((who, "accept", 64)) for who in ("verihook", name))
        if not ours or not theirs:
            print(f"verihook / {name:9} not measured   (at least {least})")
            continue
        ratio = statistics.median(a.per_second / b.per_second for a, b in zip(ours, theirs, strict=False))
        well = well and ratio >= least
        print(f"verihook / {name:9} {ratio:6.2f}   (at least {least})")
    return well


def report() -> int:
    """Measure and print; 1 if a ratio is below its limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each load")
    parser.add_argument("--sustain", type=float, default=60.0, help="seconds of the last load; 0 for none")
    parser.add_argument("--only", default=",".join(CONTENDERS), help="names, with commas between; default all")
    options = parser.parse_args()
    names, results = options.only.split(","), Measured()
    for name in list(names):
        try:
            CONTENDERS[name].install()
        except Missing as why:
            print(f"{name} is left out: {why}")
            names.remove(name)
    for _ in range(options.rounds):
        for name in list(names):
            try:
                measure(CONTENDERS[name], options.seconds, results)
            except Missing as why:
                print(f"{name} is left out: {why}")
                names.remove(name)
    table(results)
    well = ratios(results)
    if options.sustain:
        print(f"\n{'':10} {'ready s':>8} {'accepted/s':>10} {'end to end/s':>12} {'most MB':>10}")
        for name in ("verihook", "machines", "orders", "baseline"):
            if name in names:
                sustain(CONTENDERS[name], options.sustain)
    # A peer may be left out, we may not.
    return 0 if well and ("verihook" in names or "verihook" not in options.only) else 1


if __name__ == "__main__":
    sys.exit(report())
