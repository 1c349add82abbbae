from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.scripted_api import scripted_api
from verihook import cli
from verihook.cli.connect import EXIT_CODES

LIST = "GET /v1/workflows"
NONE: Any = (200, {"workflows": []})


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("VERIHOOK_URL", raising=False)
    monkeypatch.delenv("VERIHOOK_KEY", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("status", "code", "mend"),
    [
        (400, 4, ""),
        (401, 5, "set VERIHOOK_KEY"),
        (403, 5, "set VERIHOOK_KEY"),
        (404, 3, "verihook instances list"),
        (409, 4, ""),
        (422, 4, "/sum: is missing; (the whole): is odd"),
        (500, 6, "its log has the request"),
        (501, 4, ""),
    ],
)
def test_each_error_is_one_line_and_an_exit_code(
    capsys: pytest.CaptureFixture[str], status: int, code: int, mend: str
) -> None:
    problem: dict[str, Any] = {"status": status, "code": "c", "detail": "What\x1b[2J is wrong.", "requestId": "r-1"}
    if status == 422:
        problem["violations"] = [{"pointer": "/sum", "message": "is missing"}, {"pointer": "", "message": "is odd"}]
    with scripted_api({LIST: (status, problem)}) as api:
        assert code == cli.main(["workflows", "list", "--url", api.url])
    shown = capsys.readouterr()
    assert ("", 1) == (shown.out, len(shown.err.splitlines()))
    # What a server says moves no cursor.
    assert shown.err.startswith("verihook: What�[2J is wrong.")
    assert mend in shown.err
    assert shown.err.endswith("(request r-1)\n")
    assert f"\n  {code}  " in EXIT_CODES


@pytest.mark.parametrize(
    ("code", "mend"),
    [
        ("instance-not-found", "See verihook instances list."),
        ("delivery-not-found", "See verihook deliveries list."),
        ("workflow-not-found", "See verihook workflows list."),
        ("source-not-found", "See verihook sources list."),
        ("key-not-found", "See verihook keys list."),
        ("job-not-found", "See verihook jobs list."),
        ("path-not-found", "Give the address of the server alone, without a path such as /v1 (--url, VERIHOOK_URL)."),
    ],
)
def test_what_was_not_found_says_where_to_look(capsys: pytest.CaptureFixture[str], code: str, mend: str) -> None:
    with scripted_api({LIST: (404, {"status": 404, "code": code, "detail": "Not there."})}) as api:
        assert 3 == cli.main(["workflows", "list", "--url", api.url])
    assert f"verihook: Not there. {mend}\n" == capsys.readouterr().err


def test_no_server(capsys: pytest.CaptureFixture[str]) -> None:
    assert 6 == cli.main(["workflows", "list"])
    assert "No Verihook runs on the data folder .verihook. Start it (verihook run)" in capsys.readouterr().err


def test_without_httpx(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("verihook.client")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "httpx", None)
    assert 2 == cli.main(["workflows", "list", "--url", "http://a.test"])
    assert "verihook: this command needs httpx: pip install 'verihook[local]'\n" == capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--url", "nowhere"], ["--url", "http://a.test", "--key", "a b"]])
def test_what_cannot_be_a_server_or_a_key(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert 2 == cli.main(["workflows", "list", *arguments])
    assert capsys.readouterr().err.startswith("verihook: ")


def test_which_server_and_which_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with scripted_api({LIST: NONE}) as local, scripted_api({LIST: NONE}) as remote:
        (tmp_path / "run.json").write_text(json.dumps({"url": local.url, "secrets": {}, "key": "vhk_run"}))
        data = ["--data", str(tmp_path)]
        monkeypatch.setenv("VERIHOOK_KEY", "vhk_environment")
        assert 0 == cli.main(["workflows", "list", *data])
        monkeypatch.setenv("VERIHOOK_URL", remote.url)
        assert 0 == cli.main(["workflows", "list"])
        # The environment's key is not for another server than the environment's.
        assert 0 == cli.main(["workflows", "list", *data])
        assert 0 == cli.main(["workflows", "list", *data, "--key", "vhk_given"])
        assert 0 == cli.main(["workflows", "list", "--url", remote.url, "--key", "vhk_given"])
    assert ["Bearer vhk_environment", "Bearer vhk_run", "Bearer vhk_given"] == [
        asked[2].get("authorization") for asked in local.asked
    ]
    assert ["Bearer vhk_environment", "Bearer vhk_given"] == [asked[2].get("authorization") for asked in remote.asked]
