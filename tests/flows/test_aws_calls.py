"""What a delivery costs in AWS calls, and what is written of it."""

from __future__ import annotations

import json
from random import Random

import pytest

from tests.flows.conftest import AwsFace
from tests.flows.deployment import OLD_SECRET
from tests.flows.faces import Headers
from tests.flows.signing import github, new_id, order, x_signature
from verihook.cli.bill import counts


def post(face: AwsFace, body: bytes, headers: Headers, source: str = "orders") -> int:
    return face.send("POST", f"/hooks/{source}", headers, body).status


def test_an_accepted_delivery_is_two(aws_face: AwsFace, calls: list[str]) -> None:
    body = order()
    assert 200 == post(aws_face, body, x_signature(body))
    assert ["PutItem", "StartExecution"] == calls


def test_an_accepted_one_for_a_function_is_one(aws_face: AwsFace, calls: list[str]) -> None:
    body = order()
    assert 200 == post(aws_face, body, x_signature(body), "logged")
    assert ["PutItem"] == calls


@pytest.mark.parametrize("note", ["x" * 300_000, Random(1).randbytes(9_000).hex()], ids=["large", "not compressible"])
def test_a_large_one_is_one_more(aws_face: AwsFace, calls: list[str], note: str) -> None:
    body = order(note=note)
    assert 200 == post(aws_face, body, x_signature(body))
    assert ["PutObject", "PutItem", "StartExecution"] == calls
    calls.clear()
    assert 200 == post(aws_face, body, x_signature(body))
    assert ["PutItem"] == calls


@pytest.mark.parametrize("note", ["", "x" * 200_000, Random(1).randbytes(3_900).hex()], ids=["none", "alike", "8 KB"])
def test_one_that_its_row_has_room_for_is_two(aws_face: AwsFace, calls: list[str], note: str) -> None:
    body = order(note=note)
    assert 200 == post(aws_face, body, x_signature(body))
    assert ["PutItem", "StartExecution"] == calls


def test_of_several_workflows_each_is_two_and_all_are_claimed_first(aws_face: AwsFace, calls: list[str]) -> None:
    body = order(seconds=0)
    assert 200 == post(aws_face, body, x_signature(body), "both")
    # One of the three is a function, whose start costs nothing.
    assert ["PutItem"] * 3 + ["StartExecution"] * 2 == calls
    calls.clear()
    assert 200 == post(aws_face, body, x_signature(body), "both")
    assert ["PutItem"] * 3 == calls


def test_one_in_order_is_three_whether_it_waits_or_not(aws_face: AwsFace, calls: list[str]) -> None:
    # A line of its own for each client: the ledger is the same.
    line = new_id()
    first, second = order(orderId=line), order(orderId=line)
    assert 200 == post(aws_face, first, x_signature(first), "in-order")
    assert ["PutItem", "UpdateItem", "StartExecution"] == calls
    calls.clear()
    assert 200 == post(aws_face, second, x_signature(second), "in-order")
    assert ["PutItem", "UpdateItem", "PutItem"] == calls
    calls.clear()
    assert 200 == post(aws_face, second, x_signature(second), "in-order")
    assert ["PutItem"] == calls


def test_a_duplicate_is_one(aws_face: AwsFace, calls: list[str]) -> None:
    body = order()
    post(aws_face, body, x_signature(body))
    calls.clear()
    assert 200 == post(aws_face, body, x_signature(body))
    assert ["PutItem"] == calls


def test_where_the_id_is_not_signed_an_accepted_one_is_one_more(aws_face: AwsFace, calls: list[str]) -> None:
    for source, start in (("github", []), ("guarded", ["StartExecution"])):
        body, event = order(), new_id()
        assert 200 == post(aws_face, body, github(body, event), source)
        assert ["PutItem", "PutItem", *start] == calls
        calls.clear()
        assert 200 == post(aws_face, body, github(body, event), source)
        # If replays are refused, what was signed is looked up first.
        assert ["PutItem"] * (2 if source == "guarded" else 1) == calls
        calls.clear()
        replayed = post(aws_face, body, github(body, new_id()), source)
        assert ((200, 2) if source == "github" else (409, 1)) == (replayed, len(calls))
        calls.clear()


