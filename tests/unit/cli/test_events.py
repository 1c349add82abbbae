from __future__ import annotations

import json

import pytest

from tests.unit.cli.scripted_api import scripted_api
from tests.unit.client.scripted import AT, LISTED
from verihook import cli
from verihook.api.openapi_examples import EXAMPLES

LIST = "GET /v1/instances/order-1/events"
RAISE = "POST /v1/instances/order-1/events/paid"


def test_raise(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({RAISE: (202, LISTED)}) as api:
        command = ["events", "raise", "order-1", "paid", "--url", api.url]
        assert 0 == cli.main([*command, "--payload", '{"sum": 1}', "--event-id", "e-1"])
        assert "paid is raised for order-1, which is running.\n" == capsys.readouterr().out
        assert 0 == cli.main([*command, "--json"])
        assert LISTED == json.loads(capsys.readouterr().out)
    first, second = api.asked
    assert (f"{RAISE[5:]}?eventId=e-1", {"sum": 1}) == (first[1], first[3])
    assert second[3] is None
    assert "eventId=" in second[1]


def test_what_waits_of_all_instances(capsys: pytest.CaptureFixture[str]) -> None:
    wait = EXAMPLES["Waits"]["waits"][0]
    more = {"waits": [wait], "cursor": "next"}
    last = {"waits": [{**wait, "until": None, "shows": None}], "cursor": None}
    command = ["events", "waiting", "--workflow", "order-approval"]
    with scripted_api({"GET /v1/waits": [(200, more), (200, last), (200, last), (200, {**last, "waits": []})]}) as api:
        assert 0 == cli.main([*command, "--url", api.url])
        head, first, second = capsys.readouterr().out.splitlines()
        assert 0 == cli.main([*command, "--json", "--url", api.url])
        assert {"waits": last["waits"]} == json.loads(capsys.readouterr().out)
        assert 0 == cli.main([*command, "--url", api.url])
        assert "Nothing waits.\n" == capsys.readouterr().out
    assert ["INSTANCE", "WORKFLOW", "EVENT", "SINCE", "UNTIL", "SHOWS"] == head.split()
    assert first.endswith('2026-03-08 12:00:00Z  {"orderId": "1042", "amount": 20}')
    assert "approved" in second
    query = "limit={}&workflow=order-approval"
    expected = [f"/v1/waits?{query.format(50)}", f"/v1/waits?{query.format(100)}&cursor=next"]
    assert expected == [target for _, target, _, _ in api.asked[:2]]


def test_for_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({}) as api:
        assert 3 == cli.main(["events", "raise", "nobody", "paid", "--url", api.url])
    assert capsys.readouterr().err.startswith("verihook: No POST /v1/instances/nobody/events/paid.")


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    buffered = {"name": "paid", "id": "e-1", "state": "buffered", "at": AT}
    content = {"events": [buffered, {"name": "approved", "id": None, "state": "waiting", "at": AT}]}
    command = ["events", "list", "order-1"]
    with scripted_api({LIST: [(200, content), (200, content), (200, {"events": []})]}) as api:
        assert 0 == cli.main([*command, "--url", api.url])
        head, first, second = capsys.readouterr().out.splitlines()
        assert ["EVENT", "STATE", "SINCE", "ID"] == head.split()
        assert ["paid", "buffered", "2026-03-01", "12:00:00Z", "e-1"] == first.split()
        assert ["approved", "waiting", "2026-03-01", "12:00:00Z"] == second.split()
        assert 0 == cli.main([*command, "--json", "--url", api.url])
        assert content == json.loads(capsys.readouterr().out)
        assert 0 == cli.main([*command, "--url", api.url])
    assert "No events.\n" == capsys.readouterr().out
