"""Guards at the edges of one machine: mutants.toml breaks each."""

from __future__ import annotations

import http.client
import json
from argparse import Namespace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from verihook.cli.connect import connect
from verihook.client import Unavailable
from verihook.client.clients import of_run
from verihook.local.data import DataFolder
from verihook.local.durable import DurableRunner
from verihook.local.runner import Interpreter
from verihook.local.runner.integrations import Integrations


def test_the_state_machines_serve_no_page(tmp_path: Path) -> None:
    events: list[object] = []
    with Interpreter(tmp_path / "e.db", integrations=Integrations({"worker": events.append}, None)) as interpreter:
        connection = http.client.HTTPConnection(urlsplit(interpreter.endpoint_url).netloc, timeout=60)
        path = "/2015-03-31/functions/worker/invocations"
        # What a form, or fetch in the mode no-cors, may send without a preflight.
        connection.request("POST", path, "{}", {"Origin": "https://evil.example", "Content-Type": "text/plain"})
        assert 403 == connection.getresponse().status
        connection.close()
    assert [] == events


def test_the_engines_serve_the_key_of_the_run_alone(tmp_path: Path) -> None:
    with (
        Interpreter(tmp_path / "e.db", access_key="mine") as machines,
        DurableRunner(tmp_path / "d.db", tmp_path, access_key="mine") as durable,
    ):
        for url in (machines.endpoint_url, durable.endpoint_url):
            for key, refused in (("mine", False), ("other", True), ("min", True), ("", True)):
                connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
                signed = f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/states/aws4_request, Signature=0"
                connection.request("POST", "/", "{}", {"Authorization": signed} if key else {})
                assert refused == (connection.getresponse().status == 403)
                connection.close()


@pytest.mark.parametrize("url", ["https://evil.example", "http://127.0.0.1.evil.example:80", "http://[", "http://a@b"])
def test_a_data_folder_names_a_server_of_this_machine(tmp_path: Path, url: str) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"url": url, "secrets": {}, "key": "vhk_run"}))
    with pytest.raises(Unavailable, match="No Verihook runs"):
        of_run(tmp_path)


def test_the_environments_key_goes_to_the_environments_server_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERIHOOK_KEY", "vhk_environment")
    monkeypatch.setenv("VERIHOOK_URL", "https://mine.example/")
    sent = []
    for url in ("https://other.example", "https://mine.example", None):
        with connect(Namespace(url=url, key=None, data=None)) as client:
            sent.append(client._http.headers.get("authorization"))
    assert [None, "Bearer vhk_environment", "Bearer vhk_environment"] == sent


def test_a_data_folder_that_is_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.close()
    assert 0o700 == (tmp_path / "data").stat().st_mode & 0o777
