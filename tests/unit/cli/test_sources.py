from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.scripted_api import scripted_api
from tests.unit.client.test_observing import SOURCE
from verihook import cli
from verihook.api.openapi_examples import EXAMPLES

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


def test_an_unchecked_sender_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({SOURCES: (200, {"sources": [{**SOURCE, "sender": "connectwise"}]})}) as api:
        assert 0 == cli.main(["sources", "list", "--url", api.url])
    assert "  connectwise (unchecked)  " in capsys.readouterr().out


def test_none(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({SOURCES: (200, {"sources": []})}) as api:
        assert 0 == cli.main(["sources", "list", "--url", api.url])
    assert "No sources.\n" == capsys.readouterr().out


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    detail = EXAMPLES["SourceDetail"]
    with scripted_api({f"{SOURCES}/orders": (200, detail)}) as api:
        assert 0 == cli.main(["sources", "show", "orders", "--url", api.url])
        shown = capsys.readouterr().out
        assert 0 == cli.main(["sources", "show", "orders", "--json", "--url", api.url])
        assert detail == json.loads(capsys.readouterr().out)
    for words in (detail["url"], detail["scheme"], "at least 500 accepted", "signature-mismatch", "env:ORDERS"):
        assert words in shown


@pytest.mark.parametrize(("as_expected", "code"), [(True, 0), (False, 1)])
def test_a_trial(capsys: pytest.CaptureFixture[str], tmp_path: Path, as_expected: bool, code: int) -> None:
    content = {**EXAMPLES["TrialResult"], "asExpected": as_expected}
    body = tmp_path / "body.json"
    body.write_text('{"id": 1}')
    command = ["sources", "test", "orders", "--kind", "tampered", "--body", str(body), "--confirm", "order-created"]
    with scripted_api({"POST /v1/sources/orders/test": (200, content)}) as api:
        assert code == cli.main([*command, "--url", api.url])
        first, *rest = capsys.readouterr().out.splitlines()
        assert code == cli.main([*command, "--json", "--url", api.url])
        assert content == json.loads(capsys.readouterr().out)
    assert {"kind": "tampered", "body": '{"id": 1}', "confirm": "order-created"} == api.asked[0][3]
    words = "as expected" if as_expected else "NOT AS EXPECTED"
    assert f"{words}: rejected (signature-mismatch), answered 401" == first
    assert as_expected or rest[0] == "expected: rejected (signature-mismatch)"
