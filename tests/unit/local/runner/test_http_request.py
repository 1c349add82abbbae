"""What an HTTP Task sends, by AWS's own description of it, and what it makes of an answer."""

from __future__ import annotations

from typing import Any

import pytest

from verihook.local.runner.http_answer import result, without
from verihook.local.runner.http_request import connection_name, request_of
from verihook.local.states.data import MAX_BYTES
from verihook.local.states.errors import StateError

ARN = "arn:aws:events:us-east-2:123456789012:connection/Stripe/81210c42-8af1-456b-9c4a-6ff02fc664ac"
BASE = "https://api.example.com/v1"
SECRET = {"authorization": "Bearer s3"}
JSON = [("Content-Type", "application/json")]


def given(**more: Any) -> dict[str, Any]:
    return {"ApiEndpoint": f"{BASE}/invoices", "Method": "POST", **more}


def refused(what: Any, base: str = BASE) -> tuple[str | None, str]:
    with pytest.raises(StateError) as caught:
        request_of(what, "api", base, SECRET)
    return caught.value.name, str(caught.value.cause)


def test_a_request_is_the_one_of_the_documentation() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html, its example of merging."""
    body = {"Job": "Software Engineer", "Company": "AnyCompany"}
    sent = request_of(
        given(Headers={"Request-Id": "my_request_id"}, RequestBody=body, QueryParameters={"q": "a b"}),
        "api",
        BASE,
        SECRET,
    )
    assert (sent.method, sent.url) == ("POST", f"{BASE}/invoices?q=a%20b")
    assert sent.body == b'{"Job":"Software Engineer","Company":"AnyCompany"}'
    assert sent.headers == {
        "request-id": "my_request_id",
        "user-agent": "Amazon|StepFunctions|HttpInvoke|us-east-1",
        "range": "bytes=0-262144",
        "connection": "close",
        "content-type": "application/json; charset=UTF-8",
        "authorization": "Bearer s3",
    }


def test_without_a_body_nothing_is_said_of_one() -> None:
    sent = request_of(given(Method="GET"), "api", BASE, {})
    assert (sent.body, sent.url) == (None, f"{BASE}/invoices")
    assert "content-type" not in sent.headers


@pytest.mark.parametrize(
    ("form", "encoded"),
    [
        ({}, "array%5B0%5D=a&array%5B1%5D=b"),
        ({"ArrayFormat": "INDICES"}, "array%5B0%5D=a&array%5B1%5D=b"),
        ({"ArrayFormat": "REPEAT"}, "array=a&array=b"),
        ({"ArrayFormat": "COMMAS"}, "array=a,b"),
        ({"ArrayFormat": "BRACKETS"}, "array%5B%5D=a&array%5B%5D=b"),
    ],
)
def test_arrays_of_a_form(form: dict[str, str], encoded: str) -> None:
    transform = {"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": form}
    sent = request_of(given(RequestBody={"array": ["a", "b"]}, Transform=transform), "api", BASE, SECRET)
    assert sent.body == encoded.encode()


def test_the_form_of_the_documentations_example() -> None:
    body = {"description": "Monthly subscription", "metadata": {"order_details": "monthly report data"}, "customer": 12}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    sent = request_of(
        given(RequestBody=body, Headers=headers, Transform={"RequestBodyEncoding": "URL_ENCODED"}), "api", BASE, SECRET
    )
    assert sent.body == (
        b"description=Monthly%20subscription&metadata%5Border_details%5D=monthly%20report%20data&customer=12"
    )
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("query", "url"),
    [
        ({"a": ["x", "y"], "n": 1, "t": True}, "?a=x&a=y&n=1&t=true"),
        ("raw=1", "?raw=1"),
        ({}, ""),
        (None, ""),
    ],
)
def test_query_parameters(query: Any, url: str) -> None:
    assert request_of(given(QueryParameters=query), "api", BASE, SECRET).url == f"{BASE}/invoices{url}"
    more = request_of(given(ApiEndpoint=f"{BASE}/i?z=1", QueryParameters={"a": "b"}), "api", BASE, SECRET)
    assert more.url == f"{BASE}/i?z=1&a=b"


def test_a_text_is_sent_as_it_is() -> None:
    assert (
        request_of(given(RequestBody="<a/>", Headers={"Content-Type": "text/xml"}), "api", BASE, SECRET).body == b"<a/>"
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1/invoices",
        "https://api.example.com.evil.example/v1/x",
        "https://api.example.com:444/v1/x",
        "https://api.example.com@evil.example/v1/x",
        "https://user@api.example.com/v1/x",
        "https://api.example.com/v2",
        "https://api.example.com/v10",
        "https://api.example.com/v1/../v2",
        "https://api.example.com/v1/%2e%2e/v2",
        "https://api.example.com/v1/..%2fv2",
        "https://api.example.com/v1/%2525%32e%2525%32e/v2".replace("%2525%32e", "%25252e"),
        "https://api.example.com/v1/..;/v2",
        "https://api.example.com/v1/..;x=1/v2",
        "https://api.example.com/v1/%2e%2e;/v2",
        "https://api.example.com/v1/..%00/v2",
        "https://api.example.com/v1/.%09./v2",
        "https://api.example.com/v1/%c0%ae%c0%ae/v2",
        "https://api.example.com/v1/..%5cv2",
    ],
)
def test_no_other_place_gets_the_connections_secret(url: str) -> None:
    assert refused(given(ApiEndpoint=url))[0] == "States.Permissions"


@pytest.mark.parametrize("url", [BASE, f"{BASE}/", f"{BASE}?a=1", "https://API.example.com:443/v1/a"])
def test_what_is_the_connections_url_or_below_it(url: str) -> None:
    assert request_of(given(ApiEndpoint=url), "api", BASE, SECRET).url == url


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"ApiEndpoint": "http://api.example.com/v1"}, "ApiEndpoint must begin with https://"),
        ({"ApiEndpoint": None}, "ApiEndpoint must be a URL"),
        ({"ApiEndpoint": f"{BASE}/x#f"}, "ApiEndpoint must be a URL"),
        ({"ApiEndpoint": f"{BASE}\\..\\v2"}, "ApiEndpoint must be a URL"),
        ({"ApiEndpoint": f"{BASE}/a\tb"}, "ApiEndpoint must be a URL"),
        ({"QueryParameters": "a b"}, "QueryParameters must be"),
        ({"QueryParameters": "#x"}, "QueryParameters must be"),
        ({"Headers": {"Content-Length": "0"}}, "The header 'Content-Length' cannot be set"),
        ({"Headers": {"transfer_encoding": "chunked"}}, "The header 'transfer_encoding' cannot be set"),
        ({"Headers": {"Authorization ": "x"}}, "'Authorization ' is not the name of a header"),
        ({"Headers": {"authorization\t": "x"}}, "is not the name of a header"),
        ({"Headers": {"A\u212aX": "x"}}, "is not the name of a header"),
        ({"Headers": {"X-A": "b\r\n Authorization: x"}}, "The value of the header 'X-A' cannot be sent"),
        ({"Headers": {"X-A": "\x00"}}, "The value of the header 'X-A' cannot be sent"),
        ({"Headers": {"X-A": "\u20ac"}}, "The value of the header 'X-A' cannot be sent"),
        ({"ApiEndpoint": "https://api.example.com:x/v1"}, "ApiEndpoint must be a URL"),
        ({"ApiEndpoint": f"{BASE}/é"}, "ApiEndpoint must be a URL"),
        ({"ApiEndpoint": f"{BASE}/a b"}, "ApiEndpoint must be a URL"),
        ({"Method": "TRACE"}, "Method must be one of GET"),
        ({"Method": ["GET"]}, "Method must be one of GET"),
        ({"Headers": {"Authorization": "x"}}, "The header 'Authorization' cannot be set"),
        ({"Headers": {"X-Forwarded-For": "x"}}, "The header 'X-Forwarded-For' cannot be set"),
        ({"Headers": {"x-amz-date": "x"}}, "The header 'x-amz-date' cannot be set"),
        ({"Headers": [1]}, "Headers must be an object"),
        ({"QueryParameters": [1]}, "QueryParameters must be"),
        ({"RequestBody": [1], "Transform": {"RequestBodyEncoding": "URL_ENCODED"}}, "for an object, URL_ENCODED"),
        (
            {
                "RequestBody": {},
                "Transform": {"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": {"ArrayFormat": "X"}},
            },
            "ArrayFormat must be",
        ),
    ],
)
def test_what_cannot_be_sent_is_a_runtime_error_in_words(what: dict[str, Any], words: str) -> None:
    name, cause = refused(given(**what))
    assert (name, words in cause) == ("States.Runtime", True), cause


def test_the_connections_header_is_the_connections_however_it_is_written() -> None:
    own = {"x-api-key": "k"}
    for name in ("X-Api-Key", "x_api_key", "X-API_KEY"):
        sent = request_of(given(Headers={name: "mine", "x-note": "a"}), "api", BASE, own)
        assert {"k"} == {value for each, value in sent.headers.items() if each.replace("_", "-") == "x-api-key"}
        assert sent.headers["x-note"] == "a"


def test_a_secret_that_no_header_can_have_is_told_without_it() -> None:
    with pytest.raises(StateError) as caught:
        request_of(given(), "api", BASE, {"authorization": "Bearer line\nbreak"})
    assert caught.value.name == "Events.ConnectionResource.InvalidConnectionState"
    assert caught.value.cause == "the secret of [connections.api] cannot stand in a header"


def test_what_the_service_repeats_of_a_secret_is_taken_out() -> None:
    echoed = [("x-echo", "Bearer s3cret-of-it")], b"got authorization: Bearer s3cret-of-it, s3cret-of-it"
    assert without({"authorization": "Bearer s3cret-of-it"}, *echoed) == (
        [("x-echo", "***")], b"got authorization: ***, ***",
    )  # fmt: skip
    assert without({"authorization": "Bearer a"}, [], b"a banana") == ([], b"a banana")


def test_plain_http_goes_to_this_machine_alone() -> None:
    here = "http://127.0.0.1:9000"
    assert request_of(given(ApiEndpoint=f"{here}/a"), "api", here, {}).url == f"{here}/a"


@pytest.mark.parametrize("field", ["InvocationConfig", "Authentication"])
def test_the_connection_is_known_by_its_name(field: str) -> None:
    assert connection_name({field: {"ConnectionArn": ARN}}) == "Stripe"
    assert connection_name({field: {"ConnectionArn": ARN.rpartition("/")[0]}}) == "Stripe"
    for arn in ("", None, "arn:aws:events:us-east-2:123456789012:event-bus/Stripe", f"{ARN}/x"):
        with pytest.raises(StateError, match="ConnectionArn must be"):
            connection_name({field: {"ConnectionArn": arn}})
    with pytest.raises(StateError, match="'InvocationConfig' is required"):
        connection_name({})


def test_a_result() -> None:
    headers = [*JSON, ("Set-Cookie", "a"), ("set-cookie", "b")]
    assert result(201, "Created", headers, b'{"id": 1}') == {
        "Headers": {"content-type": ["application/json"], "set-cookie": ["a", "b"]},
        "ResponseBody": {"id": 1},
        "StatusCode": 201,
        "StatusText": "Created",
    }


@pytest.mark.parametrize(
    ("headers", "body", "told"),
    [
        ([], b"a", "a"),
        ([("content-type", "text/plain; charset=latin-1")], b"\xe9", "é"),
        ([("content-type", 'text/plain; Charset="UTF-8"')], b"\xef\xbb\xbfa", "a"),
        ([("content-type", "application/problem+json")], b"[1]", [1]),
        (JSON, b"{", "{"),
        (JSON, b"", ""),
        ([("content-type", "image/png")], b"", ""),
    ],
)
def test_the_body_of_a_result(headers: list[tuple[str, str]], body: bytes, told: Any) -> None:
    assert result(200, "OK", headers, body)["ResponseBody"] == told


@pytest.mark.parametrize(
    ("status", "headers", "body", "name", "cause"),
    [
        (404, [], b"no such customer", "States.Http.StatusCode.404", "no such customer"),
        (503, [], b"", "States.Http.StatusCode.503", "Reason"),
        (302, [("location", "https://evil.example")], b"", "States.Http.StatusCode.302", "Reason"),
        (502, [("content-type", "image/png")], b"\xff", "States.Http.StatusCode.502", "\ufffd"),
        (200, [("content-type", "image/png")], b"x", "States.Runtime", "The response is of type image/png"),
        (200, [("content-type", "application/octet-stream")], b"x", "States.Runtime", "The response is of type"),
        (200, [], b"\xff", "States.Runtime", "The response cannot be read as text"),
        *(
            (
                200,
                [("content-type", f"text/plain; charset={name}")],
                b"xn--a",
                "States.Runtime",
                "The response cannot be",
            )
            for name in ("x", "idna", "undefined", "punycode", "unicode_escape", "hex")
        ),
        (500, [("content-type", "text/plain; charset=latin-1")], b"\xe9", "States.Http.StatusCode.500", "é"),
        (200, [], b"\xc3\xa9" * MAX_BYTES, "States.DataLimitExceeded", "The state/task 'http' returned a result"),
    ],
)
def test_what_is_no_result(status: int, headers: list[tuple[str, str]], body: bytes, name: str, cause: str) -> None:
    with pytest.raises(StateError) as caught:
        result(status, "Reason", headers, body)
    assert (caught.value.name, str(caught.value.cause)[: len(cause)]) == (name, cause)
