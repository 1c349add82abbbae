"""``verihook open``: the browser gets no key as an argument, and a server elsewhere is given none."""

from __future__ import annotations

import json
import re
import stat
import webbrowser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.unit.cli.scripted_api import scripted_api
from tests.unit.client.scripted import ACCEPTED, LISTED
from verihook import cli

KEY = "vhk_run"
URL = "http://127.0.0.1:8787"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "run.json").write_text(json.dumps({"url": URL, "secrets": {}, "key": KEY}))
    return tmp_path


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a browser was given."""
    given: list[str] = []

    def note(target: str) -> bool:
        given.append(target)
        return True

    monkeypatch.setattr(webbrowser, "open", note)
    monkeypatch.delenv("VERIHOOK_URL", raising=False)
    return given


def test_the_key_is_in_a_file_that_only_its_owner_reads(data: Path, shown: list[str]) -> None:
    assert 0 == cli.main(["open", "order-1", "--data", str(data)])
    (target,) = shown
    assert KEY not in target
    page = Path(unquote(urlsplit(target).path))
    assert (data / "open.html", 0o600) == (page, stat.S_IMODE(page.stat().st_mode))
    (address,) = set(re.findall(r'(?:href="|url=)([^"]+)"', page.read_text()))
    assert f"{URL}/console/instances/order-1#key={KEY}" == address


def test_it_is_printed_for_who_asks(data: Path, shown: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == cli.main(["open", "--print", "--data", str(data)])
    assert f"{URL}/console/#key={KEY}\n" == capsys.readouterr().out
    assert [] == shown


def test_a_server_elsewhere_asks_for_the_key_itself(
    shown: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VERIHOOK_KEY", "vhk_mine")
    assert 0 == cli.main(["open", "--url", "https://hooks.example.com/"])
    assert ["https://hooks.example.com/console/"] == shown
    monkeypatch.setenv("VERIHOOK_URL", "https://other.example.com")
    assert 0 == cli.main(["open", "a b", "--print"])
    assert "https://other.example.com/console/instances/a%20b\n" == capsys.readouterr().out


def test_without_a_server_and_without_a_browser(
    tmp_path: Path, data: Path, shown: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == cli.main(["open", "--data", str(tmp_path / "none")])
    assert "no Verihook runs on this data folder" in capsys.readouterr().err
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    assert 1 == cli.main(["open", "--data", str(data)])
    assert "verihook open --print prints the address" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["workflows", "run", "orders"], ["instances", "get", "order-1"]])
def test_commands_that_open_the_page_of_their_instance(command: list[str], shown: list[str]) -> None:
    answers = {"POST /v1/workflows/orders/instances": (202, ACCEPTED), "GET /v1/instances/order-1": (200, LISTED)}
    with scripted_api(answers) as api:
        assert 0 == cli.main([*command, "--open", "--url", api.url])
        assert [f"{api.url}/console/instances/order-1"] == shown
