"""INIT and INIT + first request of built functions in Lambda's runtime interface emulator, medians, in milliseconds.

    .venv/bin/python benchmarks/cold_start.py [--rounds 9]          after `make build`

Receiver and Api are what was built, over the cloud of tests/deployed with a Secrets Manager that answers after 20 ms.
Beside them, on the packages of the built Api and OrderApproval: a bare handler with boto3 and a DynamoDB client, and
FastAPI with Mangum and three clients of boto3. INIT is what the emulator reports of it; the emulator's own start is in
neither. Nothing is throttled here. The peers' packages are compiled as ours are, their own few lines are not.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "handler")]

from tests.adapters.dynamodb_local import endpoint
from tests.deployed.emulator import built, deployed, function, post
from tests.deployed.events import delivery, http_event

SECRETS_MS = 20
PROPERTIES = {"Handler": "peer.handler", "Timeout": 30, "MemorySize": 512}
PEERS = {
    "bare boto3 + DynamoDB client": """
import json, boto3
client = boto3.client("dynamodb", region_name="us-east-1")
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"ok": True})}
""",
    "FastAPI + Mangum + boto3, three clients": """
import boto3
from fastapi import FastAPI
from mangum import Mangum
clients = [boto3.client(name, region_name="us-east-1") for name in ("dynamodb", "stepfunctions", "lambda")]
app = FastAPI()
@app.get("/")
async def root():
    return {"ok": True}
handler = Mangum(app, lifespan="off")
""",
}
_INIT = re.compile(r"INIT REPORT\(durationMs: ([0-9.]+)\)")


def main() -> None:
    """Print a line for each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    measures: dict[str, Callable[[Path], tuple[float, float]]] = {
        "receiver": lambda folder: _ours(folder, "Receiver", delivery("evt_1")),
        "api": lambda folder: _ours(folder, "Api", http_event("GET", "/")),
        **{name: _peer(program) for name, program in PEERS.items()},
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            with tempfile.TemporaryDirectory() as folder:
                found[name].append(measure(Path(folder)))
    print(f"{'median of ' + str(rounds):42}{'INIT':>8}{'INIT + first request':>24}")
    for name, times in found.items():
        init, whole = (statistics.median(each) for each in zip(*times, strict=True))
        print(f"{name:42}{init:8.0f}{whole:24.0f}")
    for name in ("Receiver", "Api", "Recorder", "Reconciler", "Worker", "Feeds", "OrderApproval"):
        size = sum(path.stat().st_size for path in built(name).rglob("*") if path.is_file())
        print(f"{name + ', MB unzipped':42}{size / 1e6:8.1f}")


def _ours(folder: Path, name: str, event: dict[str, Any]) -> tuple[float, float]:
    with deployed(endpoint(), folder) as deployment:
        answer = deployment.cloud.secrets._answer

        def slowly(*arguments: Any) -> Any:
            time.sleep(SECRETS_MS / 1000)
            return answer(*arguments)

        deployment.cloud.secrets._answer = slowly  # type: ignore[method-assign]
        reply = deployment.invoke(name, event)
        assert reply["statusCode"] // 100 == 2, reply
        return _times(deployment.log(name))


def _peer(program: str) -> Callable[[Path], tuple[float, float]]:
    def measure(folder: Path) -> tuple[float, float]:
        code = folder / "code"
        code.mkdir()
        for path in [*built("Api").iterdir(), *built("OrderApproval").iterdir()]:
            if not (code / path.name).exists():
                (code / path.name).symlink_to(path)
        (code / "peer.py").write_text(program)
        with function(code, PROPERTIES, {}, "peer", folder / "peer.log") as url:
            try:
                assert post(url, http_event("GET", "/"))["statusCode"] == 200
            except OSError as error:
                raise RuntimeError((folder / "peer.log").read_text("utf-8")) from error
            return _times((folder / "peer.log").read_text("utf-8"))

    return measure


def _times(log: str) -> tuple[float, float]:
    """INIT, and INIT with the first request, which the emulator's first report has together."""
    whole = re.search(r"REPORT RequestId: \S+\s+Init Duration: \S+ ms\s+Duration: ([0-9.]+) ms", log)
    init = _INIT.search(log)
    assert init, log
    assert whole, log
    return float(init[1]), float(whole[1])


if __name__ == "__main__":
    main()
