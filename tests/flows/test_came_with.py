"""What came beside the body reaches the workflow, on three engines, by both carriers; what may be secret never does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows import signing
from tests.flows.asking import asking, write_workflows
from tests.flows.deployment import SECRET, VARIABLES
from tests.flows.faces import run_key, serving
from tests.flows.signing import new_id
from tests.flows.workshop import Api
from tests.unit.carriers import QUEUE, queued
from tests.unit.working import working
from verihook.instances.reconcile import reconcile
from verihook.model.source import Source
from verihook.senders import load_sender
from verihook.webhooks.feeds import take_messages
from verihook.worker.work import run_try

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TRACE_ID = TRACE[3:35]
ENGINES = {"called": "function", "waiting": "durable", "asking": "stepfunctions"}

CALLED = """
from verihook.authoring import delivery_of


def run(event, context):
    facts = delivery_of(context)
    assert (context.source, context.event_type, context.event_id) == (facts.source, facts.type, facts.id)
    assert context.headers == facts.headers
    return {"facts": [facts.source, facts.type, facts.id, dict(facts.headers)], "input": event}
"""

WAITING = """
from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import Duration
from verihook.authoring import delivery_of, read_input


@durable_execution
def handler(event, context):
    context.wait(Duration.from_seconds(1), name="Rest")
    facts = delivery_of(context)
    return {"facts": [facts.source, facts.type, facts.id, dict(facts.headers)], "input": read_input(event)}
"""

ASKING = asking(
    "delivery", {"facts": ["{% $given.source %}", "{% $given.type %}", "{% $given.id %}", "{% $given.headers %}"]}
)

SOURCE = """
[sources.{name}]
sender = "github"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "{name}"
pass_headers = ["X-Region", "X-Long"]
keep = "none"

