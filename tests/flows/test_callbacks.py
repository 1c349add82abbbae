"""The end of an instance, told to a receiver of this machine, and verified there as any Standard Webhook.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.flows.commands import verihook
from tests.flows.receiver import Call, Receiver, receiving
from tests.flows.waiting import wait_until
from tests.flows.workshop import Api, workshop
from verihook.adapters.caller import HttpCaller

pytest_plugins = ["tests.flows.workshop_fixture"]

ORDER = {"orderId": "A1", "items": [{"productId": "a", "quantity": 2, "price": 10}]}
ENDED = {"type": "instance.completed", "workflow": "order-created"}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture(scope="module")
def secret(api: Api) -> str:
    """What ``verihook keys callback-secret`` tells of the data folder."""
    return verihook("keys", "callback-secret", "--data", str(api.data)).stdout.strip()


def verified(call: Call, secret: str) -> Any:
    """What a receiver reads, by the specification alone."""
    headers, body = call.headers, call.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert hmac.compare_digest(headers["webhook-signature"], expected)
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 60
    assert headers["content-type"] == "application/json"
    return json.loads(body)


@pytest.mark.parametrize(
    ("workflow", "content", "status", "output"),
    [
        ("order-created", ORDER, "completed", {"orderId": "A1", "total": 20, "tax": 1.6}),
        ("walk", {}, "completed", ["first", "second"]),
        ("second-time", {}, "failed", None),
        ("no-tax", {}, "failed", None),
    ],
)
def test_the_end_is_told(
    api: Api, receiver: Receiver, secret: str, workflow: str, content: Any, status: str, output: Any
) -> None:
    path = f"/{workflow}"
    id = api.start(workflow, content, callbackUrl=receiver.at(path))
    (call,) = receiver.told(path)
    event = verified(call, secret)
    instance = api.get(id)
    assert call.headers["webhook-id"].startswith(f"msg_{id}_1_")
    assert (event["type"], event["timestamp"]) == (f"instance.{status}", instance["updatedAt"])
    data = event["data"]
    assert (data["instanceId"], data["workflow"], data["status"], data["attempt"]) == (id, workflow, status, 1)
    assert data.get("output") == output
    assert data.get("error") == instance["error"]


def test_it_is_told_again_after_a_503(api: Api, receiver: Receiver, secret: str) -> None:
    api.start("order-created", ORDER, callbackUrl=receiver.at("/busy", (503, {"Retry-After": "1"})))
    first, second = receiver.told("/busy", 2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert verified(first, secret) == verified(second, secret)
    # Five seconds, and at most a tenth later: not the second that Retry-After asks for, nor the five minutes after it.
    assert second.at - first.at > 4.5


def test_each_attempt_is_told(api: Api, receiver: Receiver, secret: str) -> None:
    id = api.start("second-time", {"n": 1}, callbackUrl=receiver.at("/attempts"))
    receiver.told("/attempts")
    api.act(id, "redrive")
    events = [verified(call, secret) for call in receiver.told("/attempts", 2)]
    assert [event["type"] for event in events] == ["instance.failed", "instance.completed"]
    assert [event["data"]["attempt"] for event in events] == [1, 2]


def test_a_termination_is_told(api: Api, receiver: Receiver, secret: str) -> None:
    paths = (f"/terminated/{number}" for number in count())

    def told() -> Any:
        """The callback; None if the engine's own report of the stop was recorded before the output was there."""
        path = next(paths)
        id = api.start("order-review", {"orderId": "A1"}, callbackUrl=receiver.at(path))
        api.act(id, "terminate", {"reason": "ordered twice", "output": [1]})
        event = verified(receiver.told(path)[0], secret)
        assert (event["type"], event["data"]["error"]["message"]) == ("instance.terminated", "ordered twice")
        return event if "output" in event["data"] else None

    assert wait_until(told, what="no callback had the output")["data"]["output"] == [1]


def test_another_verihook_takes_it_as_a_webhook(api: Api, secret: str, tmp_path: Path) -> None:
    more = """
[sources.ends]
sender = "standard-webhooks"
secrets = ["env:ENDS_SECRET"]
workflow = "order-log"
"""
    with workshop(tmp_path, more, {"ENDS_SECRET": secret}) as other:
        id = api.start("order-created", ORDER, callbackUrl=f"{other.url}/hooks/ends")
        found = wait_until(lambda: other.http.get("/v1/instances?source=ends").json()["instances"])
        assert found[0]["eventId"].startswith(f"msg_{id}_1_")
        assert found[0]["eventType"] == "instance.completed"


@pytest.mark.parametrize(
    "url", ["http://example.com/ended", "https://10.0.0.7/", "ftp://127.0.0.1/", "https://a@b.com/"]
)
def test_where_it_may_not_lead(api: Api, url: str) -> None:
    reply = api.http.post("/v1/workflows/order-log/instances", json={"input": {}, "callbackUrl": url})
    assert (reply.status_code, reply.json()["code"]) == (400, "request-invalid")
    assert reply.json()["detail"].startswith("callbackUrl: ")


def test_a_key_of_the_ledger_calls_nothing_behind_the_machine(receiver: Receiver, tmp_path: Path) -> None:
    allowed = receiver.at("/").removesuffix("/")
    with workshop(tmp_path, f'\n[callbacks]\nallow = ["{allowed}"]\n') as own:
        made = verihook("keys", "create", "--name", "s", "--scope", "workflows:execute", "--data", str(own.data))
        starter = Api(own.url, own.data, made.stdout.strip())
        with starter.http:
            for url in ("http://127.0.0.1:9/x", "http://localhost:9/", "https://[::1]:9/", f"{allowed}0/"):
                body = {"input": {}, "callbackUrl": url}
                reply = starter.http.post("/v1/workflows/order-log/instances", json=body)
                assert (reply.status_code, reply.json()["code"]) == (400, "request-invalid"), url
                dialect = starter.http.post("/v1/workflows/order-log/instances:batch", json={"instances": [body]})
                assert [400] == [each["status"] for each in dialect.json()["results"]]
            starter.start("order-log", {}, callbackUrl=receiver.at("/allowed"))
        own.start("order-log", {}, callbackUrl=receiver.at("/of-the-run"))
        wait_until(lambda: {"/allowed", "/of-the-run"} <= {call.path for call in receiver.calls})


def test_in_aws_http_and_loopback_are_refused(receiver: Receiver) -> None:
    """As bootstrap.on_aws makes it: without ``loopback``."""
    for url in (receiver.at("/aws"), "https://127.0.0.1/", "https://localhost/", "http://example.com/"):
        with pytest.raises(ValueError, match=r"."):
            HttpCaller().check(url)
    assert HttpCaller().post(receiver.at("/aws"), b"{}", {}).status == 0
    assert [] == [call for call in receiver.calls if call.path == "/aws"]
