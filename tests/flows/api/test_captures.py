"""Capture windows: whole refused requests, at most twenty rows whatever comes, and no secret among them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.flows.api.parts import Client, Deployment, assert_memory_stays
from tests.flows.api.test_deliveries import PUSH, deliver, keeping
from tests.flows.signing import github
from verihook.model.ports import Document
from verihook.request import Request
from verihook.webhooks.captures import MOST_BODY
from verihook.webhooks.receive import receive

CAPTURES = "/v1/sources/github/captures"
LIST = "/v1/deliveries?outcome=captured"


def refuse(deployed: Deployment, body: bytes = PUSH, *more: tuple[str, str]) -> None:
    deliver(deployed, "github", body, [*github(body, "d-1", secret="another"), *more])


def noticed(deployed: Deployment) -> None:
    """The counts are written, and windows looked for."""
    refuse(deployed)
    deployed.services.observer.flush()


def test_a_refused_request_is_kept_whole(deployed: Deployment, client: Client) -> None:
    refuse(deployed)
    answer = client.post(CAPTURES, json={"minutes": 5, "samples": 3})
    assert (201, "github", 3, []) == (
        answer.status_code,
        *(answer.json()[it] for it in ("source", "samples", "reasons")),
    )
    refuse(deployed)
    assert [] == client.get(LIST).json()["deliveries"]
    noticed(deployed)
    canaries = [("Cookie", "canary"), ("Authorization", "canary"), ("X-Odd", "canary"), ("User-Agent", "curl/8")]
    refuse(deployed, PUSH, *canaries)
    (found,) = client.get(LIST).json()["deliveries"]
    assert ("captured", "signature-mismatch", "github", "r-github") == (
        found["outcome"],
        found["reason"],
        found["source"],
        found["requestId"],
    )
    one = client.get(f"/v1/deliveries/{found['id']}").json()
    headers = {each["name"]: each["value"] for each in one["headers"]}
    assert ("curl/8", "push", "/hooks/github") == (headers["user-agent"], headers["x-github-event"], one["path"])
    assert {"length": len(PUSH), "sha256": None, "kept": True} == one["body"]
    assert PUSH == client.get(f"/v1/deliveries/{found['id']}/body").content
    kept = deployed.services.documents.all(f"captures#github#{found['id'].split(':')[2]}", 50, 0)
    for text in (json.dumps(one), *(each.text for each in kept)):
        assert "canary" not in text
        assert dict(github(PUSH, "d-1", secret="another"))["X-Hub-Signature-256"] not in text
    assert "delivery-not-found" == client.post(f"/v1/deliveries/{found['id']}/replay").json()["code"]


def test_forged_requests_make_twenty_rows_at_most(
    deployed: Deployment, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 201 == client.post(CAPTURES).status_code
    noticed(deployed)
    writes: list[Any] = []
    add = deployed.services.observer._capture._documents.add  # type: ignore[attr-defined]

    def counted(partition: str, document: Document, now_ms: int) -> Document | None:
        writes.append(document)
        return add(partition, document, now_ms)

    monkeypatch.setattr(deployed.services.observer._capture._documents, "add", counted)  # type: ignore[attr-defined]

    def forge(times: int) -> None:
        for number in range(times):
            headers = (("x-hub-signature-256", f"sha256={number:064x}"), (f"x-odd-{number}", "v" * 500))
            receive(Request("POST", "/hooks/github", "", headers, b"x" * 500, f"r{number}"), deployed.services)

    assert_memory_stays(forge)
    assert 20 == len(writes)
    assert 20 == len(client.get(LIST).json()["deliveries"])


def test_another_reason_a_closed_window_and_a_long_body(deployed: Deployment, client: Client) -> None:
    client.post(CAPTURES, json={"reasons": ["missing-header"]})
    noticed(deployed)
    refuse(deployed)
    assert [] == client.get(LIST).json()["deliveries"]
    long = b"x" * (MOST_BODY + 1)
    deliver(deployed, "github", long, [])
    (found,) = client.get(LIST).json()["deliveries"]
    one = client.get(f"/v1/deliveries/{found['id']}").json()
    assert {"length": len(long), "sha256": None, "kept": False} == one["body"]
    assert 404 == client.get(f"/v1/deliveries/{found['id']}/body").status_code
    window = deployed.services.observer._capture  # type: ignore[attr-defined]
    window.look(deployed.services.clock.now_ms() + 11 * 60_000)
    deliver(deployed, "github", PUSH, [])
    assert 1 == len(client.get(LIST).json()["deliveries"])


def test_of_a_body_that_was_not_read_to_its_end_no_part_is_kept(deployed: Deployment, client: Client) -> None:
    keeping(deployed, max_body=20)
    client.post(CAPTURES, json={})
    noticed(deployed)
    deliver(deployed, "github", b"x" * 21, [("Content-Length", "5000")])
    (found,) = client.get(LIST).json()["deliveries"]
    one = client.get(f"/v1/deliveries/{found['id']}").json()
    assert {"length": 5000, "sha256": None, "kept": False} == one["body"]


def test_an_id_of_any_length_is_looked_for_by_no_longer_key(
    deployed: Deployment, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DynamoDB refuses a key of more than 2,048 bytes, which would be a defect of ours."""
    asked: list[str] = []
    read = deployed.services.documents.read

    def noted(partition: str, name: str, now_ms: int) -> Any:
        asked.append(partition)
        return read(partition, name, now_ms)

    monkeypatch.setattr(deployed.services.documents, "read", noted)
    for id in (f"captured:{'x' * 3_000}:1:01", "captured:github:1:01"):
        assert "delivery-not-found" == client.get(f"/v1/deliveries/{id}").json()["code"]
    assert ["captures#github"] == [each for each in asked if each.startswith("captures#")]


def test_who_may_open_one(deployed: Deployment, client: Client) -> None:
    assert 404 == client.post("/v1/sources/none/captures").status_code
    # A ledger takes neither a text of any length nor half a character.
    texts: list[dict[str, Any]] = [{"reasons": [text]} for text in ("", "x" * 101, "\ud800", "two words")]
    for wrong in ({"minutes": 61}, {"minutes": 0}, {"samples": 21}, {"days": 1}, *texts):
        kind = {"content-type": "application/json"}
        assert 422 == client.post(CAPTURES, content=json.dumps(wrong), headers=kind).status_code, wrong
    bound = deployed.client(deployed.make_key("deliveries:body", "deliveries:read", workflows=["order"]))
    assert 404 == bound.post(CAPTURES).status_code
    assert 403 == deployed.client(deployed.make_key("deliveries:read")).post(CAPTURES).status_code
    client.post(CAPTURES)
    noticed(deployed)
    refuse(deployed)
    assert [] == bound.get(LIST).json()["deliveries"]
    assert 1 == len(client.get(LIST).json()["deliveries"])
