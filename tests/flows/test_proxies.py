"""The API of one machine behind what people put in front of it: a proxy or a relay lets no stranger in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.flows.commands import verihook
from tests.flows.deployment import ROOT, SECRET, VARIABLES
from tests.flows.faces import Headers, HttpFace, Server, run_key, serving
from tests.flows.signing import order, x_signature
from tests.flows.waiting import wait_until
from tests.held_ports import held_port

#: proxy_pass as every guide has it: no header is set, so the server sees its own address as Host.
NGINX = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    {location}
  }}
}}
"""

NEW_KEY = {"name": "stranger", "scopes": ["keys:manage", "instances:read"]}

Way = Callable[[str, Path], AbstractContextManager[str]]


@contextmanager
def nginx(url: str, folder: Path, location: str = "") -> Iterator[str]:
    """nginx in front of ``url``; gives its own URL. Without nginx the test is skipped, except in CI."""
    location = location or f"location / {{ proxy_pass {url}; }}"
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        why = "nginx is absent; the Debian package nginx-light has it"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    assert program is not None
    command = [program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    with held_port() as port:
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, location=location))
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: _listens(port), what="nginx did not listen")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(60)


@contextmanager
def relay(url: str, folder: Path) -> Iterator[str]:
    """Bytes passed on as they are: socat, ``ssh -R``, ``ngrok tcp``, HAProxy in TCP mode."""
    target = int(url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, target), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        # Or its thread would go on to wait, and take the next connection to this port.
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, target: int) -> None:
    with suppress(OSError):
        while True:
            near, _ = listener.accept()
            threading.Thread(target=_join, args=(near, target), daemon=True).start()


def _join(near: socket.socket, target: int) -> None:
    with near, socket.create_connection(("127.0.0.1", target)) as far:
        back = threading.Thread(target=_pass_on, args=(far, near), daemon=True)
        back.start()
        _pass_on(near, far)
        back.join()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """``verihook run`` as it is by default."""
    with serving(tmp_path_factory.mktemp("closed") / "data", VARIABLES) as server:
        yield server


@pytest.mark.parametrize("way", [nginx, relay])
def test_a_stranger_behind_it_gets_401_and_webhooks_pass(server: Server, tmp_path: Path, way: Way) -> None:
    with way(server.url, tmp_path) as url, httpx.Client(base_url=url, trust_env=False) as stranger:
        listed, made = stranger.get("/v1/instances"), stranger.post("/v1/keys", json=NEW_KEY)
        dialect = stranger.post("/v1.0/workflows/dapr/order-log/start", json={})
        assert [401, 401, 401] == [reply.status_code for reply in (listed, made, dialect)]
        # The name that is called is the client's choice.
        assert 401 == stranger.get("/v1/instances", headers={"host": "localhost"}).status_code
        body = order()
        assert 200 == HttpFace(url).send("POST", "/hooks/orders", x_signature(body), body).status
        key = run_key(server.data)
        assert 200 == stranger.get("/v1/instances", headers={"x-api-key": key}).status_code


def test_a_caller_on_this_machine_needs_the_key_of_the_run_too(server: Server) -> None:
    face = HttpFace(server.url)
    assert 401 == face.send("GET", "/v1/instances", []).status
    shown = verihook("keys", "run", "--data", str(server.data)).stdout.strip()
    assert run_key(server.data) == shown
    header = verihook("keys", "run", "--header", "--data", str(server.data)).stdout.strip()
    name, _, value = header.partition(": ")
    assert 200 == face.send("GET", "/v1/instances", [(name, value)]).status
    assert "The API asks for a key" in server.output.read_text()


def test_an_open_machine_refuses_what_nginx_passes_on(tmp_path: Path) -> None:
    with serving(tmp_path / "data", VARIABLES, "--open") as server:
        assert 200 == HttpFace(server.url).send("GET", "/v1/instances", []).status
        with nginx(server.url, tmp_path) as url:
            assert 401 == HttpFace(url).send("GET", "/v1/instances", []).status
        # A relay leaves no sign: that is what the banner says.
        assert "The API is OPEN" in server.output.read_text()


