from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.unit.cli.scripted_api import scripted_api
from tests.unit.client.scripted import AT, LISTED
from verihook import cli
from verihook.api.openapi_examples import EXAMPLES

ONE = "GET /v1/instances/order-1"
MORE = {**LISTED, "instanceId": "order-2", "status": "completed"}
DETAIL = {**LISTED, "input": {"sum": 1}, "output": None}


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    pages = [(200, {"instances": [LISTED], "cursor": "1"}), (200, {"instances": [MORE], "cursor": None})]
    with scripted_api({"GET /v1/instances": pages}) as api:
        assert 0 == cli.main(["instances", "list", "--workflow", "orders", "--since", "2h", "--url", api.url])
    shown = capsys.readouterr().out.splitlines()
    assert ["INSTANCE  WORKFLOW  STATUS     CREATED               UPDATED"] == shown[:1]
    assert ["order-1", "order-2"] == [line.split()[0] for line in shown[1:]]
    assert "workflow=orders" in api.asked[0][1]
    assert "cursor=1" in api.asked[1][1]
    assert re.search(r"since=20\d\d-\d\d-\d\dT", api.asked[0][1])


def test_no_more_is_read_than_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({"GET /v1/instances": (200, {"instances": [LISTED], "cursor": "1"})}) as api:
        command = ["instances", "list", "--limit", "2", "--metadata", "customer=42", "--json", "--url", api.url]
        assert 0 == cli.main(command)
    assert {"instances": [LISTED, LISTED]} == json.loads(capsys.readouterr().out)
    assert ["/v1/instances?limit=2&metadata.customer=42", "/v1/instances?limit=2&cursor=1&metadata.customer=42"] == [
        asked[1] for asked in api.asked
    ]


def test_none(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({"GET /v1/instances": (200, {"instances": [], "cursor": None})}) as api:
        assert 0 == cli.main(["instances", "list", "--status", "failed", "--url", api.url])
    assert "No instances.\n" == capsys.readouterr().out


def test_get(capsys: pytest.CaptureFixture[str]) -> None:
    failed = {**DETAIL, "status": "failed", "attempt": 2, "error": {"code": "Payment", "message": "de\nclined"}}
    with scripted_api({ONE: (200, failed)}) as api:
        assert 0 == cli.main(["instances", "get", "order-1", "--url", api.url])
    shown = capsys.readouterr().out
    assert "status    failed, attempt 2\n" in shown
    assert "labels    vip, customer=42\n" in shown
    assert "error     Payment: de�clined\n" in shown
    assert 'input     {"sum": 1}\n' in shown
    assert "source" not in shown


def test_one_that_is_suspended_before_its_engine_came_to_it(capsys: pytest.CaptureFixture[str]) -> None:
    held, told = {**DETAIL, "status": "running", "held": True}, "running, held"
    answers = {
        ONE: (200, held),
        "GET /v1/instances": (200, {"instances": [held], "cursor": None}),
        "POST /v1/instances/order-1/suspend": (200, held),
    }
    with scripted_api(answers) as api:
        assert 0 == cli.main(["instances", "suspend", "order-1", "--url", api.url])
        assert f"order-1 is {told}.\n" == capsys.readouterr().out
        assert 0 == cli.main(["instances", "list", "--url", api.url])
        assert f"  {told}  " in capsys.readouterr().out
        assert 0 == cli.main(["instances", "get", "order-1", "--url", api.url])
        assert f"status    {told}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("held", "code", "cause", "told"),
    [
        (
            True,
            "WaitsItsTurn",
            "night",
            ["held      until it is resumed or terminated: night", "error     WaitsItsTurn"],
        ),
        (True, "NoInstance", "", ["held      until it is resumed or terminated", "error     NoInstance"]),
        (True, "WorkflowPaused", "paused", ["error     WorkflowPaused: paused"]),
        (False, "NoInstance", "waits", ["error     NoInstance: waits"]),
    ],
)
def test_what_an_operator_holds_is_told_from_what_waits(
    capsys: pytest.CaptureFixture[str], held: bool, code: str, cause: str, told: list[str]
) -> None:
    error = {"code": code, "message": cause}
    with scripted_api({ONE: (200, {**DETAIL, "status": "suspended", "held": held, "error": error})}) as api:
        assert 0 == cli.main(["instances", "get", "order-1", "--url", api.url])
    shown = capsys.readouterr().out.splitlines()
    assert told == [line for line in shown if line.startswith(("held", "error"))]


@pytest.mark.parametrize("status", ["suspended", "completed", "terminated"])
def test_held_says_nothing_more_of_others(capsys: pytest.CaptureFixture[str], status: str) -> None:
    with scripted_api({ONE: (200, {**DETAIL, "status": status, "held": True})}) as api:
        assert 0 == cli.main(["instances", "get", "order-1", "--url", api.url])
    assert f"status    {status}\n" in capsys.readouterr().out


def test_an_event_is_one_of_a_source(capsys: pytest.CaptureFixture[str]) -> None:
    # A start by hand has the hash of its idempotency key there.
    by_hand = {**DETAIL, "source": None, "eventId": "e417c1e6", "eventType": None}
    webhook = {**DETAIL, "source": "orders", "eventId": "evt-1", "eventType": "created"}
    with scripted_api({ONE: [(200, by_hand), (200, webhook)]}) as api:
        assert 0 == cli.main(["instances", "get", "order-1", "--url", api.url])
        assert "event" not in capsys.readouterr().out
        assert 0 == cli.main(["instances", "get", "order-1", "--url", api.url])
        assert "event     created evt-1\n" in capsys.readouterr().out


