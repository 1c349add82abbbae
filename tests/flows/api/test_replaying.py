"""Deliveries are started again with the same input, byte for byte, and found by whatever is at hand."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.flows.api.parts import Client, Deployment
from tests.flows.api.test_deliveries import PUSH, deliver, keeping
from tests.flows.signing import github
from verihook.model.expression import Expression
from verihook.model.instance import Progress, execution_name, iso
from verihook.model.ports import Observation, Trace

#: Larger than a row takes.
LARGE = json.dumps({"items": list(range(60_000))}).encode()
FORM = urlencode({"payload": '{"n":  1}'}).encode()


@pytest.fixture
def inputs(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the engine was given, by the name of the execution."""
    given: dict[str, str] = {}
    start = deployed.engine.start

    def note(definition: str, name: str, input: str, connection: str | None = None) -> Any:
        given[name] = input
        return start(definition, name, input, connection)

    monkeypatch.setattr(deployed.engine, "start", note)
    return given


def came(deployed: Deployment, body: bytes) -> str:
    keeping(deployed, keep="full")
    headers = github(body, "d-1")
    if body is FORM:
        headers[0] = ("Content-Type", "application/x-www-form-urlencoded")
    return str(deliver(deployed, "github", body, headers)["instanceId"])


@pytest.mark.parametrize("body", [PUSH, FORM, LARGE], ids=["json", "form", "large"])
def test_the_same_instance_gets_another_attempt(
    deployed: Deployment, client: Client, inputs: dict[str, str], body: bytes
) -> None:
    delivery = came(deployed, body)
    answer = client.post(f"/v1/deliveries/{delivery}/replay")
    assert (202, delivery, 2) == (answer.status_code, answer.json()["instanceId"], answer.json()["attempt"])
    assert inputs[delivery] == inputs[execution_name(delivery, 2)]
    assert body == client.get(f"/v1/deliveries/{delivery}/body").content


