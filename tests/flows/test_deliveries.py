"""What senders send and what they are answered, over HTTP and by Lambda events alike."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable

import pytest

from tests.flows import signing
from tests.flows.deployment import OLD_SECRET, SECRET
from tests.flows.faces import Answer, Face, wait_for
from tests.flows.signing import new_id, order, x_signature


def post(face: Face, source: str, body: bytes, headers: signing.Headers | None = None) -> Answer:
    return face.send("POST", f"/hooks/{source}", x_signature(body) if headers is None else headers, body)


def test_a_signed_order_starts_a_workflow_that_completes(face: Face) -> None:
    answer = post(face, "orders", order(orderId="ord_42"))
    assert 200 == answer.status
    assert {"instanceId", "status", "duplicate"} == set(answer.json)
    assert answer.json["status"] in ("queued", "running")
    assert answer.json["duplicate"] is False
    assert f"/?instanceId={answer.json['instanceId']}" == answer.headers["location"]
    status = wait_for(face, answer.json["instanceId"])
    assert "completed" == status["status"]
    assert "order-created" == status["workflow"]
    assert {"orderId": "ord_42", "total": 25, "tax": 2} == status["output"]
    for key in ("createdAt", "updatedAt"):
        assert status[key].endswith("Z")
        assert "T" in status[key]


@pytest.mark.parametrize("prefix", ["", "sha256="])
def test_the_root_is_the_default_source(face: Face, prefix: str) -> None:
    body = order()
    answer = face.send("POST", "/", x_signature(body, prefix=prefix), body)
    assert 200 == answer.status
    # The same event at the source's own path meets the same row.
    again = post(face, "orders", body)
    assert (200, True) == (again.status, again.json["duplicate"])
    assert answer.json["instanceId"] == again.json["instanceId"]


def test_white_space_makes_no_other_event(face: Face) -> None:
    body = order()
    first = post(face, "orders", body)
    for other in (body + b"\n", json.dumps(json.loads(body), indent=2).encode()):
        assert other != body
        again = post(face, "orders", other)
        assert (200, True) == (again.status, again.json["duplicate"])
        assert first.json["instanceId"] == again.json["instanceId"]


@pytest.mark.parametrize("items", [[], None, "absent"])
def test_an_order_without_items_completes_with_total_0(face: Face, items: object) -> None:
    content = json.loads(order(items=items))
    if items == "absent":
        del content["items"]
    answer = post(face, "orders", json.dumps(content).encode())
    status = wait_for(face, answer.json["instanceId"])
    assert ("completed", {"orderId": "ord_1", "total": 0, "tax": 0}) == (status["status"], status["output"])


@pytest.mark.parametrize(
    ("source", "sign"),
    [
        ("github", lambda body: signing.github(body, new_id())),
        ("stripe", signing.stripe),
        ("impatient", signing.slack),
        ("standard", lambda body: signing.standard(body, new_id())),
        ("inline", lambda body: [("X-Acme-Signature", _sha512(body))]),
    ],
)
def test_every_sender_signs_in_its_own_way(face: Face, source: str, sign: object) -> None:
    body = order(event_id=new_id())
    answer = post(face, source, body, sign(body))  # type: ignore[operator]
    assert 200 == answer.status, answer.body
    assert "completed" == wait_for(face, answer.json["instanceId"])["status"]
    tampered = post(face, source, body + b" ", sign(body))  # type: ignore[operator]
    assert 401 == tampered.status


def _lasting(answer: Answer) -> tuple[int, dict[str, str], dict[str, object]]:
    """What of an answer is not of this very request."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
    return answer.status, headers, {name: value for name, value in answer.json.items() if name != "requestId"}


def _sha512(body: bytes) -> str:
    return base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha512).digest()).decode()


def test_a_sender_without_event_ids_starts_one_instance_a_delivery(face: Face) -> None:
    body = order()
    answers = [post(face, "inline", body, [("X-Acme-Signature", _sha512(body))]) for _ in range(2)]
    assert [False, False] == [answer.json["duplicate"] for answer in answers]
    assert answers[0].json["instanceId"] != answers[1].json["instanceId"]


