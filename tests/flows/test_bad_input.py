"""Bad input: a clear refusal, never a 500, never a write, over HTTP and by Lambda events alike."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.flows import signing
from tests.flows.faces import Answer, Face, Headers, HttpFace
from tests.flows.signing import JSON, new_id, order, x_signature

ORDER = order()
GOOD = x_signature(ORDER)[1][1]


def signature(*values: str) -> Headers:
    return [JSON, *(("X-Signature", value) for value in values)]


UNPROVEN: dict[str, tuple[str, bytes, Headers]] = {
    "no signature": ("orders", ORDER, [JSON]),
    "wrong": ("orders", ORDER, signature("0" * 64)),
    "of another secret": ("orders", ORDER, x_signature(ORDER, "guess")),
    "of the empty secret": ("orders", ORDER, x_signature(ORDER, "")),
    "truncated": ("orders", ORDER, signature(GOOD[:-2])),
    "one digit less": ("orders", ORDER, signature(GOOD[:-1])),
    "empty": ("orders", ORDER, signature("")),
    "prefix alone": ("orders", ORDER, signature("sha256=")),
    "another prefix": ("orders", ORDER, signature(f"sha1={GOOD}")),
    "prefix twice": ("orders", ORDER, signature(f"sha256=sha256={GOOD}")),
    "not ASCII": ("orders", ORDER, signature("é" + GOOD[1:])),
    "inner spaces": ("orders", ORDER, signature(f"{GOOD[:32]} {GOOD[32:]}")),
    "10 kB": ("orders", ORDER, signature("a" * 10_240)),
    "twice, one wrong": ("orders", ORDER, signature(GOOD, "0" * 64)),
    "twice the same": ("orders", ORDER, signature(GOOD, GOOD)),
    "body one byte longer": ("orders", ORDER + b" ", signature(GOOD)),
    "body one byte shorter": ("orders", ORDER[:-1], signature(GOOD)),
    "body one bit off": ("orders", ORDER.replace(b"ord_1", b"ord_0"), signature(GOOD)),
    "empty body": ("orders", b"", signature(GOOD)),
    "not UTF-8, unsigned": ("orders", b"\xff\xfe", [JSON]),
    "another sender's header": ("orders", ORDER, signing.github(ORDER, "x")),
    "stale": ("standard", ORDER, signing.standard(ORDER, "msg_1", int(time.time()) - 3600)),
    "from the future": ("standard", ORDER, signing.standard(ORDER, "msg_1", int(time.time()) + 3600)),
    "slack, stale": ("impatient", ORDER, signing.slack(ORDER, int(time.time()) - 3600)),
    "stripe, stale": ("stripe", ORDER, signing.stripe(ORDER, int(time.time()) - 3600)),
    "stripe, no timestamp": ("stripe", ORDER, [JSON, ("Stripe-Signature", f"v1={'0' * 64}")]),
    "stripe, garbage": ("stripe", ORDER, [JSON, ("Stripe-Signature", ",,=,t=,v1,=v1=")]),
    "stripe, 200 signatures": ("stripe", ORDER, [JSON, ("Stripe-Signature", "t=1," + "v1=00," * 200)]),
    "standard, garbage": ("standard", ORDER, [*signing.standard(ORDER, "m")[:3], ("webhook-signature", "v1,a,b")]),
    "standard, id not ASCII": ("standard", ORDER, [("webhook-id", "é"), *signing.standard(ORDER, "m")[2:]]),
}


@pytest.mark.parametrize("name", UNPROVEN)
def test_unproven_is_one_and_the_same_401(face: Face, rows: Callable[[], int], name: str) -> None:
    source, body, headers = UNPROVEN[name]
    before = rows()
    answer = face.send("POST", f"/hooks/{source}", headers, body)
    assert before == rows()
    assert_problem(answer, 401, "signature")
    content = answer.json
    del content["requestId"]
    assert {
        "type": "urn:verihook:error:signature",
        "title": "Signature not accepted",
        "status": 401,
        "detail": "The delivery could not be verified.",
        "code": "signature",
    } == content


MALFORMED: dict[str, bytes] = {
    "empty": b"",
    "not UTF-8": b'{"id": "\xff"}',
    "not JSON": b"orderId=1",
    "cut off": b'{"id": "evt_1", ',
    "nested 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "NaN": b'{"id": "evt_1", "type": NaN}',
    "Infinity": b'{"id": "evt_1", "total": -Infinity}',
    "a number of 5,000 digits": b'{"id": "evt_1", "total": ' + b"9" * 5000 + b"}",
    "two documents": b"{}{}",
    "no id": b'{"type": "order.created"}',
    "id is null": b'{"id": null}',
    "id is empty": b'{"id": ""}',
    "id is a list": b'{"id": ["evt_1"]}',
    "id is true": b'{"id": true}',
    "id is a lone surrogate": b'{"id": "\\ud800"}',
    "id of 300 characters": b'{"id": "' + b"x" * 300 + b'"}',
    "type is a number too long": b'{"id": "evt_1", "type": {}}',
    "a list": b"[1]",
    "a string": b'"evt_1"',
    "null": b"null",
    "UTF-16": '{"id": "evt_1"}'.encode("utf-16"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_signed_nonsense_is_a_400_in_words(face: Face, rows: Callable[[], int], name: str) -> None:
    body = MALFORMED[name]
    before = rows()
    answer = face.send("POST", "/hooks/orders", x_signature(body), body)
    assert_problem(answer, 400, "event-malformed")
    assert answer.json["detail"].endswith(".")
    assert before == rows()


def test_what_is_neither_json_nor_the_form_that_curl_makes_of_it_says_what_to_send(face: Face) -> None:
    signed = [each for each in x_signature(b"nojson") if each[0].lower() != "content-type"]
    headers = [*signed, ("content-type", "application/x-www-form-urlencoded")]
    detail = face.send("POST", "/hooks/orders", headers, b"nojson").json["detail"]
    assert "neither JSON nor a URL-encoded form" in detail
    assert "send JSON as application/json, or a form as application/x-www-form-urlencoded" in detail


@pytest.mark.parametrize("size", [1_048_577, 2_000_000])
def test_a_body_too_large(face: Face, rows: Callable[[], int], size: int) -> None:
    body = order(note="x" * size)
    before = rows()
    assert_problem(face.send("POST", "/hooks/orders", x_signature(body), body), 413, "body-too-large")
    assert before == rows()


def test_the_edge_of_max_body(face: Face) -> None:
    body = order(note="")
    whole = order(note="x" * (300 - len(body)))
    assert 300 == len(whole)
    assert 200 == face.send("POST", "/hooks/small", x_signature(whole), whole).status
    longer = whole + b" "
    refused = face.send("POST", "/hooks/small", x_signature(longer), longer)
    assert_problem(refused, 413, "body-too-large")
    assert "300 bytes" in refused.json["detail"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/hooks/orders"])
def test_a_wrong_method(face: Face, method: str, path: str) -> None:
    answer = face.send(method, path, x_signature(ORDER), ORDER)
    assert_problem(answer, 405, "method-not-allowed")
    assert "GET, POST" == answer.headers["allow"]


@pytest.mark.parametrize(
    "path",
    ["/hooks/unknown", "/hooks/", "/hooks", "/hooks/orders/", "/hooks/Orders", "/hooks/%6frders"],
)
def test_an_unknown_source(face: Face, path: str) -> None:
    assert_problem(face.send("POST", path, x_signature(ORDER), ORDER), 404, "source-not-found")


@pytest.mark.parametrize("path", ["/hook/orders", "//"])
def test_an_unknown_path(face: Face, path: str) -> None:
    answer = face.send("POST", path, x_signature(ORDER), ORDER)
    # One machine serves the API, too, and tells of paths.
    assert_problem(answer, 404, "path-not-found" if isinstance(face, HttpFace) else "source-not-found")


@pytest.mark.parametrize(
    ("name", "value"), [("Content-Encoding", "gzip"), ("Content-Type", "multipart/form-data; boundary=x")]
)
def test_a_form_of_body_that_cannot_be_read(face: Face, name: str, value: str) -> None:
    body = order()
    headers = [*x_signature(body)[1:], (name, value)]
    assert_problem(face.send("POST", "/hooks/orders", headers, body), 415, "unsupported-media-type")


@pytest.mark.parametrize("body", [b"%ff=%fe", b"a", b"&&&", b"a=1&" * 2000])
def test_a_form_that_is_none(face: Face, body: bytes) -> None:
    headers = signing.github(body, new_id())
    headers[0] = ("Content-Type", "application/x-www-form-urlencoded")
    assert_problem(face.send("POST", "/hooks/github", headers, body), 400, "event-malformed")


def test_no_id_where_the_sender_has_a_header(face: Face) -> None:
    headers = [pair for pair in signing.github(ORDER, "x") if pair[0] != "X-GitHub-Delivery"]
    answer = face.send("POST", "/hooks/github", headers, ORDER)
    assert_problem(answer, 400, "event-malformed")
    assert "header x-github-delivery" in answer.json["detail"]


def assert_problem(answer: Answer, status: int, code: str) -> None:
    assert (status, "application/problem+json") == (answer.status, answer.headers["content-type"]), answer.body
    content = answer.json
    assert (status, code) == (content["status"], content["code"])
    assert {"type", "title", "status", "detail", "code", "requestId"} == set(content)
    assert content["requestId"]
