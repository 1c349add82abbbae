"""What a cold start of the receiver costs: no framework, no scheme and no client of AWS that it does not need."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.flows.deployment import ROOT, VARIABLES
from tests.flows.faces import function_url_event
from tests.flows.secret_store import INSTANCE_KEY_ARN, SECRETS_ARN, SecretStore
from tests.flows.signing import order, x_signature

FRAMEWORKS = {
    "fastapi",
    "starlette",
    "mangum",
    "pydantic",
    "jsonschema",
    "jsonschema_rs",
    "cryptography",
    "nacl",
    "uvicorn",
    "moto",
    "httpx",
}

SETTINGS = {
    "VERIHOOK_TABLE": "table",
    "VERIHOOK_INSTANCE_KEY_ARN": INSTANCE_KEY_ARN,
    "VERIHOOK_SECRETS": SECRETS_ARN,
    "VERIHOOK_STATE_MACHINE_PREFIX": "arn:aws:states:us-east-1:123456789012:stateMachine:",
    "VERIHOOK_FUNCTION_PREFIX": "verihook-",
    "VERIHOOK_PAYLOADS": "payloads-bucket",
    "POWERTOOLS_METRICS_NAMESPACE": "Verihook",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    # Nothing listens there: the ledger is down.
    "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9",
}

#: Rooms of the package that a delivery never enters, and engines and stores that this one has not come to.
ROOMS = {
    "verihook.api",
    "verihook.app",
    "verihook.cli",
    "verihook.client",
    "verihook.dialects",
    "verihook.adapters.engines.durable",
    "verihook.local",
    "verihook.adapters.payloads.s3",
    "verihook.webhooks.feeds",
    "verihook.worker",
    # Of sources that have an entry.
    "verihook.webhooks.entering",
    "verihook.adapters.entry_function",
    "verihook.config.entry_files",
}


@pytest.fixture(scope="module")
def settings() -> Iterator[dict[str, str]]:
    """The environment of a function, whose secrets are at hand."""
    with SecretStore() as store:
        yield {**SETTINGS, "AWS_ENDPOINT_URL_SECRETS_MANAGER": store.url}


PROGRAM = """
import json, sys
from verihook import bootstrap
clients, make = [], bootstrap.client_of
def noted(name, *arguments, **options):
    clients.append(name)
    return make(name, *arguments, **options)
bootstrap.client_of = noted
from verihook.main import receive
answer = receive(json.loads(sys.stdin.read()), None)
print(json.dumps([answer["statusCode"], sorted(sys.modules), clients]))
"""


@pytest.mark.parametrize(
    ("secret", "status", "imported", "made"),
    [
        ("a stranger's", 401, set(), ["secretsmanager", "dynamodb"]),
        # The first that needs the workflow's JSON Schema and its engine; then the ledger is asked, which is down.
        (VARIABLES["ORDERS_WEBHOOK_SECRET"], 503, {"jsonschema_rs"}, ["secretsmanager", "dynamodb", "stepfunctions"]),
    ],
)
def test_the_receive_entry(
    secret: str, status: int, imported: set[str], made: list[str], settings: dict[str, str]
) -> None:
    body = order()
    event = function_url_event("POST", "/hooks/orders", x_signature(body, secret), body)
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(event),
        cwd=ROOT / "handler",
        env=settings,
        capture_output=True,
        text=True,
        check=True,
    )
    answered, modules, clients = json.loads(result.stdout.splitlines()[-1])
    assert (status, imported) == (answered, FRAMEWORKS & set(modules))
    assert set() == ROOMS & set(modules)
    # Neither those of the other engines nor that of large payloads.
    assert made == clients


@pytest.mark.parametrize("missing", [name for name in SETTINGS if name.startswith("VERIHOOK_")])
def test_a_missing_variable_is_an_error_at_load(missing: str, settings: dict[str, str]) -> None:
    variables = {name: value for name, value in settings.items() if name != missing}
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