def test_a_forged_an_ignored_and_a_malformed_one_are_none(aws_face: AwsFace, calls: list[str]) -> None:
    body = order(type="unwanted")
    assert 401 == post(aws_face, body, x_signature(body, "guess"))
    assert 200 == post(aws_face, body, x_signature(body), "filtered")
    assert 400 == post(aws_face, b"{", x_signature(b"{"))
    assert [] == calls


def test_the_first_delivery_by_an_old_secret_is_noted_by_one_more(aws_face: AwsFace, calls: list[str]) -> None:
    expected = [["PutItem", "StartExecution", "UpdateItem"], ["PutItem", "StartExecution"]]
    # Another test may have been the first within ten minutes.
    seen = [_calls_of_an_accepted(aws_face, calls, OLD_SECRET) for _ in range(2)]
    assert expected[1] == seen[1]
    assert seen[0] in expected


def _calls_of_an_accepted(face: AwsFace, calls: list[str], secret: str) -> list[str]:
    calls.clear()
    body = order()
    assert 200 == post(face, body, x_signature(body, secret), "rotated")
    return list(calls)


def test_a_status_is_one_and_never_the_engine(aws_face: AwsFace, calls: list[str]) -> None:
    body = order()
    instance_id = aws_face.send("POST", "/", x_signature(body), body).json["instanceId"]
    calls.clear()
    assert 200 == super(AwsFace, aws_face).send("GET", f"/?instanceId={instance_id}", []).status
    assert 404 == super(AwsFace, aws_face).send("GET", "/?instanceId=malformed!", []).status
    assert ["GetItem"] == calls


def test_the_line_of_a_delivery(aws_face: AwsFace, capsys: pytest.CaptureFixture[str]) -> None:
    event = new_id()
    body = order(id=event, secret_note="nobody's business")
    headers = x_signature(body)
    capsys.readouterr()
    post(aws_face, body, headers)
    # The log can also have lines of the state machines of other tests.
    (line,) = [line for line in capsys.readouterr().out.splitlines(keepends=True) if event in line]
    record = json.loads(line)
    assert ("accepted", "current", event) == tuple(
        record["delivery"][name] for name in ("outcome", "verified_by", "event_id")
    )
    assert record["correlation_id"]
    assert ([1.0], "orders") == (record["Accepted"], record["source"])
    assert {"Accepted", "Latency"} == {metric["Name"] for metric in record["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    # What verihook cost reckons with: its bytes, and a series for each metric by each set of dimensions.
    assert counts()["receiver_log_bytes"] - 60 < len(line.encode()) <= counts()["receiver_log_bytes"]
    (told,) = record["_aws"]["CloudWatchMetrics"]
    for dimensions, series in zip(told["Dimensions"], ("of_all", "of_a_source"), strict=True):
        assert len(told["Metrics"]) == counts()["metrics"][series], dimensions
    for secret in ("nobody's business", "s3cret", headers[1][1]):
        assert secret not in line


def test_the_line_of_a_refusal(aws_face: AwsFace, capsys: pytest.CaptureFixture[str]) -> None:
    body = order()
    capsys.readouterr()
    post(aws_face, body, x_signature(body, "guess"))
    (record,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"Rejected"' in line]
    assert ([1.0], "signature-mismatch") == (record["Rejected"], record["reason"])
    assert [["service"], ["service", "source"]] == record["_aws"]["CloudWatchMetrics"][0]["Dimensions"]


def test_a_stranger_makes_no_dimension(aws_face: AwsFace, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    post(aws_face, b"{}", [], "made-up")
    (record,) = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert record["delivery"].pop("path") == "/hooks/made-up"
    assert "made-up" not in json.dumps(record)
