"""Why was it refused? What is counted, and who may see it."""

from __future__ import annotations

import json
from typing import Any

from tests.flows.commands import verihook
from tests.flows.conftest import AwsFace, LocalFace
from tests.flows.faces import LambdaFace, function_url_event
from tests.flows.signing import order, x_signature
from tests.flows.waiting import wait_until
from verihook import main


def refused(rejections: list[dict[str, Any]], source: str, reason: str) -> int:
    return sum(row["count"] for row in rejections if (row["source"], row["reason"]) == (source, reason))


def wait_for_count(face: LocalFace, source: str, reason: str, count: int) -> dict[str, Any]:

    def counted() -> dict[str, Any] | None:
        rows = face.ask(f"/v1/rejections?source={source}").json["rejections"]
        return next(row for row in rows if row["reason"] == reason) if refused(rows, source, reason) >= count else None

    return wait_until(counted, what="it was not counted")


def test_on_one_machine(local_face: LocalFace) -> None:
    body = order(note="nobody's business")
    for _ in range(3):
        assert 401 == local_face.send("POST", "/hooks/small", x_signature(body[:200], "guess"), body[:200]).status
    assert 413 == local_face.send("POST", "/hooks/small", [], b"x" * 400).status
    row = wait_for_count(local_face, "small", "signature-mismatch", 3)
    assert {"source", "reason", "count", "firstAt", "lastAt", "requestId"} == set(row)
    wait_for_count(local_face, "small", "body-too-large", 1)
    text = json.dumps(row)
    assert "nobody's business" not in text
    listed = verihook("rejections", "--source", "small", "--data", str(local_face.data))
    assert "signature-mismatch" in listed.stdout
    assert "body-too-large" in listed.stdout


def test_the_query_is_checked(local_face: LocalFace) -> None:
    for query in ("limit=0", "limit=x", "limit=1001", f"source={'x' * 64}"):
        answer = local_face.ask(f"/v1/rejections?{query}")
        assert (422, "application/problem+json") == (answer.status, answer.headers["content-type"])
        assert answer.json["violations"]


def test_in_aws_only_for_whom_iam_has_authenticated(aws_face: AwsFace) -> None:
    body = order()
    aws_face.send("POST", "/hooks/draft", x_signature(body), body)
    main.services().observer.flush()
    main._app.cache_clear()
    stranger = LambdaFace(main.api).send("GET", "/v1/rejections", [])
    assert (401, "unauthenticated") == (stranger.status, stranger.json["code"])
    event = function_url_event("GET", "/v1/rejections?source=draft", [], b"")
    event["requestContext"]["authorizer"] = {"iam": {"accountId": "123456789012", "userArn": "arn:aws:iam::1:user/a"}}
    answer = main.api(event, None)
    assert 200 == answer["statusCode"]
    assert refused(json.loads(answer["body"])["rejections"], "draft", "not-active") >= 1
