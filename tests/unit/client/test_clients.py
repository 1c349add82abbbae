from __future__ import annotations

import asyncio
import inspect
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.flows.deployment import ROOT
from tests.unit.client.scripted import SWIFT
from verihook.client import AsyncClient, Client, Unavailable
from verihook.client.clients import Operations

PROGRAM = """
import json, sys
import httpx
before = {*sys.modules}
import verihook.client
print(json.dumps(sorted({*sys.modules} - before)))
"""


def test_it_imports_httpx_and_the_standard_library_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT / "handler", capture_output=True, text=True, check=True
    )
    imported = json.loads(done.stdout)
    ours = [name for name in imported if name.startswith("verihook.") and not name.startswith("verihook.client")]
    assert ["verihook.model", "verihook.model.instance", "verihook.model.loopback"] == ours
    assert {name.partition(".")[0] for name in imported} - sys.stdlib_module_names == {"verihook"}


def test_the_two_have_the_same_methods_with_the_same_parameters() -> None:
    blocking, awaiting = Client("http://a.test"), AsyncClient("http://a.test")
    names = [name for name in vars(Operations) if not name.startswith("_")]
    assert {"start", "start_and_wait", "wait", "raise_event", "purge"} <= {*names}
    for name in [*names, "list"]:
        one, other = getattr(blocking, name), getattr(awaiting, name)
        assert [*inspect.signature(one).parameters] == [*inspect.signature(other).parameters]
        assert one.__doc__ == other.__doc__
        assert one.__doc__


@pytest.mark.parametrize(
    "url", ["", "hooks.test", "ftp://hooks.test", "http://", "http://hooks.test/?a=1", "http://a\x00", "http://a:b"]
)
def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(ValueError, match="must be https://HOST"):
        Client(url)


def test_a_password_in_the_url_is_not_told() -> None:
    with pytest.raises(ValueError, match="give an API key") as caught:
        Client("https://kim:geheim@hooks.test")
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("key", ["vhk_ü", "vhk_1\n", "vhk 1"])
def test_a_key_that_is_none_is_not_told(key: str) -> None:
    with pytest.raises(ValueError, match="must be printable ASCII") as caught:
        Client("http://hooks.test", key)
    assert "vhk" not in str(caught.value)


@pytest.mark.parametrize("make", [Client, AsyncClient])
def test_nobody_listens(make: Callable[..., Client | AsyncClient]) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        client = make(url, retries=SWIFT)
        with pytest.raises(Unavailable, match=f"{url} did not answer") as caught:
            asyncio.run(_used(client)) if isinstance(client, AsyncClient) else client.get("a")
    assert 0 == caught.value.status
    if isinstance(client, Client):
        client.close()


async def _used(client: AsyncClient) -> None:
    async with client:
        await client.get("a")


def test_the_server_of_a_data_folder(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="No Verihook runs on the data folder"):
        Client.from_run(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({"url": "http://127.0.0.1:1234", "secrets": {}, "key": "vhk_run"}))
    asked: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((str(request.url), request.headers["authorization"]))
        return httpx.Response(200, json={"workflows": []})

    with Client.from_run(tmp_path, transport=httpx.MockTransport(answer)) as client:
        assert () == client.workflows()
    with Client.from_run(tmp_path, "vhk_mine", transport=httpx.MockTransport(answer)) as client:
        client.workflows()
    url = "http://127.0.0.1:1234/v1/workflows"
    assert [(url, "Bearer vhk_run"), (url, "Bearer vhk_mine")] == asked


def test_a_server_that_another_user_announced_gets_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"url": "http://127.0.0.1:1234", "secrets": {}, "key": "vhk_run"}))
    if os.geteuid() == 0:
        os.chown(tmp_path / "run.json", 65534, 65534)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    for client in (Client, AsyncClient):
        with pytest.raises(Unavailable, match=r"run\.json belongs to another user \(uid \d+\): "):
            client.from_run(tmp_path, "vhk_mine")


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:1")
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:1")
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with (
            Client(f"http://127.0.0.1:{held.getsockname()[1]}", retries=0) as client,
            pytest.raises(Unavailable, match="refused"),
        ):
            client.workflows()
