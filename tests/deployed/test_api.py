"""The API as built, with real events: keys, starts, lists, what is done to instances, a dialect, deliveries."""

from __future__ import annotations

import base64
import gzip
import re
from typing import Any

import pytest

from tests.deployed.emulator import FEEDS, Deployment
from tests.deployed.events import ITEMS, delivery, execution_event, http_event
from tests.deployed.rights import check
from tests.deployed.rows import accepted, approval, asked, callback, eventually, ledger, row, started
from tests.flows.deployment import VARIABLES

ORDER = {"orderId": "ord_2", "items": ITEMS}
APPROVAL = {"orderId": "ord_3", "amount": 5}
LARGE = "x" * 300_000

Key = dict[str, str]


@pytest.mark.parametrize(
    ("target", "status"),
    [("/", 200), ("/docs", 200), ("/v1.0/metadata", 200), ("/health", 200), ("/v1/instances", 401)],
)
def test_who_has_no_key_sees_what_is_open_and_makes_no_call(target: str, status: int, aws: Deployment) -> None:
    aws.invoke("Api", http_event("GET", "/"))  # the first reads the instance key and the sources' secrets
    made = len(aws.gateway("Api").made)
    answer = aws.invoke("Api", http_event("GET", target))
    assert status == answer["statusCode"], answer
    assert made == len(aws.gateway("Api").made)


def test_the_page_of_the_api_and_all_that_it_loads(aws: Deployment) -> None:
    page = aws.invoke("Api", http_event("GET", "/docs"))["body"]
    loaded = re.findall(r'="(docs/[^"]+)"', page)
    assert 3 == len(loaded)
    for asset in loaded:
        answer = aws.invoke("Api", http_event("GET", f"/{asset}", headers={"accept-encoding": "gzip"}))
        assert (200, True) == (answer["statusCode"], answer["isBase64Encoded"])
        assert gzip.decompress(base64.b64decode(answer["body"]))
    opened = http_event("GET", "/", headers={"accept": "text/html"})
    assert 'href="docs"' in aws.invoke("Api", opened)["body"]
    assert "ApiUrl" in aws.invoke("Receiver", opened)["body"]


def test_health_in_depth_asks_ledger_and_engines(aws: Deployment, authorization: Key) -> None:
    status, told = asked(aws, "GET", "/health", authorization)
    assert 200 == status, told


def test_keys_are_made_listed_rotated_and_revoked(aws: Deployment, authorization: Key) -> None:
    status, made = asked(aws, "POST", "/v1/keys", authorization, {"name": "second", "scopes": ["instances:read"]})
    assert 201 == status, made
    status, listed = asked(aws, "GET", "/v1/keys", authorization)
    assert (200, 2) == (status, len(listed["keys"]))
    key_id = made["id"] if "id" in made else made["keyId"]
    assert 2 == asked(aws, "POST", f"/v1/keys/{key_id}/rotate", authorization, {})[0] // 100
    assert 2 == asked(aws, "DELETE", f"/v1/keys/{key_id}", authorization)[0] // 100


def test_a_start_is_listed_by_whatever_it_is_looked_for(aws: Deployment, authorization: Key) -> None:
    labels = {"tags": ["red"], "metadata": {"customer": "c1"}}
    keyed = authorization | {"idempotency-key": "once"}
    instance_id = started(aws, "order-created", keyed, ORDER, **labels)
    assert instance_id == started(aws, "order-created", keyed, ORDER, **labels)
    for query in (
        "",
        "workflow=order-created",
        "workflow=order-created&status=queued",
        "tag=red",
        "metadata.customer=c1",
    ):
        status, listed = asked(aws, "GET", f"/v1/instances?{query}", authorization)
        assert 200 == status, listed
        assert instance_id in [each["instanceId"] for each in listed["instances"]], query
    status, listed = asked(aws, "GET", "/v1/instances?source=orders", authorization)
    assert 200 == status, listed
    done = aws.stack.arn("OrderCreated"), instance_id, "SUCCEEDED"
    eventually(lambda: asked(aws, "GET", f"/v1/instances/{instance_id}/steps", authorization)[1]["steps"])
    status, definition = asked(aws, "GET", "/v1/workflows/order-created/definition", authorization)
    assert (200, True) == (status, "States" in definition["machine"])
    details: Any = {"output": "{}", "outputDetails": {"included": True}}
    aws.invoke("Recorder", execution_event(*done, **details))
    assert "completed" == row(aws, instance_id).status


def test_a_batch_is_started(aws: Deployment, authorization: Key) -> None:
    batch = {"instances": [{"id": f"batch-{number}", "input": ORDER} for number in range(3)]}
    status, answer = asked(aws, "POST", "/v1/workflows/order-log/instances:batch", authorization, batch)
    assert 2 == status // 100, answer
    assert "queued" == row(aws, "batch-2").status


