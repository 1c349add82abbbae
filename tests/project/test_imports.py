"""What a cold start of the receiver imports: no framework, and nothing of a scheme that it does not need."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.flows.deployment import ROOT, VARIABLES
from tests.flows.faces import function_url_event
from tests.flows.signing import order, x_signature

FRAMEWORKS = {
    "fastapi",
    "starlette",
    "mangum",
    "pydantic",
    "jsonschema",
    "cryptography",
    "nacl",
    "uvicorn",
    "moto",
    "httpx",
}

SETTINGS = {
    "VERIHOOK_TABLE": "table",
    "VERIHOOK_INSTANCE_KEY": "k" * 32,
    "VERIHOOK_STATE_MACHINE_PREFIX": "arn:aws:states:us-east-1:123456789012:stateMachine:",
    "POWERTOOLS_METRICS_NAMESPACE": "Verihook",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    # Nothing listens there: the ledger is down.
    "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9",
}

PROGRAM = """
import json, sys
from verihook.main import receive
answer = receive(json.loads(sys.stdin.read()), None)
print(json.dumps([answer["statusCode"], sorted({name.partition(".")[0] for name in sys.modules})]))
"""


@pytest.mark.parametrize(
    ("secret", "status", "imported"),
    [
        ("a stranger's", 401, set()),
        # The first that needs the workflow's JSON Schema; then the ledger is asked, which is down.
        (VARIABLES["ORDERS_WEBHOOK_SECRET"], 503, {"jsonschema"}),
    ],
)
def test_the_receive_entry(secret: str, status: int, imported: set[str]) -> None:
    body = order()
    event = function_url_event("POST", "/hooks/orders", x_signature(body, secret), body)
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(event),
        cwd=ROOT / "handler",
        env={**VARIABLES, **SETTINGS},
        capture_output=True,
        text=True,
        check=True,
    )
    answered, modules = json.loads(result.stdout.splitlines()[-1])
    assert (status, imported) == (answered, FRAMEWORKS & set(modules))


@pytest.mark.parametrize("missing", [*[*SETTINGS][:3], "ORDERS_WEBHOOK_SECRET"])
def test_a_missing_variable_is_an_error_at_load(missing: str) -> None:
    variables = {name: value for name, value in {**VARIABLES, **SETTINGS}.items() if name != missing}
    result = subprocess.run(
        [sys.executable, "-c", "from verihook.main import services; services()"],
        cwd=ROOT / "handler",
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 1 == result.returncode
    line = result.stderr.splitlines()[-1]
    assert "ConfigurationError" in line
    assert missing in line