def test_output_is_shown_only_where_the_workflow_says_so(face: Face) -> None:
    body = order()
    answer = post(face, "inline", body, [("X-Acme-Signature", _sha512(body))])
    status = wait_for(face, answer.json["instanceId"])
    assert {"instanceId", "workflow", "status", "createdAt", "updatedAt"} == set(status)


def test_the_same_event_at_two_sources_is_two_instances(face: Face) -> None:
    body = order()
    first, second = post(face, "orders", body), post(face, "filtered", body)
    assert [False, False] == [first.json["duplicate"], second.json["duplicate"]]
    assert first.json["instanceId"] != second.json["instanceId"]


def test_a_source_may_start_several_workflows(face: Face) -> None:
    body = order(seconds=0)
    answer = post(face, "both", body)
    instances = answer.json["instances"]
    assert ["order-created", "order-log", "slow"] == [each["workflow"] for each in instances]
    assert instances[0]["instanceId"] == answer.json["instanceId"]
    assert 3 == len({each["instanceId"] for each in instances})
    assert ["completed"] * 3 == [wait_for(face, each["instanceId"])["status"] for each in instances]
    again = post(face, "both", body).json["instances"]
    assert [(each["instanceId"], True) for each in instances] == [
        (each["instanceId"], each["duplicate"]) for each in again
    ]


def test_an_unwanted_type_is_ignored_without_a_write(face: Face, rows: object) -> None:
    before = rows()  # type: ignore[operator]
    answer = post(face, "filtered", order(type="customer.created"))
    assert (200, {"ignored": "customer.created"}) == (answer.status, answer.json)
    assert before == rows()  # type: ignore[operator]
    assert 200 == post(face, "filtered", order(type="order.paid")).status
    assert 200 == post(face, "filtered", order(type="exact")).status


def test_slack_proves_the_url(face: Face) -> None:
    body = b'{"type":"url_verification","token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}'
    answer = post(face, "slack", body, signing.slack(body))
    assert (200, b"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P") == (answer.status, answer.body)
    assert "text/plain; charset=utf-8" == answer.headers["content-type"]
    assert 401 == post(face, "slack", body, signing.slack(body, secret="stranger")).status


def test_a_form_with_json_in_its_field(face: Face) -> None:
    body = b"payload=%7B%22orderId%22%3A+%22from+a+form%22%7D"
    headers = signing.github(body, new_id(), secret=SECRET)
    headers[0] = ("Content-Type", "application/x-www-form-urlencoded")
    answer = post(face, "forms", body, headers)
    assert 200 == answer.status
    assert "from a form" == wait_for(face, answer.json["instanceId"])["output"]["orderId"]


def test_githubs_ping_starts_nothing(face: Face, rows: Callable[[], int]) -> None:
    body, before = b'{"zen":"Keep it logically awesome.","hook_id":1}', rows()
    answer = post(face, "github", body, signing.github(body, new_id(), "ping"))
    assert (200, {"ignored": "ping"}, before) == (answer.status, answer.json, rows())


def test_a_secret_rotated_in_the_middle_of_a_redelivery(face: Face) -> None:
    body = order()
    first = post(face, "rotated", body, x_signature(body, OLD_SECRET))
    again = post(face, "rotated", body, x_signature(body, SECRET))
    assert [(200, False), (200, True)] == [(answer.status, answer.json["duplicate"]) for answer in (first, again)]
    assert first.json["instanceId"] == again.json["instanceId"]
    # If the old secret was taken out, it verifies no more.
    assert 401 == post(face, "orders", body, x_signature(body, OLD_SECRET)).status


def test_duplicates_rejected(face: Face) -> None:
    body = order()
    assert 200 == post(face, "rejecting", body).status
    answer = post(face, "rejecting", body)
    assert (409, "duplicate") == (answer.status, answer.json["code"])


