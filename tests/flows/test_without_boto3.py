"""A process that takes webhooks imports neither boto3 nor what is in botocore, whatever comes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from tests.flows.conftest import AwsFace
from tests.flows.deployment import ROOT
from tests.flows.faces import Headers, function_url_event
from tests.flows.signing import order, x_signature

PROGRAM = """
import json, sys
from verihook.main import receive
answers = [receive(event, None) for event in json.load(sys.stdin)]
answers.append(receive({**json.loads(sys.argv[1]), "rawQueryString": answers[0]["headers"]["location"].partition("?")[2]}, None))
print(json.dumps([[[answer["statusCode"], json.loads(answer["body"])] for answer in answers], sorted(sys.modules)]))
"""  # noqa: E501


def event(method: str, target: str, headers: Headers, body: bytes = b"") -> dict[str, Any]:
    return function_url_event(method, target, headers, body)


def test_the_receiver(aws_face: AwsFace) -> None:
    body, large = order(), order(note=os.urandom(9_000).hex())
    deliveries = [
        event("POST", "/hooks/orders", x_signature(body), body),
        event("POST", "/hooks/orders", x_signature(body), body),
        event("POST", "/hooks/orders", x_signature(body, "a stranger's"), body),
        # A payload is kept in S3; a restart stops what runs.
        event("POST", "/hooks/orders", x_signature(large), large),
        *[event("POST", "/hooks/restarting", x_signature(body), body)] * 2,
    ]
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(event("GET", "/", []))],
        input=json.dumps(deliveries),
        cwd=ROOT / "handler",
        env={**os.environ, "_HANDLER": "verihook.main.receive"},
        capture_output=True,
        text=True,
        check=True,
    )
    answers, modules = json.loads(result.stdout.splitlines()[-1])
    assert [200, 200, 401, 200, 200, 200, 200] == [status for status, _ in answers]
    assert [False, True] == [content["duplicate"] for _, content in answers[:2]]
    assert ["running", "running"] == [content["status"] for _, content in answers[:5:3]]
    assert {"verihook.adapters.aws.s3", "verihook.adapters.engines.stepfunctions"} <= set(modules)
    # Powertools asks whether there is a botocore, and takes nothing of it.
    assert [] == [name for name in modules if name.split(".")[0] == "boto3" or name.startswith("botocore.")]
