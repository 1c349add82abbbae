from __future__ import annotations

import json

import pytest

from tests.unit.cli.scripted_api import scripted_api
from tests.unit.client.scripted import LISTED
from verihook import cli

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


def test_for_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({}) as api:
        assert 3 == cli.main(["events", "raise", "nobody", "paid", "--url", api.url])
    assert capsys.readouterr().err.startswith("verihook: No POST /v1/instances/nobody/events/paid.")
