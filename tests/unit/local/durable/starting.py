"""Starts an execution as AWS's clients do."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from tests.flows.waiting import PATIENCE_S
from verihook.local.durable import DurableRunner


def start(runner: DurableRunner, workflow: str, name: str, event: dict[str, Any]) -> int:
    """Return the status: 202 if it is accepted."""
    connection = http.client.HTTPConnection(urlsplit(runner.endpoint_url).netloc, timeout=PATIENCE_S)
    headers = {"X-Amz-Invocation-Type": "Event", "X-Amz-Durable-Execution-Name": name}
    connection.request("POST", f"/2015-03-31/functions/{workflow}/invocations", json.dumps(event), headers)
    status = connection.getresponse().status
    connection.close()
    return status
