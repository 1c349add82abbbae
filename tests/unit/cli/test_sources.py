from __future__ import annotations

import json

import pytest

from tests.unit.cli.scripted_api import scripted_api
from tests.unit.client.test_observing import SOURCE
from verihook import cli

SOURCES = "GET /v1/sources"


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    every = {**SOURCE, "name": "all", "types": []}
    with scripted_api({SOURCES: (200, {"sources": [SOURCE, every]})}) as api:
        assert 0 == cli.main(["sources", "list", "--url", api.url])
        head, *rows = capsys.readouterr().out.splitlines()
        assert ["SOURCE", "SENDER", "WORKFLOW", "PATH", "TYPES"] == head.split()
        assert ["orders", "generic", "order-created", "/hooks/orders", "order.created"] == rows[0].split()
        assert rows[1].endswith("  all")
        assert 0 == cli.main(["sources", "list", "--json", "--url", api.url])
    assert {"sources": [SOURCE, every]} == json.loads(capsys.readouterr().out)


def test_none(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({SOURCES: (200, {"sources": []})}) as api:
        assert 0 == cli.main(["sources", "list", "--url", api.url])
    assert "No sources.\n" == capsys.readouterr().out