[workflows.{name}]
engine = "{engine}"
definition = "{name}"
"""

EXPRESSIONS = """
[sources.told]
sender = "shopify"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "called"
when = "header('X-Shopify-Shop-Domain') == 'a.myshopify.com' && event_type() == 'orders/create'"
transform = "{shop: header('x-shopify-shop-domain'), hmac: header('x-shopify-hmac-sha256'), by: source(), n: n}"
"""


def write(folder: Path) -> Path:
    hooks = write_workflows(folder, CALLED, WAITING, ASKING)
    sources = [SOURCE.format(name=name, engine=engine) for name, engine in ENGINES.items()]
    hooks.write_text("".join([*sources, EXPRESSIONS]))
    return hooks


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("came-with")
    with serving(folder / "data", VARIABLES, "--hooks", str(write(folder))) as server:
        api = Api(server.url, server.data, run_key(server.data))
        with api.http:
            yield api


def output(api: Api, id: str) -> Any:
    found = api.until(id)
    assert found["status"] == "completed", found
    return found["output"]


@pytest.mark.parametrize("workflow", ENGINES)
def test_the_workflow_has_it_and_a_restart_keeps_it(api: Api, workflow: str) -> None:
    delivery, content = new_id(), {"facts": ["victim"], "delivery": {"headers": {"x": "y"}}, "source": "victim"}
    body = json.dumps(content).encode()
    more = [
        ("traceparent", TRACE),
        ("X-Region", "eu"),
        ("X-Region", "us"),
        ("X-Long", "x" * 1025),
        ("Authorization", "Bearer canary"),
        ("Cookie", "canary=1"),
        ("X-GitHub-Hook-ID", "7"),
        ("X-Other", "canary"),
    ]
    headers = [*signing.github(body, delivery, "issues", secret=SECRET), *more]
    reply = api.http.post(f"/hooks/{workflow}", content=body, headers=headers)
    assert 200 == reply.status_code
    passed = {"traceparent": TRACE, "x-github-event": "issues", "x-github-hook-id": "7", "x-region": "eu"}
    expected = {"facts": [workflow, "issues", delivery, passed], "input": content}
    id = reply.json()["instanceId"]
    assert expected == output(api, id)
    # A redelivery with other headers changes nothing.
    again = api.http.post(f"/hooks/{workflow}", content=body, headers=[*headers[:4], ("X-Region", "other")])
    assert again.json()["duplicate"]
    assert 200 == api.act(id, "restart").status_code
    assert (2, expected) == (api.until(id)["attempt"], output(api, id))
    told = api.http.get(f"/v1/instances/{id}"), api.http.get(f"/v1/deliveries/{id}")
    assert [TRACE_ID, TRACE_ID] == [each.json()["traceId"] for each in told]
    assert "canary" not in told[0].text + api.http.get(f"/v1/instances/{id}/steps").text


@pytest.mark.parametrize("workflow", ENGINES)
def test_a_start_over_the_api_came_with_nothing_whatever_its_input_says(api: Api, workflow: str) -> None:
    content = {"source": "github", "headers": {"x-github-event": "push"}, "event_type": "push"}
    assert {"facts": [None, None, None, {}], "input": content} == output(api, api.start(workflow, content))


@pytest.mark.parametrize("workflow", ENGINES)
def test_a_start_over_the_api_goes_on_with_the_trace_of_its_caller(api: Api, workflow: str) -> None:
    at, headers = f"/v1/workflows/{workflow}/instances", {"traceparent": TRACE}
    posted = api.http.post(at, json={"input": 1}, headers=headers).json()["instanceId"]
    put = api.http.put(f"{at}/traced-{workflow}", json=1, headers=headers).json()["instanceId"]
    batch = api.http.post(f"{at}:batch", json={"instances": [{"input": 1}]}, headers=headers).json()["results"]
    for id in (posted, put, batch[0]["instance"]["instanceId"]):
        assert {"facts": [None, None, None, {"traceparent": TRACE}], "input": 1} == output(api, id)
        assert TRACE_ID == api.http.get(f"/v1/instances/{id}").json()["traceId"]


def test_a_trace_that_is_not_exact_is_none(api: Api) -> None:
    at, hostile = "/v1/workflows/called/instances", "<img src=x onerror=alert(1)>"
    body = b"{}"
    for came in ([("traceparent", hostile)], [("traceparent", TRACE), ("traceparent", TRACE)]):
        started = api.http.post(at, json={"input": 1}, headers=came).json()["instanceId"]
        headers = [*signing.github(body, new_id(), "issues", secret=SECRET), *came]
        delivered = api.http.post("/hooks/called", content=body, headers=headers).json()["instanceId"]
        for id in (started, delivered):
            assert api.until(id)["status"] == "completed"
            answer = api.http.get(f"/v1/instances/{id}")
            assert answer.json()["traceId"] is None
            assert "onerror" not in answer.text


def test_an_expression_sees_what_is_passed_and_nothing_else(api: Api) -> None:
    body = b'{"n": 1, "shop": "other", "source": "other"}'
    mac = ("X-Shopify-Hmac-Sha256", signing.base64_mac(body))

    def post(topic: str, domain: str) -> Any:
        more = [("X-Shopify-Topic", topic), ("X-Shopify-Shop-Domain", domain), ("X-Shopify-Event-Id", new_id())]
        return api.http.post("/hooks/told", content=body, headers=[mac, *more]).json()

    taken = post("orders/create", "a.myshopify.com")
    made = {"shop": "a.myshopify.com", "hmac": None, "by": "told", "n": 1}
    assert made == output(api, taken["instanceId"])["input"]
    assert {"ignored": "orders/create"} == post("orders/create", "b.myshopify.com")
    assert {"ignored": "orders/paid"} == post("orders/paid", "a.myshopify.com")


def test_attributes_of_a_message_are_passed_and_reconcile_starts_with_the_same(tmp_path: Path) -> None:
    source = Source("fed", load_sender("github"), (), "w", feed=QUEUE, keep="none", pass_headers=("x-region",))
    seen: list[Any] = []
    runs = {"w": lambda event, context: seen.append((context.source, context.event_type, dict(context.headers)))}
    with working(tmp_path, runs, sources={"fed": source}) as w:
        event = queued({"n": 1})
        attributes = {"X-GitHub-Event": "push", "X-GitHub-Delivery": "d1", "X-Region": "eu", "X-Other": "no"}
        event["Records"][0]["messageAttributes"] = {
            name: {"stringValue": value, "dataType": "String"} for name, value in attributes.items()
        }
        assert [] == take_messages(event, w.services)
        taken = w.told.deliveries[0].instance_id
        assert taken
        # Much later, when facts would have expired: what is passed is a part of what is started.
        w.clock.at += 400 * 86_400_000
        w.woken.clear()
        reconcile(w.services)
        assert [taken] == w.woken
        assert "completed" == run_try(taken, 1, w.functions, w.services)
        assert [("fed", "push", {"x-github-event": "push", "x-region": "eu"})] == seen
