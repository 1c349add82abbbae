"""``POST /v1/sources/S/test``: the server plays the sender, and says what was expected and what became of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.flows.api.parts import SECRETS, Client, Deployment, deployment
from tests.flows.api.test_deliveries import keeping
from verihook.model.policy import Policy
from verihook.model.ports import Trace

KINDS = ("signed", "tampered", "wrong-secret", "stale", "unsigned", "duplicate", "malformed")


def playable(made: Deployment) -> Deployment:
    """With an engine for what the source ``stripe`` starts."""
    workflows: Any = made.services.workflows
    workflows["stripe-event"] = replace(workflows["stripe-event"], engine="stepfunctions")
    return made


@pytest.fixture
def deployed(deployed: Deployment) -> Deployment:
    return playable(deployed)


def tried(client: Client, source: str = "stripe", **wanted: Any) -> dict[str, Any]:
    answer = client.post(f"/v1/sources/{source}/test", json=wanted)
    assert 200 == answer.status_code, answer.text
    content: dict[str, Any] = answer.json()
    return content


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_ends_as_expected(deployed: Deployment, client: Client, kind: str) -> None:
    found = tried(client, kind=kind)
    assert found["asExpected"], found
    outcome = {"signed": "accepted", "duplicate": "duplicate"}.get(kind, "rejected")
    status = 401 if outcome == "rejected" else 200
    assert (outcome, status) == (found["got"]["outcome"], found["got"]["status"])
    assert (outcome == "rejected") == (found["got"]["instanceId"] is None)


@pytest.mark.parametrize("kind", ["signed", "tampered", "duplicate"])
def test_its_delivery_is_found_and_marked(client: Client, kind: str) -> None:
    got = tried(client, kind=kind)["got"]
    one = client.get(f"/v1/deliveries/{got['deliveryId']}")
    assert 200 == one.status_code
    assert (True, got["outcome"], got["requestId"]) == tuple(one.json()[it] for it in ("test", "outcome", "requestId"))
    assert one.json()["id"] in [it["id"] for it in client.get("/v1/deliveries").json()["deliveries"] if it["test"]]


def test_a_delivery_of_a_stranger_is_not_marked(deployed: Deployment, client: Client) -> None:
    body, headers = b"{}", {"x-verihook-test": "1", "test": "true"}
    client.post("/hooks/stripe", content=body, headers=headers)
    deployed.services.observer.flush()
    (found,) = client.get("/v1/deliveries?source=stripe").json()["deliveries"]
    assert found["test"] is False


def test_neither_secret_nor_signature_is_in_any_answer_or_log(
    deployed: Deployment, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    traces: list[Trace] = []
    monkeypatch.setattr(type(deployed.services.telemetry), "delivery", lambda _, trace: traces.append(trace))
    told = [json.dumps(tried(client, kind=kind)) for kind in KINDS]
    for each in client.get("/v1/deliveries").json()["deliveries"]:
        told.append(client.get(f"/v1/deliveries/{each['id']}").text)
        if each["instanceId"]:
            told.append(client.get(f"/v1/instances/{each['instanceId']}").text)
    signatures = {value for trace in traces if trace.request for value in trace.request.values("stripe-signature")}
    assert len([each for each in signatures if "v1=" in each]) >= 5
    for text in told:
        assert SECRETS["STRIPE_WEBHOOK_SECRET"] not in text
        assert not [each for each in signatures if "v1=" in each and each.rpartition("v1=")[2] in text]


def test_a_body_that_is_given_is_sent_as_it_is(client: Client) -> None:
    body = '{"id": "evt_1",  "type": "invoice.paid"}'
    found = tried(client, kind="signed", body=body)
    assert (body, "evt_1", "invoice.paid") == (
        found["sent"]["body"],
        found["got"]["eventId"],
        found["got"]["eventType"],
    )
    malformed = tried(client, kind="signed", body="{")
    assert (False, "event-malformed", 400) == (
        malformed["asExpected"],
        malformed["got"]["reason"],
        malformed["got"]["status"],
    )


def test_without_a_body_the_sample_of_the_sender_is_sent_each_time_as_another_event(client: Client) -> None:
    first, second = (tried(client, kind="signed") for _ in range(2))
    assert "checkout.session" in first["sent"]["body"]
    assert ("accepted", "accepted") == (first["got"]["outcome"], second["got"]["outcome"])
    assert first["got"]["eventId"] != second["got"]["eventId"]
    assert "checkout.session" in client.get("/v1/sources/stripe").json()["example"]["body"]


def test_an_example_satisfies_the_schema_of_the_workflow(client: Client) -> None:
    assert tried(client, "orders", kind="signed")["got"]["outcome"] == "accepted"


def test_a_bound_key_tries_its_own_alone(deployed: Deployment) -> None:
    keeping(deployed)
    own = deployed.client(deployed.make_key("sources:test", workflows=["free"]))
    assert 200 == own.post("/v1/sources/github/test", json={"kind": "unsigned"}).status_code
    assert 404 == own.post("/v1/sources/stripe/test").status_code
    assert 404 == own.post("/v1/sources/none/test").status_code


def test_in_aws_it_is_confirmed_with_the_name_of_the_workflow(tmp_path: Path) -> None:
    with deployment(tmp_path, local=False) as aws:
        client = playable(aws).client()
        for confirm in ({}, {"confirm": "stripe"}):
            refused = client.post("/v1/sources/stripe/test", json=confirm)
            assert 400 == refused.status_code
            assert "confirm: must be 'stripe-event'" in refused.json()["detail"]
        assert 0 == aws.engine.starts
        assert tried(client, kind="signed", confirm="stripe-event")["asExpected"]


def test_it_takes_one_of_the_starts_of_a_minute(tmp_path: Path) -> None:
    with deployment(tmp_path, Policy(starts_per_minute=1)) as scarce:
        client = playable(scarce).client()
        assert [200, 429] == [client.post("/v1/sources/stripe/test").status_code for _ in range(2)]


def test_what_cannot_be_tried(client: Client) -> None:
    stale = client.post("/v1/sources/github/test", json={"kind": "stale"})
    assert (400, True) == (stale.status_code, "signs no time" in stale.json()["detail"])
    assert 422 == client.post("/v1/sources/github/test", json={"kind": "signed?"}).status_code


def test_how_a_source_stands(deployed: Deployment, client: Client) -> None:
    before = client.get("/v1/sources/stripe").json()
    assert (None, None, 0) == (before["lastAcceptedAt"], before["lastRefused"], before["day"]["accepted"])
    for kind in ("signed", "duplicate", "tampered"):
        tried(client, kind=kind)
    found = client.get("/v1/sources/stripe").json()
    assert (
        {"accepted": 2, "duplicate": 1, "rejected": 1, "ignored": 0, "atLeast": False} == found["hour"] == found["day"]
    )
    assert found["lastAcceptedAt"] is not None
    assert "signature-mismatch" == found["lastRefused"]["reason"]
    assert "HMAC-SHA256 of {timestamp}.{body} as hex in Stripe-Signature, ±300 s" == found["scheme"]
    assert ("http://test/hooks/stripe", True, None) == (found["url"], found["usable"], found["handshake"])
    assert [{"reference": "env:STRIPE_WEBHOOK_SECRET", "until": None, "ended": False}] == found["secrets"]
    assert ("Stripe", 20) == (found["behaviour"]["title"], found["behaviour"]["timeoutSeconds"])
    assert set(KINDS) == set(found["kinds"])
    assert SECRETS["STRIPE_WEBHOOK_SECRET"] not in json.dumps(found)
    assert 404 == client.get("/v1/sources/none").status_code
    assert 404 == deployed.client(deployed.make_key(workflows=["order"])).get("/v1/sources/stripe").status_code
