"""The functions as they were built, with the shipped hooks.toml; the other files here add what an operator may."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest

from tests.adapters.dynamodb_local import dynamodb_local
from tests.deployed.emulator import DEADLINE, PYTHON, Deployment, built, deployed
from tests.deployed.events import ITEMS, delivery, http_event, now_ms
from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments, DynamoDbLedger
from verihook.instances import api_keys
from verihook.model.instance import Instance

__all__ = ["dynamodb_local"]

SCOPES = ["workflows:execute", "workflows:read", "instances:read"]


@pytest.fixture(scope="module")
def aws(dynamodb_local: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(dynamodb_local, tmp_path_factory.mktemp("artifact")) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def authorization(aws: Deployment) -> dict[str, str]:
    """The header with the first API key, which is written into the ledger as `verihook keys create` does it."""
    _, secret = api_keys.create("artifact", SCOPES, DynamoDbDocuments(aws.cloud.dynamodb, aws.cloud.table), now_ms())
    return {"authorization": f"Bearer {secret}"}


def accepted(aws: Deployment, event_id: str) -> str:
    """The id of an instance that the receiver has started."""
    answer = aws.invoke("Receiver", delivery(event_id))
    body = json.loads(answer["body"])
    assert (200, "running") == (answer["statusCode"], body["status"]), answer
    return str(body["instanceId"])


def row(aws: Deployment, instance_id: str) -> Instance:
    found = DynamoDbLedger(aws.cloud.dynamodb, aws.cloud.table).get(instance_id, now_ms())
    assert found is not None
    return found


def rows(aws: Deployment) -> int:
    return int(aws.cloud.dynamodb.scan(TableName=aws.cloud.table, Select="COUNT")["Count"])


def test_the_receiver_takes_a_signed_delivery_once_and_no_forged_one(aws: Deployment) -> None:
    before = rows(aws)
    forged = aws.invoke("Receiver", delivery("evt_1", "guess"))
    assert 401 == forged["statusCode"], forged
    assert before == rows(aws)

    instance_id = accepted(aws, "evt_1")
    assert before + 1 == rows(aws)

    again = aws.invoke("Receiver", delivery("evt_1"))
    assert (200, True) == (again["statusCode"], json.loads(again["body"])["duplicate"]), again
    assert before + 1 == rows(aws)

    status = aws.invoke("Receiver", http_event("GET", f"/hooks/orders?instanceId={instance_id}"))
    # The row is written before the start; "running" is what the first event makes of it.
    assert (200, "queued") == (status["statusCode"], json.loads(status["body"])["status"]), status


@pytest.mark.parametrize(
    ("target", "status"), [("/", 200), ("/docs", 200), ("/v1.0/metadata", 200), ("/v1/instances", 401)]
)
def test_the_api_answers_without_a_key(target: str, status: int, aws: Deployment) -> None:
    answer = aws.invoke("Api", http_event("GET", target))
    assert status == answer["statusCode"], answer


def test_the_api_starts_and_lists_with_a_key(aws: Deployment, authorization: dict[str, str]) -> None:
    body = json.dumps({"input": {"orderId": "ord_2", "items": ITEMS}})
    started = aws.invoke("Api", http_event("POST", "/v1/workflows/order-created/instances", body, authorization))
    assert 202 == started["statusCode"], started

    listed = aws.invoke("Api", http_event("GET", "/v1/instances?workflow=order-created", headers=authorization))
    assert 200 == listed["statusCode"], listed
    found = [each["instanceId"] for each in json.loads(listed["body"])["instances"]]
    assert json.loads(started["body"])["instanceId"] in found


#: Durable function -> the modules that its invocations import, those at need included.
MODULES = {
    "OrderApproval": "workflows.order_approval, verihook.instances",
    "ProcessOrderFunction": "workflows.process_order, verihook.bootstrap",
}


@pytest.mark.parametrize("name", MODULES)
def test_an_artifact_has_all_that_its_function_imports(name: str) -> None:
    # Nothing but the artifact and Python itself can be imported.
    python = [str(PYTHON), "-I", "-S", "-c"]
    program = f"import sys; sys.path.insert(0, {str(built(name))!r}); import {MODULES[name]}"
    done = subprocess.run([*python, program], capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert 0 == done.returncode, done.stderr
