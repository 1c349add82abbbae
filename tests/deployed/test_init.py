"""INIT does the work: an artifact's first events import nothing, and the log has what is wrong before the first event.

The emulator's log says where INIT ends. Python's own log of imports stands in it, so that nothing here depends on time.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.deployed.emulator import PYTHON, Deployment, _lambdas, built, function, post
from tests.deployed.events import ITEMS, delivery, http_event
from tests.deployed.test_artifact import authorization, aws, dynamodb_local
from tests.unit.adapters.aws.scripted import Scripted

__all__ = ["authorization", "aws", "dynamodb_local"]

INITIALISED = "INIT RTDONE(status: success)"

#: What a receiver has no need of, and INIT would take long to import. handler/bytecode.py is for the first two.
DEAR = {"dataclasses", "inspect", "boto3", "pydantic", "jsonschema", "cryptography", "http.client"}


def first(aws: Deployment, name: str, log: Path, *events: Any, **variables: str) -> tuple[list[int], str, str]:
    """The statuses of a cold function's first events, and its log before the end of INIT and after it."""
    properties = aws.stack.properties(name, "Handler", "Timeout", "MemorySize")
    environment = aws.cloud.environment(name) | {"AWS_ENDPOINT_URL": aws.gateway(name).url} | variables
    with function(built(name), properties, environment, aws.stack.name(name), log) as url:
        statuses = [post(url, event)["statusCode"] for event in events]
        before, found, after = log.read_text("utf-8").partition(INITIALISED)
    assert found, before[-2000:]
    return statuses, before, after


def imported(log: str) -> set[str]:
    """What Python said it imported, but for the runtime's own: it reads each event and writes each answer."""
    names = set(re.findall(r"^import '([\w.]+)'", log, re.MULTILINE))
    return {name for name in names if name.partition(".")[0] not in ("awslambdaric", "runtime_client", "encodings")}


def test_the_first_deliveries_of_an_artifact_import_nothing(aws: Deployment, tmp_path: Path) -> None:
    events = [delivery("evt_cold"), delivery("evt_cold"), delivery("evt_cold", "guess")]
    statuses, before, after = first(aws, "Receiver", tmp_path / "log", *events, PYTHONVERBOSE="1")
    assert [200, 200, 401] == statuses
    assert {"verihook.webhooks.receive", "verihook.adapters.ledgers.dynamodb", "jsonschema_rs"} <= imported(before)
    assert set() == imported(before) & DEAR
    # Lambda's runtime imports none of it either.
    assert "import 'encodings.idna'" not in before
    assert set() == imported(after)


def test_the_first_calls_of_an_artifact_import_nothing(
    aws: Deployment, authorization: dict[str, str], tmp_path: Path
) -> None:
    body = json.dumps({"input": {"orderId": "ord_4", "items": ITEMS}})
    begin = http_event("POST", "/v1/workflows/order-created/instances", body, authorization)
    events = [begin, http_event("GET", "/v1/instances", headers=authorization), delivery("evt_cold_api")]
    statuses, before, after = first(aws, "Api", tmp_path / "log", *events, PYTHONVERBOSE="1")
    assert [202, 200, 200] == statuses
    assert {"verihook.app", "fastapi", "verihook.dialects.dapr"} <= imported(before)
    assert set() == imported(after)


@pytest.mark.parametrize("name", ["Receiver", "Api"])
def test_connections_are_made_at_init(aws: Deployment, name: str, tmp_path: Path) -> None:
    with Scripted() as dynamodb, Scripted() as engine:
        at = {"AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url, "AWS_ENDPOINT_URL_SFN": engine.url}
        # Forged: it asks AWS for nothing.
        statuses, _, _ = first(aws, name, tmp_path / "log", delivery("evt_cold", "guess"), **at)
        assert [401] == statuses
        # The ledger is also asked for what is held. This one never answers, so that another connection is made.
        assert [(True, []), (True, [])] == [(each.connected(1) >= 1, each.requests) for each in (dynamodb, engine)]


@pytest.mark.parametrize("name", ["Receiver", "Api"])
def test_a_broken_configuration_is_told_at_init_and_once(aws: Deployment, name: str, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks.toml"
    hooks.write_text("[workflows.a]\nengine = 'function'\n")
    events = [delivery("evt_broken"), http_event("GET", "/"), {}]
    statuses, before, after = first(aws, name, tmp_path / "log", *events, VERIHOOK_HOOKS=str(hooks))
    assert [503, 503, 503] == statuses
    assert 1 == before.count('"detail":"hooks.toml: workflows.a.definition: is missing",')
    assert "workflows.a" not in after


#: What Lambda does around a snapshot, with its own module. Prints whether the services are others afterwards.
SNAPSHOT = """
import snapshot_restore_py
from verihook import main
before = main.services()
hooks = snapshot_restore_py.get_after_restore()
for hook, arguments, named in hooks:
    hook(*arguments, **named)
print(len(hooks), before is not main.services())
"""


@pytest.mark.parametrize("name", ["Receiver", "Api"])
def test_lambda_restores_an_artifact_by_its_own_hooks(aws: Deployment, name: str, tmp_path: Path) -> None:
    aws.invoke(name, http_event("GET", "/"))  # lays the runtime's folder out
    runtime = aws.folder / "runtime"
    result = subprocess.run(
        [str(PYTHON), "-S", "-c", SNAPSHOT],
        env={
            **aws.cloud.environment(name),
            **_lambdas(built(name), aws.stack.properties(name, "Timeout", "MemorySize"), name, runtime),
            "AWS_ENDPOINT_URL": aws.gateway(name).url,
            "PYTHONPATH": f"{built(name)}:{runtime}",
            "_HANDLER": aws.stack.properties(name, "Handler")["Handler"],
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 True\n" == result.stdout, result.stderr
