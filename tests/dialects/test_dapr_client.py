"""The HTTP workflow client of @dapr/dapr, unmodified, does all that it can."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.dialects.programs import NODE, clients, program, run
from tests.dialects.server import Served


@pytest.mark.in_turn
@pytest.mark.parametrize("auth", ["served", "closed"])
def test_the_client_of_dapr(auth: str, request: pytest.FixtureRequest) -> None:
    server: Served = request.getfixturevalue(auth)
    scopes = ("workflows:execute", "instances:read", "instances:manage", "events:send")
    seen = drive(server, "any-token" if auth == "served" else server.key(*scopes))
    assert seen["state"]["workflowName"] == "echo"
    assert seen["state"]["runtimeStatus"] == "COMPLETED"
    assert json.loads(seen["state"]["properties"]["dapr.workflow.output"]) == {"name": "Zoë"}
    assert seen["taken"]["status"] == 500
    assert json.loads(seen["taken"]["error_msg"])["errorCode"] == "ERR_START_WORKFLOW"
    assert (seen["paused"], seen["resumed"], seen["terminated"]) == ("SUSPENDED", "RUNNING", "TERMINATED")
    assert seen["purged"]["status"] == 404


def drive(server: Served, token: str) -> Any:
    """What the client saw."""
    folder = clients()
    # A module finds its imports beside itself.
    script = shutil.copy(NODE / "dapr.cjs", folder / "dapr.cjs")
    address = [str(server.client.base_url.host), str(server.client.base_url.port)]
    return json.loads(run([program("node"), str(script), *address, token]).splitlines()[-1])
