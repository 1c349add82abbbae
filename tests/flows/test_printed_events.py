"""``verihook event``: what it prints is accepted by the function that it is for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.flows.conftest import AwsFace
from tests.flows.deployment import VARIABLES, write
from tests.flows.signing import order
from tests.flows.test_entries import answers
from tests.unit.working import working
from verihook import cli
from verihook.cli.lambda_shapes import HTTP
from verihook.config import load_hooks
from verihook.webhooks.feeds import handle

FED = """
[sources.fed]
sender = "github"
secrets = ["env:GITHUB_WEBHOOK_SECRET"]
workflow = "w"
feed = "{arn}"

[sources.events]
sender = "cloudevents"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "w"

[workflows.w]
engine = "function"
definition = "w"
"""

ARNS = {
    "sqs": "arn:aws:sqs:eu-central-1:123456789012:orders",
    "sns": "arn:aws:sns:eu-central-1:123456789012:orders",
    "eventbridge": "arn:aws:events:eu-central-1:123456789012:rule/orders",
}


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)


def printed(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    capsys.readouterr()
    assert cli.main(["event", *map(str, arguments)]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def body(tmp_path: Path) -> Path:
    path = tmp_path / "order.json"
    path.write_bytes(order())
    return path


@pytest.fixture
def fed(tmp_path: Path) -> Path:
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "w.py").write_text("def run(event, context):\n    return event\n")
    return tmp_path / "hooks.toml"


@pytest.mark.parametrize("shape", HTTP)
@pytest.mark.parametrize("source", ["orders", "echoed", "guarded"])
def test_both_functions_accept_each_shape_of_http(
    aws_face: AwsFace, tmp_path: Path, body: Path, capsys: pytest.CaptureFixture[str], source: str, shape: str
) -> None:
    hooks = write(tmp_path)
    event = printed(capsys, source, body, "--shape", shape, "--hooks", hooks)
    assert answers(event) == [(200, None), (200, None)]
    forged = printed(capsys, source, body, "--shape", shape, "--hooks", hooks, "--tamper", "body")
    assert answers(forged) == [(401, "signature")] * 2


@pytest.mark.parametrize("shape", ARNS)
def test_a_message_is_taken_by_its_source(
    tmp_path: Path, fed: Path, body: Path, capsys: pytest.CaptureFixture[str], shape: str
) -> None:
    fed.write_text(FED.format(arn=ARNS[shape]))
    options = ["--hooks", fed, "--id", "e1", "--type", "push"]
    event = printed(capsys, "fed", body, "--shape", shape, *options)
    with working(tmp_path, {"w": lambda event, context: event}, sources=load_hooks(fed).sources) as w:
        handle(event, w.services)
        (trace,) = w.told.deliveries
        assert ("accepted", "push") == (trace.outcome, trace.event_type)
        if shape != "eventbridge":
            # A bus carries no headers, in which this sender has its id.
            assert trace.event_id == "e1"


def test_a_cloud_event_is_structured_and_signed(
    fed: Path, body: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    fed.write_text(FED.format(arn=ARNS["sqs"]))
    event = printed(
        capsys, "events", body, "--shape", "cloudevents", "--hooks", fed, "--id", "e1", "--type", "order.made"
    )
    assert event["headers"]["content-type"] == "application/cloudevents+json"
    content = json.loads(event["body"])
    assert ("e1", "order.made", json.loads(body.read_bytes())) == (content["id"], content["type"], content["data"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fed", "--shape", "sns"], "sources.fed.feed: must be an ARN that begins with arn:aws:sns:"),
        (["fed", "--shape", "cloudevents"], "github sends no CloudEvents"),
        (["unknown"], "sources: must be one of"),
        (["fed", "--shape", "carrier-pigeon"], "must be one of function-url"),
    ],
)
def test_what_cannot_be_carried_is_said(
    fed: Path, body: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    fed.write_text(FED.format(arn=ARNS["sqs"]))

    def run() -> object:
        try:
            return cli.main(["event", arguments[0], str(body), *arguments[1:], "--hooks", str(fed)])
        except SystemExit as ended:
            return ended.code

    assert run() == 2
    assert said in capsys.readouterr().err
