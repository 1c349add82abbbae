"""What was not accepted: counted with a sample of the last one, and forged traffic writes nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.flows.api.parts import Client, Deployment, assert_memory_stays
from tests.flows.api.test_deliveries import PUSH, deliver, keeping
from tests.flows.signing import github, stripe
from verihook.model.ports import Observation
from verihook.request import Request
from verihook.webhooks.receive import receive


def seen(client: Client, deployed: Deployment, **asked: str) -> list[dict[str, Any]]:
    """What is listed once the counts are written, each as it is opened."""
    deployed.services.observer.flush()
    found = client.get("/v1/deliveries", params=asked).json()["deliveries"]
    return [client.get(f"/v1/deliveries/{each['id']}").json() for each in found]


def test_a_refusal_says_what_was_wrong_with_the_last_one(deployed: Deployment, client: Client) -> None:
    keeping(deployed, workflow="order")
    for number in range(3):
        deliver(
            deployed, "github", PUSH, [*github(PUSH, f"d-{number}"), ("User-Agent", "shop/1"), ("Cookie", "canary")]
        )
    (found,) = seen(client, deployed, outcome="rejected")
    assert ("github", "input-invalid", 3, "/hooks/github", "application/json", "shop/1") == (
        found["source"],
        found["reason"],
        found["count"],
        found["path"],
        found["contentType"],
        found["agent"],
    )
    assert "is a required property" in found["detail"]
    assert {"x-hub-signature-256", "user-agent", "cookie"} < {*found["headerNames"]}
    assert ([], {"length": len(PUSH), "sha256": None, "kept": False}) == (found["headers"], found["body"])
    assert "canary" not in json.dumps(found)


@pytest.mark.parametrize("late", [-400, 400])
def test_how_far_the_clocks_are_apart(deployed: Deployment, client: Client, late: int) -> None:
    body = b'{"id": "evt_1", "type": "x"}'
    now = deployed.services.clock.now_ms() // 1000
    deliver(deployed, "stripe", body, stripe(body, now - late))
    (found,) = seen(client, deployed, reason="timestamp-outside-tolerance")
    words = "seconds before our time" if late > 0 else "seconds after our time"
    assert words in found["detail"]
    assert "300 seconds are allowed" in found["detail"]


def test_which_header_is_missing(deployed: Deployment, client: Client) -> None:
    deliver(deployed, "github", PUSH, github(PUSH, "d-1")[:1])
    (found,) = seen(client, deployed, reason="missing-header")
    assert "there is no x-hub-signature-256" == found["detail"]


def test_a_mistyped_path_is_found(deployed: Deployment, client: Client) -> None:
    client.post("/hooks/oders", content=PUSH)
    (found,) = seen(client, deployed, reason="source-not-found")
    # Its body was not read.
    assert (None, "/hooks/oders", len(PUSH)) == (found["source"], found["path"], found["body"]["length"])


def test_duplicates_and_ignored_are_counted_with_their_last_time(deployed: Deployment, client: Client) -> None:
    keeping(deployed, types=("push",))
    for _ in range(4):
        deliver(deployed, "github", PUSH, github(PUSH, "d-1"))
    for number in range(2):
        deliver(deployed, "github", PUSH, github(PUSH, f"p-{number}", "ping"))
    found = seen(client, deployed, source="github")
    assert {"accepted": 1, "duplicate": 3, "ignored": 2} == {each["outcome"]: each["count"] for each in found}
    (ignored,) = (each for each in found if each["outcome"] == "ignored")
    assert "types: ping is not among them" == ignored["detail"]


@pytest.mark.parametrize("keep", ["facts", "full"])
def test_the_body_of_a_changed_redelivery(deployed: Deployment, client: Client, keep: str) -> None:
    keeping(deployed, keep=keep)
    deliver(deployed, "github", PUSH, github(PUSH, "d-1"))
    changed = b'{"ref": "refs/heads/other"}'
    deliver(deployed, "github", changed, github(changed, "d-1"))
    (found,) = seen(client, deployed, outcome="changed")
    answer = client.get(f"/v1/deliveries/{found['id']}/body")
    if keep == "full":
        assert (200, changed) == (answer.status_code, answer.content)
    else:
        assert 404 == answer.status_code


def test_ten_thousand_forgeries_write_the_counts_alone(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a minute: nothing; then a row for each source and reason. Memory does not grow with them."""
    writes: list[Observation] = []
    monkeypatch.setattr(deployed.services.ledger, "observe", writes.append)
    monkeypatch.setattr(deployed.services.ledger, "claim", writes.append)
    monkeypatch.setattr(deployed.services.documents, "add", writes.append)

    def forge(times: int) -> None:
        for number in range(times):
            headers = (("x-signature", f"{number:064x}"), (f"x-odd-{number}", "v" * 500))
            request = Request("POST", "/hooks/orders", "", headers, b"x" * 2000, f"r{number}")
            assert 401 == receive(request, deployed.services).status

    assert_memory_stays(forge)
    assert len(writes) <= 1
    deployed.services.observer.flush()
    assert sum(each.count for each in writes) == 10_000
    assert len(writes) <= 2
