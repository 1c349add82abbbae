"""Deliveries through the API: found, opened and given back byte for byte; a bound key sees its own alone."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.flows.api.parts import Client, Deployment
from tests.flows.signing import github
from verihook.model.instance import Progress
from verihook.model.ports import Observation, Trace
from verihook.request import Request
from verihook.senders.each import Each
from verihook.webhooks.receive import receive

ORDER = (
    b'{"id": "evt_1",  "type": "order.created", "orderId": "1042", "items": [], "customer": {"email": "a@b.example"}}'
)
PUSH = b'{"ref": "refs/heads/main"}'
COOKIE = ("Cookie", "canary-cookie")


def keeping(deployed: Deployment, **fields: Any) -> None:
    """The source ``github`` keeps so, and starts the workflow ``free``, which takes any input, if no other is given."""
    sources = deployed.services.sources
    assert isinstance(sources, dict)
    sources["github"] = replace(sources["github"], **{"workflow": "free", "types": (), **fields})


def deliver(deployed: Deployment, source: str, body: bytes, headers: list[tuple[str, str]]) -> dict[str, Any]:
    sent = tuple((name.lower(), value) for name, value in headers)
    reply = receive(Request("POST", f"/hooks/{source}", "", sent, body, f"r-{source}"), deployed.services)
    content: dict[str, Any] = json.loads(reply.body)
    return content


def test_a_delivery_is_found_and_opened(deployed: Deployment, client: Client) -> None:
    keeping(deployed)
    taken = deliver(deployed, "github", PUSH, [*github(PUSH, "d-1"), COOKIE, ("User-Agent", "GitHub-Hookshot/1")])
    (found,) = client.get("/v1/deliveries").json()["deliveries"]
    assert (taken["instanceId"], "github", "accepted", "push", "d-1", "r-github", "free", 1) == (
        found["id"],
        found["source"],
        found["outcome"],
        found["eventType"],
        found["eventId"],
        found["requestId"],
        found["workflow"],
        found["count"],
    )
    whole = client.get(f"/v1/deliveries/{found['id']}").json()
    assert found == {name: whole[name] for name in found}
    assert ("/hooks/github", "current", None) == (whole["path"], whole["verifiedBy"], whole["replayOf"])
    headers = {each["name"]: each["value"] for each in whole["headers"]}
    assert {
        "content-type",
        "x-hub-signature-256",
        "x-github-delivery",
        "x-github-event",
        "user-agent",
    } == headers.keys()
    assert headers["x-hub-signature-256"].startswith("sha256:")
    assert {"length": len(PUSH), "sha256": hashlib.sha256(PUSH).hexdigest(), "kept": True} == whole["body"]


@pytest.mark.parametrize("keep", ["facts", "full"])
def test_the_very_bytes_come_back(deployed: Deployment, client: Client, keep: str) -> None:
    """JSON is the input as it stands; of a form they are kept only with ``full``."""
    keeping(deployed, keep=keep)
    form = urlencode({"payload": PUSH.decode()}).encode()
    signed = [("Content-Type", "application/x-www-form-urlencoded"), *github(form, "d-2")[1:]]
    ids = [
        deliver(deployed, "github", PUSH, github(PUSH, "d-1"))["instanceId"],
        deliver(deployed, "github", form, signed)["instanceId"],
    ]
    first, second = (client.get(f"/v1/deliveries/{each}/body") for each in ids)
    assert (200, PUSH, "application/json") == (first.status_code, first.content, first.headers["x-content-type"])
    assert ("application/octet-stream", "nosniff", 'attachment; filename="body"') == (
        first.headers["content-type"],
        first.headers["x-content-type-options"],
        first.headers["content-disposition"],
    )
    facts = client.get(f"/v1/deliveries/{ids[1]}").json()["body"]
    assert {"length": len(form), "sha256": hashlib.sha256(form).hexdigest(), "kept": keep == "full"} == facts
    if keep == "full":
        assert (200, form) == (second.status_code, second.content)
    else:
        assert (404, "delivery-not-found") == (second.status_code, second.json()["code"])
        assert 'set keep = "full" in its source' in second.json()["detail"]


def test_who_reads_a_body_is_in_the_log(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    keeping(deployed)
    taken = deliver(deployed, "github", PUSH, github(PUSH, "d-1"))
    told: list[Trace] = []
    monkeypatch.setattr(deployed.services.telemetry, "delivery", told.append)
    key = deployed.make_key("deliveries:body")
    assert 200 == deployed.client(key).get(f"/v1/deliveries/{taken['instanceId']}/body").status_code
    (line,) = told
    assert ("opened", "github", taken["instanceId"]) == (line.outcome, line.source, line.instance_id)
    assert line.detail is not None
    assert line.detail.startswith("its body was read by key ")


def test_nothing_is_kept_or_no_longer(deployed: Deployment, client: Client) -> None:
    keeping(deployed, keep="none")
    none = deliver(deployed, "github", PUSH, github(PUSH, "d-1"))["instanceId"]
    whole = client.get(f"/v1/deliveries/{none}").json()
    assert ([], None, None) == (whole["headers"], whole["body"], whole["requestId"])
    assert 404 == client.get(f"/v1/deliveries/{none}/body").status_code


def test_what_was_not_accepted_is_counted(deployed: Deployment, client: Client) -> None:
    now = deployed.services.clock.now_ms()
    seen = Observation("rejected", "orders", "signature-mismatch", 3, now - 5, now, "r9")
    deployed.services.ledger.observe(seen)
    (found,) = client.get("/v1/deliveries?outcome=rejected&reason=signature-mismatch").json()["deliveries"]
    assert ("orders", "rejected", "signature-mismatch", 3, "r9", None) == (
        found["source"],
        found["outcome"],
        found["reason"],
        found["count"],
        found["requestId"],
        found["instanceId"],
    )
    assert found == {name: client.get(f"/v1/deliveries/{found['id']}").json()[name] for name in found}
    assert 404 == client.get(f"/v1/deliveries/{found['id']}/body").status_code
    for unknown in ("rejected:1:orders:x", "other:1:a:b", "accepted:x", "a-webhook-nobody-sent", "rejected:"):
        assert "delivery-not-found" == client.get(f"/v1/deliveries/{unknown}").json()["code"], unknown


def test_pages_merge_both_and_filters_leave_out(deployed: Deployment, client: Client) -> None:
    # A ping is the sender's test, and no event unless it is named.
    keeping(deployed, types=("ping", "push"))
    for number in range(5):
        deliver(deployed, "github", PUSH, github(PUSH, f"d-{number}", "push" if number % 2 else "ping"))
        time.sleep(0.002)
        now = deployed.services.clock.now_ms()
        deployed.services.ledger.observe(Observation("rejected", "github", f"no-{number}", 1, now, now, "r"))
        time.sleep(0.002)
    whole = client.get("/v1/deliveries").json()
    outcomes = [each["outcome"] for each in whole["deliveries"]]
    assert (["rejected", "accepted"] * 5, None) == (outcomes, whole["cursor"])
    paged, cursor, pages = [], None, 0
    while True:
        page = client.get("/v1/deliveries", params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        paged += page["deliveries"]
        pages, cursor = pages + 1, page["cursor"]
        if cursor is None:
            break
    assert whole["deliveries"] == paged
    assert pages <= 5
    pings = client.get("/v1/deliveries?type=pi*&source=github").json()["deliveries"]
    assert ["ping"] * 3 == [each["eventType"] for each in pings]
    assert [] == client.get("/v1/deliveries?source=orders").json()["deliveries"]
    middle = whole["deliveries"][4]["at"]
    older = client.get("/v1/deliveries", params={"to": middle}).json()["deliveries"]
    newer = client.get("/v1/deliveries", params={"from": middle}).json()["deliveries"]
    assert whole["deliveries"] == newer + older
    assert "request-invalid" == client.get("/v1/deliveries?cursor=AAAA").json()["code"]
    assert 422 == client.get("/v1/deliveries?outcome=lost").status_code


def test_a_bound_key_sees_its_own_alone(deployed: Deployment, client: Client) -> None:
    keeping(deployed)
    taken = deliver(deployed, "github", PUSH, github(PUSH, "d-1"))["instanceId"]
    now = deployed.services.clock.now_ms()
    for source in ("orders", "github", "gone"):
        deployed.services.ledger.observe(Observation("rejected", source, "signature-mismatch", 1, now, now, "r1"))
    scopes = ("deliveries:read", "deliveries:body")
    bound = deployed.client(deployed.make_key(*scopes, workflows=["order-created"]))
    sources = [
        sorted({each["source"] for each in it.get("/v1/deliveries").json()["deliveries"]}) for it in (client, bound)
    ]
    assert [["github", "gone", "orders"], ["orders"]] == sources
    for path in (taken, f"{taken}/body", f"rejected:{now // 3_600_000}:github:signature-mismatch"):
        assert "delivery-not-found" == bound.get(f"/v1/deliveries/{path}").json()["code"], path
    assert 200 == bound.get(f"/v1/deliveries/rejected:{now // 3_600_000}:orders:signature-mismatch").status_code


def test_what_a_caller_started_is_no_delivery(client: Client) -> None:
    client.post("/v1/workflows/free/instances", json={"id": "mine"})
    assert "delivery-not-found" == client.get("/v1/deliveries/mine").json()["code"]
    assert [] == client.get("/v1/deliveries").json()["deliveries"]


def test_why_one_waits_or_has_failed(deployed: Deployment, client: Client) -> None:
    """What a workflow has raised is for who may read instances; why Verihook lets one wait is for all who see it."""
    keeping(deployed)
    failed = deliver(deployed, "github", PUSH, github(PUSH, "d-1"))["instanceId"]
    deployed.engine.finish(failed, Progress("failed", error="KeyError", cause="'total'"), deployed.services)
    keeping(deployed, workflow="paused", on_paused="hold")
    held = deliver(deployed, "github", PUSH, github(PUSH, "d-2"))["instanceId"]
    reading = deployed.client(deployed.make_key("deliveries:read"))
    raised = {"code": "KeyError", "message": "'total'"}
    for caller, words in ((client, raised), (reading, None)):
        for found in (
            caller.get(f"/v1/deliveries/{failed}").json(),
            caller.get("/v1/deliveries").json()["deliveries"][1],
            caller.get("/v1/lookup?q=d-1").json()["found"][0]["delivery"],
        ):
            assert ("failed", words, False) == (found["status"], found["error"], found["held"])
        waiting = caller.get(f"/v1/deliveries/{held}").json()
        assert ("suspended", "WorkflowPaused", True) == (waiting["status"], waiting["error"]["code"], waiting["held"])


def test_the_body_of_a_changed_delivery_of_several_events_is_kept(deployed: Deployment, client: Client) -> None:
    sender = deployed.services.sources["github"].sender
    keeping(deployed, keep="full", sender=replace(sender, places=replace(sender.places, each=Each(((("events",),),)))))
    bodies = [b'{"events": [{"n": 1}]}', b'{"events": [{"n": 2}]}']
    for body in bodies:
        deliver(deployed, "github", body, github(body, "d-1"))
    deployed.services.observer.flush()
    (changed,) = client.get("/v1/deliveries?outcome=changed").json()["deliveries"]
    assert bodies[1] == client.get(f"/v1/deliveries/{changed['id']}/body").content


def test_of_a_changed_redelivery_no_long_body_is_kept(deployed: Deployment, client: Client) -> None:
    """The observation that has it is one row, and counts go on."""
    keeping(deployed, keep="full")
    bodies = [json.dumps({"n": secrets.token_hex(length)}).encode() for length in (8, 4_000, 40_000)]
    kept = []
    for body in bodies:
        deliver(deployed, "github", body, github(body, "d-1"))
        deployed.services.observer.flush()
        listed = client.get("/v1/deliveries?outcome=changed").json()["deliveries"]
        kept += [(each["count"], client.get(f"/v1/deliveries/{each['id']}/body").status_code) for each in listed]
    assert [(1, 200), (2, 404)] == kept