@pytest.mark.parametrize("body", [PUSH, FORM, LARGE], ids=["json", "form", "large"])
def test_a_new_instance_is_linked(
    deployed: Deployment, client: Client, inputs: dict[str, str], body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = came(deployed, body)
    told: list[Trace] = []
    monkeypatch.setattr(deployed.services.telemetry, "delivery", told.append)
    answer = client.post(f"/v1/deliveries/{delivery}/replay", json={"asNew": True})
    again = answer.json()["instanceId"]
    assert (202, True) == (answer.status_code, again != delivery)
    if body is not LARGE:
        # The reference to a large input names the instance whose payload it is.
        assert inputs[delivery] == inputs[again]
    whole = client.get(f"/v1/deliveries/{again}").json()
    assert (delivery, "accepted", "push", "d-1") == (
        whole["replayOf"],
        whole["outcome"],
        whole["eventType"],
        whole["eventId"],
    )
    client.delete(f"/v1/instances/{delivery}?force=true")
    assert body == client.get(f"/v1/deliveries/{again}/body").content
    assert ["opened", "opened"] == [line.outcome for line in told]
    assert f"it was replayed as {again}" in str(told[0].detail)


def test_what_cannot_be_replayed(deployed: Deployment, client: Client) -> None:
    now = deployed.services.clock.now_ms()
    deployed.services.ledger.observe(Observation("rejected", "orders", "no-items", 1, now, now, "r"))
    client.post("/v1/workflows/free/instances", json={"id": "mine"})
    for unknown in ("mine", "no-such", f"rejected:{now // 3_600_000}:orders:no-items"):
        assert "delivery-not-found" == client.post(f"/v1/deliveries/{unknown}/replay").json()["code"], unknown
    delivery = came(deployed, PUSH)
    keyed = {scope: deployed.client(deployed.make_key(scope)) for scope in ("deliveries:read", "deliveries:body")}
    for scope, it in keyed.items():
        assert 403 == it.post(f"/v1/deliveries/{delivery}/replay").status_code, scope
    bound = deployed.client(deployed.make_key("deliveries:replay", workflows=["order"]))
    assert 404 == bound.post(f"/v1/deliveries/{delivery}/replay").status_code
    assert 422 == client.post(f"/v1/deliveries/{delivery}/replay", json={"as": 1}).status_code


def test_to_begin_its_instance_again_takes_the_right_to_manage(deployed: Deployment, client: Client) -> None:
    """A signed webhook made it: its output is not lost to a key that may replay, but to one that may restart, too."""
    delivery, now = came(deployed, PUSH), deployed.services.clock.now_ms()
    deployed.engine.finish(delivery, Progress("completed", '"kept"'), deployed.services)
    before = deployed.services.ledger.get(delivery, now)
    replaying = deployed.client(deployed.make_key("deliveries:replay"))
    refused = replaying.post(f"/v1/deliveries/{delivery}/replay")
    assert (403, "The API key lacks the scope instances:manage.") == (refused.status_code, refused.json()["detail"])
    assert 202 == replaying.post(f"/v1/deliveries/{delivery}/replay", json={"asNew": True}).status_code
    assert before == deployed.services.ledger.get(delivery, now)
    managing = deployed.client(deployed.make_key("deliveries:replay", "instances:manage"))
    assert 202 == managing.post(f"/v1/deliveries/{delivery}/replay").status_code


def test_who_may_read_no_instance_finds_deliveries_alone(deployed: Deployment, client: Client) -> None:
    delivery = came(deployed, PUSH)
    client.post("/v1/workflows/free/instances", json={"id": "mine", "tags": ["vip"]})
    reading = deployed.client(deployed.make_key("deliveries:read"))
    (found,) = reading.get("/v1/lookup?q=d-1").json()["found"]
    assert (None, delivery) == (found["instance"], found["delivery"]["instanceId"])
    for text in ("mine", "vip"):
        assert [] == reading.get(f"/v1/lookup?q={text}").json()["found"]


def test_it_is_found_by_whatever_is_at_hand(deployed: Deployment, client: Client) -> None:
    delivery = came(deployed, PUSH)
    start = {"id": "mine", "tags": ["vip"], "metadata": {"customer": "42"}}
    client.post("/v1/workflows/free/instances", json=start, headers={"idempotency-key": "order 42"})
    asked = {"d-1": ("event", delivery), delivery: ("instance", delivery), "r-github": ("request", delivery)}
    asked |= {
        "order 42": ("idempotency-key", "mine"),
        "mine": ("instance", "mine"),
        "vip": ("label", "mine"),
        "customer=42": ("label", "mine"),
    }
    for text, (by, instance_id) in asked.items():
        (found,) = client.get("/v1/lookup", params={"q": text}).json()["found"]
        assert (by, instance_id) == (found["by"], found["instance"]["instanceId"]), text
        assert (found["delivery"] is None) is (instance_id == "mine")
    deliver(deployed, "orders", b"{}", [])
    deployed.services.observer.flush()
    (refused,) = client.get("/v1/lookup?q=r-orders").json()["found"]
    assert ("request", None, "missing-header") == (refused["by"], refused["instance"], refused["delivery"]["reason"])
    for nothing in ("d-2", "nobody=1", "\u00e9", "x" * 300):
        assert [] == client.get("/v1/lookup", params={"q": nothing}).json()["found"]
    bound = deployed.client(deployed.make_key("deliveries:read", workflows=["order"]))
    for text in asked:
        assert [] == bound.get("/v1/lookup", params={"q": text}).json()["found"], text


def test_an_event_is_looked_up_by_one_read_a_source(
    deployed: Deployment, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    came(deployed, PUSH)
    reads: list[str] = []
    get = deployed.services.ledger.get

    def counted(instance_id: str, now_ms: int) -> Any:
        reads.append(instance_id)
        return get(instance_id, now_ms)

    monkeypatch.setattr(deployed.services.ledger, "get", counted)
    assert client.get("/v1/lookup?q=d-1").json()["found"]
    assert len(reads) == len(deployed.services.sources)


def test_an_event_that_was_only_counted_is_found_by_the_last_of_its_hour(deployed: Deployment, client: Client) -> None:
    keeping(deployed, types=("push",))
    for number in range(3):
        deliver(deployed, "github", PUSH, github(PUSH, f"d-{number}", "issues"))
    deployed.services.observer.flush()
    (found,) = client.get("/v1/lookup?q=d-2").json()["found"]
    told = found["delivery"]
    assert ("event", None, "ignored", 3) == (found["by"], found["instance"], told["outcome"], told["count"])
    assert ("d-2", "issues") == (told["eventId"], told["eventType"])
    assert [] == client.get("/v1/lookup?q=d-1").json()["found"]
    counted = [client.get(f"/v1/deliveries?type={kind}").json()["deliveries"] for kind in ("iss*", "push")]
    assert [["d-2"], []] == [[each["eventId"] for each in found] for found in counted]
    bound = deployed.client(deployed.make_key("deliveries:read", workflows=["order"]))
    assert [] == bound.get("/v1/lookup?q=d-2").json()["found"]


def test_an_event_that_is_not_wanted_need_not_have_an_id(deployed: Deployment, client: Client) -> None:
    keeping(deployed, types=("push",))
    headers = [pair for pair in github(PUSH, "d-1", "issues") if pair[0] != "X-GitHub-Delivery"]
    assert {"ignored": "issues"} == deliver(deployed, "github", PUSH, headers)
    deployed.services.observer.flush()
    (found,) = client.get("/v1/deliveries").json()["deliveries"]
    assert (None, "issues") == (found["eventId"], found["eventType"])


def test_an_event_that_was_deleted_says_so(deployed: Deployment, client: Client) -> None:
    delivery = came(deployed, PUSH)
    before = iso(deployed.services.clock.now_ms())
    client.delete("/v1/deliveries?source=github&eventId=d-1&force=true")
    for text, by in (("d-1", "event"), (delivery, "instance")):
        (found,) = client.get(f"/v1/lookup?q={text}").json()["found"]
        assert (by, None, None) == (found["by"], found["instance"], found["delivery"])
        assert before <= found["deletedAt"] <= iso(deployed.services.clock.now_ms())
        bound = deployed.client(deployed.make_key("deliveries:read", workflows=["order"]))
        assert [] == bound.get(f"/v1/lookup?q={text}").json()["found"]


def test_a_new_one_has_the_labels_of_the_first(deployed: Deployment, client: Client) -> None:
    keeping(deployed, metadata={"branch": Expression("metadata", "ref")})
    delivery = deliver(deployed, "github", PUSH, github(PUSH, "d-1"))["instanceId"]
    client.post(f"/v1/deliveries/{delivery}/replay", json={"asNew": True})
    found = client.get("/v1/instances?metadata.branch=refs/heads/main").json()["instances"]
    assert (2, {"branch": "refs/heads/main"}) == (len(found), found[0]["metadata"])
