"""The CPU of ``main.receive`` on a 2 KB function-URL event, as ratios from one run on one machine.

    .venv/bin/python benchmarks/receive.py [--rounds 30]

Ledger and engine answer at once, so what is left is ours: event to request, verify, parse, claim, start, reply, one
log line and one metrics line. Against it, in turn in the same process: (a) a bare handler that does json and hmac
only, (b) FastAPI behind Mangum doing what (a) does. Then: which modules a cold start imports. Ends with 1 if a limit
is passed, from nine rounds on: of fewer the median says little.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import hmac
import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "handler"), str(ROOT)]
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "verihook")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Verihook")

from fastapi import FastAPI, Response
from fastapi import Request as HttpRequest
from mangum import Mangum

from tests.flows.secret_store import INSTANCE_KEY_ARN, SECRETS_ARN, SecretStore
from verihook import bootstrap, main
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.adapters.telemetry.cloudwatch import CloudWatchTelemetry
from verihook.config import load_hooks
from verihook.model.instance import Instance

SECRET = "s3cret"
CALLS = 200
#: Rounds whose median is judged by the limits of the ratios.
ENOUGH = 9
LIMITS = {"bare": 8, "framework": 0.6}
SECRETS = [
    "ORDERS_WEBHOOK_SECRET",
    "GITHUB_WEBHOOK_SECRET",
    "STRIPE_WEBHOOK_SECRET",
    "SLACK_SIGNING_SECRET",
    "STANDARD_WEBHOOK_SECRET",
]
FRAMEWORKS = {"fastapi", "starlette", "mangum", "pydantic", "jsonschema", "cryptography"}


class InstantLedger:
    """Answers at once: every event is new."""

    def claim(self, instance: Instance) -> None:
        """See Ledger."""

    def has_room(self, text: str) -> bool:  # the port's
        """See Ledger."""
        return True


class InstantEngine:
    """Answers at once."""

    max_input = 262_144
    keeps_names = True

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> None:
        """See Engine."""


def event() -> dict[str, Any]:
    """An order of 2 KB as GitHub-sized headers bring it to a function URL."""
    items = [{"productId": f"product-{number:04}", "quantity": number, "price": 9.99} for number in range(34)]
    body = json.dumps({"id": "evt_1", "type": "order.created", "orderId": "ord_1", "items": items}).ljust(2048)
    headers = {f"x-forwarded-header-{number}": "some value" for number in range(12)}
    return {
        "version": "2.0",
        "rawPath": "/hooks/orders",
        "rawQueryString": "",
        "headers": {
            **headers,
            "host": "x.lambda-url.eu-west-1.on.aws",
            "content-type": "application/json",
            "x-signature": "sha256=" + hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).hexdigest(),
        },
        "requestContext": {
            "requestId": "e1506fd5-9e7b-434f-bd42-4f8fa224b599",
            "stage": "$default",
            "http": {"method": "POST", "path": "/hooks/orders", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
        },
        "body": body,
        "isBase64Encoded": False,
    }


def ours() -> Callable[[Any, Any], Any]:
    """``main.receive`` with the shipped hooks.toml, without the JSON Schema of its workflow: (a) checks none."""
    hooks = load_hooks(ROOT / "handler" / "hooks.toml")
    hooks.workflows["order-created"].input_schema = None
    services = bootstrap.assemble(
        hooks,
        EnvironmentSecrets({**dict.fromkeys(SECRETS, "c2VjcmV0"), "ORDERS_WEBHOOK_SECRET": SECRET}, ROOT),
        InstantLedger(),  # type: ignore[arg-type]
        None,  # type: ignore[arg-type]  # neither documents, payloads nor calls are part of a delivery
        CloudWatchTelemetry({}),
        engines={"stepfunctions": InstantEngine()},
        payloads=None,
        caller=None,
        instance_key=b"k" * 32,
        pace=bootstrap.AWS_PACE,
    )
    main.services = lambda: services  # type: ignore[assignment]
    return main.receive


def checked(body: bytes, signature: str) -> dict[str, Any]:
    """What (a) and (b) do: hmac and json."""
    expected = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature):
        raise ValueError
    content = json.loads(body)
    return {"instanceId": content["id"], "status": "running", "duplicate": False}


def bare(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do (a)."""
    body = event["body"]
    raw = base64.b64decode(body) if event["isBase64Encoded"] else body.encode()
    answer = json.dumps(checked(raw, event["headers"]["x-signature"]))
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": answer}