def test_a_dialect_starts_and_reads(aws: Deployment, authorization: Key) -> None:
    target = "/v1.0/workflows/dapr/order-log/start?instanceID=dapr1"
    status, answer = asked(aws, "POST", target, authorization, ORDER)
    assert (202, "dapr1") == (status, answer["instanceID"])
    status, answer = asked(aws, "GET", "/v1.0/workflows/dapr/dapr1", authorization)
    assert 200 == status, answer


def test_it_takes_deliveries(aws: Deployment) -> None:
    assert 401 == aws.invoke("Api", delivery("evt_api", "guess"))["statusCode"]
    instance_id = accepted(aws, "evt_api", face="Api")
    assert instance_id == accepted(aws, "evt_api", face="Api")
    accepted(aws, "evt_api_old", "rotated", secret=VARIABLES["GITHUB_WEBHOOK_SECRET"], face="Api")
    (seen,) = ledger(aws).observations("previous-secret", "rotated", 10)
    assert 1 == seen.count


def test_refusals_are_listed(aws: Deployment, authorization: Key) -> None:
    assert 200 == asked(aws, "GET", "/v1/rejections", authorization)[0]
    assert 200 == asked(aws, "GET", "/v1/sources", authorization)[0]


@pytest.mark.parametrize(("workflow", "content"), [("order-review", ORDER), ("order-approval", APPROVAL)])
def test_all_that_can_be_done_to_an_instance(workflow: str, content: Any, aws: Deployment, authorization: Key) -> None:
    instance_id = started(aws, workflow, authorization, content)
    where = f"/v1/instances/{instance_id}"
    for act in ("suspend", "resume", "restart", "terminate"):
        status, answer = asked(aws, "POST", f"{where}/{act}", authorization, {})
        assert 2 == status // 100, (act, answer)
    for look in ("", "/steps", "/attempts", "/events", "/result"):
        status, answer = asked(aws, "GET", where + look, authorization)
        assert 2 == status // 100, (look, answer)
    assert "terminated" == row(aws, instance_id).status
    assert 2 == asked(aws, "DELETE", where, authorization)[0] // 100


def test_a_state_machine_waits_for_an_event_by_way_of_the_worker(aws: Deployment, authorization: Key) -> None:
    instance_id = started(aws, "order-review", authorization, ORDER)
    where = f"/v1/instances/{instance_id}/events"
    eventually(lambda: asked(aws, "GET", where, authorization)[1]["events"])
    status, answer = asked(aws, "POST", f"{where}/approved", authorization, {"approved": True})
    assert 2 == status // 100, answer
    assert [] == asked(aws, "GET", where, authorization)[1]["events"]


def test_a_durable_function_gets_the_event_that_it_waits_for(aws: Deployment, authorization: Key, lambdas: Any) -> None:
    instance_id, arn = approval(aws, authorization, lambdas)
    token = eventually(lambda: callback(lambdas, arn))
    assert aws.invoke(FEEDS, {"await": {"execution": instance_id, "name": "approved", "token": token}}) is None
    status, answer = asked(aws, "POST", f"/v1/instances/{instance_id}/events/approved", authorization, {"by": "me"})
    assert 2 == status // 100, answer
    eventually(lambda: lambdas.get_durable_execution(DurableExecutionArn=arn)["Status"] == "SUCCEEDED")
    # It has ended, of which the ledger has not heard: the engine is asked.
    assert 409 == asked(aws, "POST", f"/v1/instances/{instance_id}/suspend", authorization, {})[0]


def test_a_state_machine_is_redriven(aws: Deployment, authorization: Key) -> None:
    instance_id = started(aws, "order-review", authorization, ORDER)
    where = f"/v1/instances/{instance_id}"
    assert 2 == asked(aws, "POST", f"{where}/terminate", authorization, {})[0] // 100
    status, answer = asked(aws, "POST", f"{where}/redrive", authorization, {})
    assert 2 == status // 100, answer


def test_a_large_input_is_kept_apart_read_and_deleted(aws: Deployment, authorization: Key) -> None:
    instance_id = started(aws, "order-log", authorization, ORDER | {"notes": LARGE})
    assert any(instance_id in path for path in aws.cloud.bucket.objects)
    status, told = asked(aws, "GET", f"/v1/instances/{instance_id}", authorization)
    assert (200, LARGE) == (status, told["input"]["notes"])
    assert 2 == asked(aws, "POST", f"/v1/instances/{instance_id}/terminate", authorization, {})[0] // 100
    assert 2 == asked(aws, "DELETE", f"/v1/instances/{instance_id}", authorization)[0] // 100
    assert not any(instance_id in path for path in aws.cloud.bucket.objects)


def test_every_right_is_used_or_listed(aws: Deployment, request: pytest.FixtureRequest) -> None:
    check("Api", aws, request)
