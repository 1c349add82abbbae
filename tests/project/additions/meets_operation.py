"""Run by tests/project/test_additions.py in a tree whose API has the operation ``getEcho``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.api.parts import Deployment, deployment

PATH = "/v1/instances/{instanceId}/echo"


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployment]:
    with deployment(tmp_path) as made:
        yield made


def test_it_answers_and_refuses_as_every_operation_does(deployed: Deployment) -> None:
    client = deployed.client()
    path = PATH.format(instanceId=client.post("/v1/workflows/free/instances").json()["instanceId"])
    assert len(client.get(f"{path}?times=2").json()["echo"]) == 2
    assert client.get(f"{path}?times=9").json()["code"] == "input-invalid"
    assert client.get(f"{path}?tmies=2").json()["code"] == "request-invalid"
    assert client.post(path).status_code == 405
    assert deployed.client("").get(path).status_code == 401


def test_openapi_tells_of_it(deployed: Deployment) -> None:
    told = deployed.app.openapi()["paths"][PATH]["get"]
    assert (told["operationId"], told["summary"], told["description"]) == ("getEcho", "Say it back", "So many times.")
    assert {"bearer": ["instances:read"]} in told["security"]
    assert {each["name"] for each in told["parameters"]} == {"instanceId", "times"}