def framework() -> Callable[[Any, Any], Any]:
    """Make (b)."""
    app = FastAPI()

    @app.post("/hooks/{source}")
    async def hook(source: str, request: HttpRequest) -> Response:
        answer = checked(await request.body(), request.headers["x-signature"])
        return Response(json.dumps(answer), 200, media_type="application/json")

    return Mangum(app, lifespan="off")


def measure(handlers: dict[str, Callable[[Any, Any], Any]], rounds: int) -> dict[str, list[float]]:
    """CPU microseconds a call of each handler, round by round and in turn, so that a drift of the machine meets all."""
    delivery = event()
    times: dict[str, list[float]] = {name: [] for name in handlers}
    for handler in handlers.values():
        for _ in range(200):
            assert handler(delivery, None)["statusCode"] == 200
    for _ in range(rounds):
        for name, handler in handlers.items():
            start = time.process_time_ns()
            for _ in range(CALLS):
                handler(delivery, None)
            times[name].append((time.process_time_ns() - start) / CALLS / 1000)
    return times


def ratio(times: dict[str, list[float]], name: str) -> float:
    """The median over the rounds of ours / ``name``."""
    return statistics.median(ours / other for ours, other in zip(times["ours"], times[name], strict=True))


def cold_imports() -> tuple[list[str], str]:
    """The frameworks that a cold start imports up to its first answer, and its slowest imports."""
    variables = {
        **os.environ,
        "VERIHOOK_TABLE": "table",
        "VERIHOOK_INSTANCE_KEY_ARN": INSTANCE_KEY_ARN,
        "VERIHOOK_SECRETS": SECRETS_ARN,
        "ORDERS_WEBHOOK_SECRET": "not the sender's",
        "VERIHOOK_STATE_MACHINE_PREFIX": "arn:aws:states:eu-west-1:123456789012:stateMachine:",
        "VERIHOOK_FUNCTION_PREFIX": "verihook_",
        "VERIHOOK_PAYLOADS": "payloads",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    code = (
        "import json, sys; sys.path.insert(0, 'handler')\n"
        "from verihook.main import receive\n"
        f"assert receive(json.loads({json.dumps(json.dumps(event()))}), None)['statusCode'] == 401\n"
        "print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    with SecretStore() as store:
        result = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", code],
            cwd=ROOT,
            env={**variables, "AWS_ENDPOINT_URL_SECRETS_MANAGER": store.url},
            capture_output=True,
            text=True,
            check=True,
        )
    rows = [line.removeprefix("import time:").split("|") for line in result.stderr.splitlines() if "|" in line][1:]
    slowest = sorted(rows, key=lambda row: -int(row[1]))[:8]
    table = "\n".join(f"  {int(row[1]) / 1000:7.1f} ms  {row[2].strip()}" for row in slowest)
    return sorted(FRAMEWORKS & set(result.stdout.split())), table


def report(rounds: int) -> bool:
    """Measure and print; whether both limits hold."""
    with contextlib.redirect_stdout(io.StringIO()):
        times = measure({"ours": ours(), "bare": bare, "framework": framework()}, rounds)
    for name, values in times.items():
        print(f"{name:>10}: {statistics.median(values):7.1f} us of CPU a call (median of {rounds} rounds of {CALLS})")
    ratios = {name: ratio(times, name) for name in LIMITS}
    print(f"main.receive / bare json+hmac:              {ratios['bare']:.2f}   (at most {LIMITS['bare']})")
    print(f"main.receive / Mangum+FastAPI json+hmac:    {ratios['framework']:.2f}   (at most {LIMITS['framework']})")
    found, table = cold_imports()
    print(f"frameworks imported by the receive entry:   {', '.join(found) or 'none'}")
    print(f"slowest imports of a cold start (python -X importtime, each with what it imports):\n{table}")
    return all(ratios[name] <= limit for name, limit in LIMITS.items())


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="The CPU of a delivery, as ratios.")
    arguments.add_argument("--rounds", type=int, default=30, help="how often each is measured, in turn (default 30)")
    given = arguments.parse_args().rounds
    sys.exit(not report(given) and given >= ENOUGH)