def test_a_refusal_names_the_option_and_not_the_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    detail = "This API key is bound to workflows: list one of them with ?workflow=NAME."
    refused = (403, {"status": 403, "code": "forbidden", "detail": detail, "requestId": "r-1"})
    with scripted_api({"GET /v1/instances": refused}) as api:
        assert 5 == cli.main(["instances", "list", "--url", api.url])
    told = capsys.readouterr().err
    assert "list one of them with --workflow NAME." in told
    assert "(request r-1)" in told


def test_steps(capsys: pytest.CaptureFixture[str]) -> None:
    step = {"name": "charge", "status": "running", "startedAt": AT, "endedAt": None, "error": None}
    with scripted_api({f"{ONE}/steps": (200, {"steps": [step]})}) as api:
        assert 0 == cli.main(["instances", "steps", "order-1", "--url", api.url])
        assert "charge  running  2026-03-01 12:00:00Z" in capsys.readouterr().out
    with scripted_api({f"{ONE}/steps": (200, {"steps": []})}) as api:
        assert 0 == cli.main(["instances", "steps", "order-1", "--url", api.url])
        assert "No steps.\n" == capsys.readouterr().out


@pytest.mark.parametrize(
    ("action", "options", "body"),
    [
        ("terminate", ["--reason", "twice"], {"reason": "twice"}),
        ("terminate", ["--output", "null"], {"reason": "", "output": None}),
        ("suspend", ["--reason", "count"], {"reason": "count"}),
        ("resume", [], None),
        ("restart", [], None),
        ("redrive", [], None),
    ],
)
def test_acts(capsys: pytest.CaptureFixture[str], action: str, options: list[str], body: Any) -> None:
    with scripted_api({f"POST /v1/instances/order-1/{action}": (200, LISTED)}) as api:
        assert 0 == cli.main(["instances", action, "order-1", *options, "--url", api.url])
        assert "order-1 is running.\n" == capsys.readouterr().out
        assert 0 == cli.main(["instances", action, "order-1", *options, "--url", api.url, "--json"])
        assert LISTED == json.loads(capsys.readouterr().out)
    assert [body, body] == [asked[3] for asked in api.asked]


def test_purge(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({"DELETE /v1/instances/order-1": (204, None)}) as api:
        assert 0 == cli.main(["instances", "purge", "order-1", "--force", "--url", api.url])
        assert 0 == cli.main(["instances", "purge", "order-1", "--json", "--url", api.url])
    assert ["/v1/instances/order-1?force=true", "/v1/instances/order-1"] == [asked[1] for asked in api.asked]
    assert capsys.readouterr().out.startswith("order-1 is purged.\n{")


def test_an_unknown_status_is_wrong_use() -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["instances", "list", "--status", "done"])
    assert 2 == end.value.code


def test_attempts(capsys: pytest.CaptureFixture[str]) -> None:
    failed = {"number": 1, "status": "failed", "startedAt": AT, "endedAt": AT, "error": {"code": "E", "message": "no"}}
    content = {"attempts": [failed, {**failed, "number": 2, "status": "running", "endedAt": None, "error": None}]}
    with scripted_api({f"{ONE}/attempts": (200, content)}) as api:
        assert 0 == cli.main(["instances", "attempts", "order-1", "--url", api.url])
        head, first, second = capsys.readouterr().out.splitlines()
        assert ["ATTEMPT", "STATUS", "STARTED", "ENDED", "ERROR"] == head.split()
        assert ["1", "failed", "2026-03-01", "12:00:00Z", "2026-03-01", "12:00:00Z", "E:", "no"] == first.split()
        assert ["2", "running", "2026-03-01", "12:00:00Z"] == second.split()
        assert 0 == cli.main(["instances", "attempts", "order-1", "--json", "--url", api.url])
    assert content == json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("status", "words"),
    [("running", "a worker runs it; if that has died, another begins then"), ("queued", "the next try")],
)
def test_a_lease_is_shown(capsys: pytest.CaptureFixture[str], status: str, words: str) -> None:
    with scripted_api({ONE: (200, {**DETAIL, "status": status, "leasedUntil": AT})}) as api:
        assert 0 == cli.main(["instances", "get", "order-1", "--url", api.url])
    assert f"leased until  2026-03-01 12:00:00Z ({words})\n" in capsys.readouterr().out


def test_failures(capsys: pytest.CaptureFixture[str]) -> None:
    content = EXAMPLES["FailureGroups"]
    answers = {"GET /v1/failures": [(200, content), (200, content), (200, {"failures": [], "complete": True})]}
    with scripted_api(answers) as api:
        command = ["instances", "failures", "--url", api.url]
        assert 0 == cli.main([*command, "--workflow", "order-created", "--since", "1d"])
        _, row = capsys.readouterr().out.splitlines()
        assert 0 == cli.main([*command, "--json"])
        assert {"failures": content["failures"]} == json.loads(capsys.readouterr().out)
        assert 0 == cli.main(command)
        assert "No failures.\n" == capsys.readouterr().out
    assert ["order-created", "Payment", "3"] == row.split()[:3]
    assert api.asked[0][1].startswith("/v1/failures?workflow=order-created&since=")
