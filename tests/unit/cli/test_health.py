from __future__ import annotations

import json

import pytest

from tests.unit.cli.scripted_api import scripted_api
from verihook import cli


def test_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    content = {"status": "ok", "ledger": "ok", "engines": {"durable": "ok"}, "withoutSecret": ["billing"]}
    with scripted_api({"GET /health": (200, content)}) as api:
        assert 0 == cli.main(["health", "--url", api.url])
        told = capsys.readouterr().out
        assert [["server", "ok"], ["ledger", "ok"], ["durable", "ok"]] == [
            line.split() for line in told.split("\n")[1:4]
        ]
        assert "These sources have no secret and answer 503: billing.\n" in told
        assert 0 == cli.main(["health", "--json", "--url", api.url])
    assert content == json.loads(capsys.readouterr().out)


def test_a_part_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    faults = {"durable": "It has ended.", "repairs": "They have, too."}
    content = {"status": "unavailable", "ledger": "ok", "engines": {"durable": "unavailable"}, "faults": faults}
    with scripted_api({"GET /health": (503, content)}) as api:
        assert 6 == cli.main(["health", "--url", api.url])
    rows = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()[1:]]
    assert ["durable", "unavailable", "It has ended."] in rows
    assert ["repairs", "unavailable", "They have, too."] in rows
