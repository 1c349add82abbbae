"""docs/operations.md says what each fault looks like: the list, then one delivery of it. Here each is walked."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.flows.api.parts import Client, Deployment
from tests.flows.api.test_deliveries import PUSH, deliver, keeping
from tests.flows.deployment import ROOT
from tests.flows.signing import github, stripe
from verihook.adapters.telemetry.console import ConsoleTelemetry
from verihook.adapters.telemetry.json_lines import JsonLinesTelemetry
from verihook.cli.rejections import meaning
from verihook.model.source import Source
from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.handshake import HandshakeContext
from verihook.webhooks.receive import receive

PAGE = (ROOT / "docs" / "operations.md").read_text()
ROWS = PAGE[PAGE.index("### In two steps") : PAGE.index("### Answers")]

Fault = Callable[[Deployment], None]


def wrong_secret(deployed: Deployment) -> None:
    deliver(deployed, "github", PUSH, [*github(PUSH, "d-1", secret="another"), ("User-Agent", "GitHub-Hookshot/1")])


def stale(deployed: Deployment) -> None:
    body = b'{"id": "evt_1", "type": "x"}'
    deliver(deployed, "stripe", body, stripe(body, deployed.services.clock.now_ms() // 1000 - 1000))


def filtered(deployed: Deployment) -> None:
    keeping(deployed, types=("push",))
    deliver(deployed, "github", PUSH, github(PUSH, "d-1", "ping"))


def duplicate(deployed: Deployment) -> None:
    keeping(deployed)
    for _ in range(2):
        deliver(deployed, "github", PUSH, github(PUSH, "d-1"))


def changed(deployed: Deployment) -> None:
    keeping(deployed)
    for body in (PUSH, PUSH + b" ", b"[]"):
        deliver(deployed, "github", body, github(body, "d-1"))


def against_the_schema(deployed: Deployment) -> None:
    keeping(deployed, workflow="order")
    deliver(deployed, "github", PUSH, github(PUSH, "d-1"))


def malformed(deployed: Deployment) -> None:
    keeping(deployed)
    deliver(deployed, "github", b"{", github(b"{", "d-1"))


def too_large(deployed: Deployment) -> None:
    keeping(deployed, max_body=10)
    deliver(deployed, "github", PUSH, github(PUSH, "d-1"))


def mistyped(deployed: Deployment) -> None:
    deliver(deployed, "gihub", PUSH, github(PUSH, "d-1"))


def paused(deployed: Deployment) -> None:
    keeping(deployed, workflow="paused", on_paused="refuse")
    deliver(deployed, "github", PUSH, github(PUSH, "d-1"))


def held(deployed: Deployment) -> None:
    keeping(deployed, workflow="paused", on_paused="hold")
    deliver(deployed, "github", PUSH, github(PUSH, "d-1"))


def refused(deployed: Deployment) -> None:
    workflows = deployed.services.workflows
    assert isinstance(workflows, dict)
    workflows["free"] = replace(workflows["free"], refusal="free.asl.json: States.A: it calls what is not here")
    keeping(deployed)
    deliver(deployed, "github", PUSH, github(PUSH, "d-1"))


def rewritten(deployed: Deployment) -> None:
    deliver(deployed, "github", json.dumps(json.loads(PUSH)).encode() + b"\n", [*github(PUSH, "d-1"), ("Via", "1.1 p")])


def made_here(deployed: Deployment) -> None:
    """The server says which sources have a secret that it has made, in the line of each delivery that they refuse."""
    for kind, words in (
        (ConsoleTelemetry, "(its secret was made here)"),
        (JsonLinesTelemetry, '"secretMadeHere":true'),
    ):
        log = io.StringIO()
        services = replace(deployed.services, telemetry=kind(log, made={"github"}))
        wrong_secret(Deployment(services, deployed.engine))
        assert words in log.getvalue()


def handshake_failed(deployed: Deployment) -> None:
    meta, sources, handshakes = load_sender("meta"), deployed.services.sources, deployed.services.handshakes
    assert isinstance(sources, dict)
    assert isinstance(handshakes, dict)
    assert meta.handshake is not None
    sources["meta"] = Source("meta", meta, (), "free", parameters={"verify_token": "env:TOKEN"})
    context = HandshakeContext((), sources["meta"].parameters, lambda _: ("right",), lambda *_: None)
    handshakes["meta"] = meta.handshake.bind(context)
    query = "hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1"
    receive(Request("GET", "/hooks/meta", query, (("user-agent", "facebook"),), b"", "r-meta"), deployed.services)


#: What is wrong -> what makes it so, the outcome and the reason in the list, and what the one has, by member.
FAULTS: dict[str, tuple[Fault, str, str | None, dict[str, Any]]] = {
    "the secret is another one": (wrong_secret, "rejected", "signature-mismatch", {"agent": "GitHub-Hookshot/1"}),
    "the secret was made here, by `make run`": (
        made_here,
        "rejected",
        "signature-mismatch",
        {"agent": "GitHub-Hookshot/1"},
    ),
    "the handshake failed": (handshake_failed, "rejected", "verify-token-mismatch", {"path": "/hooks/meta"}),
    "it is stale, or a clock is wrong": (
        stale,
        "rejected",
        "timestamp-outside-tolerance",
        {"detail": "seconds before our time; 300 seconds are allowed"},
    ),
    "it is filtered": (filtered, "ignored", None, {"detail": "types: ping is not among them"}),
    "it was delivered before": (duplicate, "duplicate", None, {"instanceId": ""}),
    "it was delivered before with another body": (changed, "changed", None, {"instanceId": ""}),
    "it does not satisfy the schema": (
        against_the_schema,
        "rejected",
        "input-invalid",
        {"detail": "required property"},
    ),
    "it is malformed": (malformed, "rejected", "event-malformed", {"detail": "not JSON"}),
    "it is too large": (too_large, "rejected", "body-too-large", {"detail": "10 bytes"}),
    "the URL is mistyped": (mistyped, "rejected", "source-not-found", {"path": "/hooks/gihub"}),
    "the workflow is paused": (paused, "rejected", "not-active", {"detail": "Current status: paused"}),
    "its machine cannot run the workflow": (refused, "accepted", None, {"status": "suspended"}),
    "a proxy has changed the body": (rewritten, "rejected", "signature-mismatch", {"headerNames": "via"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_is_answered_in_two_steps(deployed: Deployment, client: Client, fault: str) -> None:
    make, outcome, reason, has = FAULTS[fault]
    make(deployed)
    deployed.services.observer.flush()
    listed = client.get("/v1/deliveries").json()["deliveries"]
    (found,) = (each for each in listed if each["outcome"] == outcome)
    assert reason == found["reason"]
    one = client.get(f"/v1/deliveries/{found['id']}").json()
    for member, words in has.items():
        assert one[member] is not None
        assert words in one[member], one[member]
    (row,) = (line for line in ROWS.splitlines() if line.startswith(f"| {fault} |"))
    assert f"`{outcome}`" in row
    assert reason is None or f"`{reason}`" in row
    assert reason is None or meaning(reason)


def test_what_a_paused_workflow_holds(deployed: Deployment, client: Client) -> None:
    held(deployed)
    (found,) = client.get("/v1/deliveries").json()["deliveries"]
    assert ("accepted", "suspended") == (found["outcome"], found["status"])
    error = client.get(f"/v1/deliveries/{found['id']}").json()["error"]
    assert ("WorkflowPaused", "Its workflow is paused; it starts when the workflow is active.") == (
        error["code"],
        error["message"],
    )
    assert f"`error`: `{error['code']}`" in ROWS


def test_every_row_is_walked() -> None:
    rows = [line.split("|")[1].strip() for line in ROWS.splitlines() if line.startswith("| ")]
    assert {*rows} - {"what is wrong"} == {*FAULTS}