def test_a_key_made_while_the_api_was_open_ends_with_that(tmp_path: Path) -> None:
    def make(key: str = "") -> str:
        headers = {"x-api-key": key} if key else {}
        reply = httpx.post(f"{machine.url}/v1/keys", json=NEW_KEY, headers=headers, trust_env=False)
        assert 201 == reply.status_code
        return str(reply.json()["secret"])

    def listed(key: str) -> int:
        return httpx.get(f"{machine.url}/v1/instances", headers={"x-api-key": key}, trust_env=False).status_code

    data = tmp_path / "data"
    with serving(data, VARIABLES, "--open") as machine:
        stranger = make()
        descendant = make(stranger)
        mine = verihook("keys", "create", "--name", "mine", "--scope", "instances:read", "--data", str(data))
        of_the_run = make(run_key(data))
        before = run_key(data)
    with serving(data, VARIABLES) as machine:
        assert [401, 401, 200, 200] == [listed(key) for key in (stranger, descendant, mine.stdout.strip(), of_the_run)]
        assert before != run_key(data)
        assert 401 == listed(before)
        told = machine.output.read_text()
    assert 2 == told.count("  stranger\n")
    assert "made while the API was open" in told
    keys = json.loads(verihook("keys", "list", "--json", "--data", str(data)).stdout)["keys"]
    assert ["active", "active", "revoked", "revoked"] == sorted(key["status"] for key in keys)


#: As docs/domain.md has it, in the middle of a change of the front's secret; and two sources with a second lock.
FRONTED = """
[front]
secrets = ["env:NEXT_SECRET", "env:FRONT_SECRET"]
host_header = "x-public-host"
address_header = "x-real-ip"
[routes]
"hooks.example.com/calls" = "calls"
[sources.calls]
sender = "twilio"
secrets = ["env:CALLS"]
workflow = "w"
[sources.near]
sender = "generic"
secrets = ["env:ORDERS"]
workflow = "w"
allow_ips = ["127.0.0.1"]
[sources.far]
sender = "generic"
secrets = ["env:ORDERS"]
workflow = "w"
allow_ips = ["192.0.2.0/24"]
[workflows.w]
engine = "function"
definition = "echo"
"""


def as_documented(url: str) -> str:
    """The configuration of nginx that docs/domain.md has."""
    (block,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs" / "domain.md").read_text("utf-8"), re.DOTALL)
    assert "http://127.0.0.1:8787" in block
    return str(block).replace("http://127.0.0.1:8787", url).replace("the value of FRONT_SECRET", "front secret")


def test_nginx_with_the_secret_says_host_and_address_and_no_caller_does(tmp_path: Path) -> None:
    (tmp_path / "hooks.toml").write_text(FRONTED)
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "echo.py").write_text("def run(event, context):\n    return event\n")
    secrets = {"FRONT_SECRET": "front secret", "NEXT_SECRET": "next", "CALLS": "token", "ORDERS": SECRET}
    call = b"CallSid=CA1"
    mac = hmac.new(b"token", b"https://hooks.example.com/callsCallSidCA1", hashlib.sha1).digest()
    form = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("X-Twilio-Signature", base64.b64encode(mac).decode()),
    ]
    public, other = ("Host", "hooks.example.com"), ("Host", "other.example.com")
    claims = [("X-Public-Host", "hooks.example.com"), ("X-Real-IP", "192.0.2.9"), ("X-Forwarded-For", "192.0.2.9")]
    secret = ("X-Verihook-Origin", "front secret")

    def status(url: str, path: str, headers: Headers, body: bytes = call) -> int:
        return httpx.post(f"{url}{path}", headers=headers, content=body, trust_env=False).status_code

    variables = {"VERIHOOK_HOOKS": str(tmp_path / "hooks.toml"), **secrets}
    with serving(tmp_path / "data", variables) as server, nginx(server.url, tmp_path, as_documented(server.url)) as url:
        assert 200 == status(url, "/calls", [public, *form])
        assert 404 == status(url, "/calls", [other, *form, *claims, secret])
        order_ = order()
        signed = x_signature(order_)
        assert [200, 403] == [
            status(url, f"/hooks/{name}", [public, *signed, *claims, secret], order_) for name in ("near", "far")
        ]
        # Past the proxy there is neither a public host nor an address, whatever the headers say.
        assert 404 == status(server.url, "/calls", [public, *form, *claims])
        assert 200 == status(server.url, "/hooks/calls", form)
        assert 403 == status(server.url, "/hooks/far", [*signed, *claims], order_)
        assert 403 == status(server.url, "/hooks/near", [*signed, ("X-Verihook-Origin", "guess")], order_)
        # Who has the secret is the proxy.
        assert 200 == status(server.url, "/hooks/far", [*signed, *claims, secret], order_)
