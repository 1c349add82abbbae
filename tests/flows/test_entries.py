"""``main.receive`` and ``main.api`` give one answer to a delivery, in whatever shape of event it comes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.events.shapes import BASE_PATH, ODD, SAMPLES, SHAPES, Shape
from tests.events.test_shapes import MEMBERS, json_values
from tests.flows.conftest import AwsFace
from tests.flows.signing import order, x_signature
from verihook import main

GENUINE = order()

#: What is asked: (method, target, headers, body) -> status and code.
REQUESTS = {
    "delivery": (("POST", "/hooks/orders", x_signature(GENUINE), GENUINE), (200, None)),
    "forged": (("POST", "/hooks/orders", x_signature(b"{}"), GENUINE), (401, "signature")),
    "malformed": (("POST", "/", x_signature(b'{"id": "\xff"}'), b'{"id": "\xff"}'), (400, "event-malformed")),
    "unknown source": (("POST", "/hooks/unknown", [], b""), (404, "source-not-found")),
    "encoded": (("POST", "/h%6foks/orders", x_signature(GENUINE), GENUINE), (404, "source-not-found")),
    "no source": (("POST", "/hooks", [], b""), (404, "source-not-found")),
    "method": (("PUT", "/hooks/orders", [], b""), (405, "method-not-allowed")),
    "root": (("GET", "/", [], b""), (200, None)),
    "unknown instance": (("GET", "/?instanceId=a%20b", [], b""), (404, "not-found")),
}

#: Sample of no usual request -> status and code.
SAMPLES_ANSWERED = {
    **dict.fromkeys(set(SAMPLES) - ODD, (200, None)),
    "alb-health-check": (200, None),
    "encoded-path": (404, "source-not-found"),
    # The console of API Gateway sends no headers unless they are typed in.
    "rest-console-test": (401, "signature"),
    **dict.fromkeys(["console-test", "direct", "lattice", "lattice-1", "no-headers"], (400, "event-malformed")),
}


class Context:
    """Lambda's, as far as it is read."""

    aws_request_id = "8f5d2a0c-5a34-4f63-9d0e-0d6f0f1f3f11"


# For all tests here: to make the app takes longer than most of them.
@pytest.fixture(scope="module")
def behind_a_base_path(aws_face: AwsFace) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VERIHOOK_BASE_PATH", BASE_PATH)
        for made in (main._front, main._app):
            made.cache_clear()
        yield
    for made in (main._front, main._app):
        made.cache_clear()


def answers(event: Any) -> list[tuple[int, str | None]]:
    """Status and code from both."""
    found = []
    for entry in (main.receive, main.api):
        answer = entry(event, Context())
        assert "headers" in answer or "multiValueHeaders" in answer
        content = json.loads(answer["body"])
        found.append((answer["statusCode"], content.get("code")))
    return found


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_one_answer_in_every_shape(behind_a_base_path: None, shape: Shape, name: str) -> None:
    request, expected = REQUESTS[name]
    assert [expected] * 2 == answers(shape(*request))


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_is_answered_as_it_stands(behind_a_base_path: None, name: str) -> None:
    assert [SAMPLES_ANSWERED[name]] * 2 == answers(SAMPLES[name])


@pytest.mark.parametrize("event", [None, 7, "text", [], [1], {}, True], ids=repr)
def test_what_is_no_object_is_refused(behind_a_base_path: None, event: Any) -> None:
    assert [(400, "event-malformed")] * 2 == answers(event)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(SAMPLES)), data=st.data(), value=json_values)
def test_no_event_raises(behind_a_base_path: None, name: str, data: st.DataObject, value: Any) -> None:
    """An event of which one member, or one of its context, is something else. Nothing is asked: no signature fits."""
    event = copy.deepcopy(SAMPLES[name])
    path = data.draw(st.sampled_from([(key,) for key in (*event, *MEMBERS)] + _inner(event)))
    (event if len(path) == 1 else event[path[0]])[path[-1]] = value
    one, other = answers({**event, "body": "{}"} if path != ("body",) else event)
    assert one == other or one[0] == 404
    assert 500 not in (one[0], other[0])


def _inner(event: dict[str, Any]) -> list[tuple[str, ...]]:
    return [(name, key) for name, inner in event.items() if isinstance(inner, dict) for key in inner]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_api_behind_whatever_stands_before_it(behind_a_base_path: None, shape: Shape) -> None:
    for target, status in (("/v1/openapi.json", 200), ("/v1/instances", 401), ("/v1/nothing", 404)):
        assert status == main.api(shape("GET", target, [], b""), Context())["statusCode"]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_page_of_the_api_and_its_files_behind_whatever_stands_before_it(
    behind_a_base_path: None, shape: Shape
) -> None:
    """REST APIs would give base64 to the browser, and a load balancer takes 1 MB."""
    for target in ("/docs", "/docs/docs.js", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"):
        answer = main.api(shape("GET", target, [("Accept-Encoding", "gzip, br")], b""), Context())
        assert 200 == answer["statusCode"]
        is_rest = "version" not in (event := shape("GET", target, [], b"")) and "elb" not in event["requestContext"]
        assert not (is_rest and answer["isBase64Encoded"])
        assert is_rest or len(answer["body"]) < 1_000_000


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_browser_gets_a_page_that_leads_on(behind_a_base_path: None, shape: Shape) -> None:
    event = shape("GET", "/", [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")], b"")
    receiver, api = (str(entry(event, Context())["body"]) for entry in (main.receive, main.api))
    assert ("<!doctype html>", "<!doctype html>") == (receiver[:15], api[:15])
    assert (False, True) == ('docs">' in receiver, 'docs">' in api)
    # With a question it is answered as for everybody.
    asked = shape("GET", "/?instanceId=a", [("Accept", "text/html")], b"")
    assert [404, 404] == [entry(asked, Context())["statusCode"] for entry in (main.receive, main.api)]


def test_where_an_instance_is_told_of_is_where_the_caller_came_in(behind_a_base_path: None) -> None:
    for name, front in (("http-api-2-stage", "/prod"), ("rest-base-path", BASE_PATH), ("function-url", "")):
        request, _ = REQUESTS["delivery"]
        location = main.api(Shape(name)(*request), Context())["headers"]["location"]
        assert location.startswith(f"{front}/?instanceId=")