def test_duplicates_restarted(face: Face) -> None:
    first_body = order(seconds=30, id=(event := new_id()))
    first = post(face, "restarting", first_body)
    again = post(face, "restarting", order(seconds=0, id=event))
    assert (200, True) == (again.status, again.json["duplicate"])
    assert first.json["instanceId"] == again.json["instanceId"]
    status = wait_for(face, first.json["instanceId"])
    assert ("completed", 0) == (status["status"], status["output"]["seconds"])


def test_an_inactive_workflow(face: Face) -> None:
    answer = post(face, "draft", order())
    assert (400, "not-active") == (answer.status, answer.json["code"])


def test_every_violation_of_the_schema_is_told(face: Face, rows: object) -> None:
    before = rows()  # type: ignore[operator]
    answer = post(face, "orders", order(items=[{"quantity": "two", "price": 1}, {"quantity": 1}]))
    assert (422, "input-invalid") == (answer.status, answer.json["code"])
    told = [(violation["pointer"], violation["path"]) for violation in answer.json["violations"]]
    assert [("/items/0/quantity", ["items", 0, "quantity"]), ("/items/1", ["items", 1])] == told
    assert all(violation["message"] for violation in answer.json["violations"])
    assert before == rows()  # type: ignore[operator]


class TestStatus:
    """GET ?instanceId=."""

    def test_at_the_root_and_at_its_source(self, face: Face) -> None:
        instance_id = post(face, "orders", order()).json["instanceId"]
        wait_for(face, instance_id)
        root = face.send("GET", f"/?instanceId={instance_id}", [])
        source = face.send("GET", f"/hooks/orders?instanceId={instance_id}", [])
        assert (200, 200) == (root.status, source.status)
        assert root.json == source.json
        assert 404 == face.send("GET", f"/hooks/github?instanceId={instance_id}", []).status

    @pytest.mark.parametrize("instance_id", ["unknown", "", "%00", "a/../b", "x" * 65, "x" * 2000, "%F0%9F%92%A9"])
    def test_unknown_and_malformed_are_the_same_404(self, face: Face, instance_id: str) -> None:
        answer = face.send("GET", f"/?instanceId={instance_id}", [])
        assert (404, "not-found") == (answer.status, answer.json["code"])
        # Nothing but its request's own id and time tells it from the answer to an id that could well be one.
        assert _lasting(answer) == _lasting(face.send("GET", f"/?instanceId={'0' * 40}", []))

    @pytest.mark.parametrize(
        ("target", "status"),
        [
            (f"/?instanceId={'x' * 5000}", 400),
            (f"/hooks/orders?instanceId={'x' * 5000}", 400),
            (f"/?{'x' * 5000}=1", 400),
            ("/?instanceId=a&instanceId=b", 400),
            ("/hooks/orders?instanceId=a&instanceId=b", 400),
            ("/?instanceid=a", 400),
            ("/?a=1&instanceId=b", 400),
            ("/hooks/orders?hub.mode=subscribe", 405),
        ],
    )
    def test_a_parameter_is_read_or_refused(self, face: Face, target: str, status: int) -> None:
        assert status == face.send("GET", target, []).status

    def test_etag_and_retry_after(self, face: Face) -> None:
        running = post(face, "restarting", order(seconds=3600)).json["instanceId"]
        assert "1" == face.send("GET", f"/?instanceId={running}", []).headers["retry-after"]
        instance_id = post(face, "restarting", order(seconds=0)).json["instanceId"]
        wait_for(face, instance_id)
        answer = face.send("GET", f"/?instanceId={instance_id}", [])
        assert "retry-after" not in answer.headers
        again = face.send("GET", f"/?instanceId={instance_id}", [("If-None-Match", answer.headers["etag"])])
        assert (304, b"") == (again.status, again.body)

    def test_no_id(self, face: Face) -> None:
        assert 200 == face.send("GET", "/", []).status
        assert 405 == face.send("GET", "/hooks/orders", []).status


def test_a_timestamp_reaches_both_ways(face: Face) -> None:
    for offset, expected in ((-290, 200), (290, 200), (-310, 401), (310, 401)):
        body = order()
        answer = post(face, "standard", body, signing.standard(body, new_id(), int(time.time()) + offset))
        assert expected == answer.status, offset
