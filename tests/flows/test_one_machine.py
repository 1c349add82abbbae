"""``verihook run`` and ``verihook send`` as a person uses them."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shlex
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.commands import verihook
from tests.flows.deployment import ROOT, VARIABLES
from tests.flows.faces import HttpFace, Server, run_key, wait_for
from tests.flows.signing import order, x_signature
from tests.flows.waiting import wait_until
from tests.held_ports import held_port
from verihook import __version__
from verihook.local.data import DataFolder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The shipped deployment, with no secret in the environment."""
    server = Server(tmp_path_factory.mktemp("server") / "data", {})
    try:
        server.ready()
        yield server
    finally:
        server.stop()


def test_the_banner_and_the_command_that_it_shows(server: Server) -> None:
    url = server.ready()
    lines = server.output.read_text().splitlines()
    assert f"Verihook is ready on {url}" == lines[0]
    for source in ("orders", "github", "stripe", "slack", "standard"):
        assert any(f"{url}/hooks/{source} " in line for line in lines), source
    assert "    ORDERS_WEBHOOK_SECRET" in lines
    command = next(line.strip() for line in lines if "verihook send orders examples/order.json" in line)
    result = subprocess.run(
        shlex.split(command), cwd=ROOT, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )
    assert (0, "") == (result.returncode, result.stderr)
    answer, *statuses = result.stdout.split("\n", 1)[1].strip().splitlines()
    assert result.stdout.startswith("200 OK\n")
    assert json.loads(answer)["duplicate"] is False
    assert ("completed", {"orderId": "ord_001", "total": 34, "tax": 2.72}) == (
        json.loads(statuses[-1])["status"],
        json.loads(statuses[-1])["output"],
    )
    wait_until(lambda: " orders accepted order.created -> " in server.output.read_text(), what="it was not shown")


@pytest.mark.parametrize("source", ["orders", "github", "stripe", "slack", "standard"])
def test_send_signs_as_every_shipped_source_wants(server: Server, tmp_path: Path, source: str) -> None:
    body = tmp_path / "body.json"
    body.write_bytes(order(event_id="evt_1"))
    result = verihook("send", source, str(body), "--data", str(server.data), "--wait")
    assert 0 == result.returncode, result.stdout + result.stderr
    assert '"status":"completed"' in result.stdout


def test_send_says_what_is_wrong(server: Server, tmp_path: Path) -> None:
    data = ["--data", str(server.data)]
    for arguments, code, text in (
        (["orders", "no/such/file"], 2, "verihook: no/such/file: cannot be read: No such file or directory\n"),
        (["unknown", "examples/order.json"], 2, "verihook: hooks.toml: sources: must be one of orders,"),
        (["orders", "examples/order.json", "--url", "http://127.0.0.1:9"], 1, "verihook: http://127.0.0.1:9 cannot be"),
    ):
        result = verihook("send", *arguments, *data)
        assert code == result.returncode
        assert result.stderr.startswith(text)
        assert 1 == len(result.stderr.splitlines())
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("nonsense")
    result = verihook("send", "orders", str(nonsense), *data)
    assert (1, "400 Bad Request") == (result.returncode, result.stdout.splitlines()[0])


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("orders", ["--tamper", "body"]),
        ("github", ["--tamper", "signature"]),
        ("standard", ["--tamper", "timestamp"]),
        ("slack", ["--tamper", "duplicate-header"]),
        ("stripe", ["--skew", "-400"]),
        ("stripe", ["--skew", "400"]),
    ],
)
def test_send_makes_deliveries_that_are_refused(server: Server, source: str, options: list[str]) -> None:
    result = verihook("send", source, "examples/order.json", "--data", str(server.data), *options)
    assert (1, "401 Unauthorized", "") == (result.returncode, result.stdout.splitlines()[0], result.stderr)


def test_send_repeats(server: Server, tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_bytes(order(event_id="evt_repeated"))
    result = verihook("send", "orders", str(body), "--data", str(server.data), "--repeat", "3", "--wait")
    assert 0 == result.returncode, result.stderr
    _, first, summary, *statuses = result.stdout.splitlines()
    assert json.loads(first)["duplicate"] is False
    assert "3 sent: 1 x 200 OK, 2 x 200 OK (duplicate)" == summary
    assert "completed" == json.loads(statuses[-1])["status"]


def test_verify_judges_with_the_secrets_of_the_running_server(server: Server, tmp_path: Path) -> None:
    secret = json.loads((server.data / "run.json").read_text())["secrets"]["ORDERS_WEBHOOK_SECRET"]
    body = order()
    captured = tmp_path / "captured.json"
    for key, code, line in (
        (secret, 0, "yes: genuine, by the current secret of the source orders (generic)"),
        ("another", 1, "no: signature-mismatch"),
    ):
        headers = x_signature(body, key)
        captured.write_text(json.dumps({"headers": headers, "body_base64": base64.b64encode(body).decode()}))
        result = verihook("verify", "orders", "--request", str(captured), "--data", str(server.data))
        assert (code, line, "") == (result.returncode, result.stdout.splitlines()[0], result.stderr)
        assert secret not in result.stdout


def test_send_without_a_secret(tmp_path: Path) -> None:
    result = verihook("send", "orders", "examples/order.json", "--data", str(tmp_path))
    assert 2 == result.returncode
    assert "env:ORDERS_WEBHOOK_SECRET is not set" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything(tmp_path: Path, number: signal.Signals) -> None:
    with held_port() as port:
        server = Server(tmp_path / "data", VARIABLES, port=port)
        url = server.ready()
        assert "made here" not in server.output.read_text()
        body = order()
        HttpFace(url).send("POST", "/", x_signature(body), body)
        assert 0 == server.stop(number)
        assert "Verihook has stopped." in server.output.read_text()
        assert "Traceback" not in server.output.read_text()
        assert not (server.data / "run.json").exists()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=60)


def test_a_made_secret_and_the_ids_outlive_a_restart(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", {})
    server.ready()
    send = ["send", "orders", "examples/order.json", "--data", str(tmp_path / "data"), "--wait"]
    first = verihook(*send)
    server.kill()
    again = Server(tmp_path / "data", {})
    try:
        again.ready()
        second = verihook(*send)
    finally:
        again.stop()
    assert (0, 0) == (first.returncode, second.returncode), (first, second)
    one, two = (json.loads(result.stdout.splitlines()[1]) for result in (first, second))
    assert (one["instanceId"], True) == (two["instanceId"], two["duplicate"])


def test_what_is_in_the_data_folder_is_for_its_owner_alone(server: Server) -> None:
    body = order()
    signed = x_signature(body, json.loads((server.data / "run.json").read_text())["secrets"]["ORDERS_WEBHOOK_SECRET"])
    assert HttpFace(server.ready()).send("POST", "/hooks/orders", signed, body).status == 200
    files = [path for path in server.data.rglob("*") if path.is_file()]
    databases = {f"{name}{beside}" for name in ("ledger.db", "executions.db", "durable.db") for beside in ("", "-wal")}
    assert {"secrets.json", "run.json", "lock", *databases} <= {path.name for path in files}
    assert {path.name: 0o600 for path in files} == {path.name: stat.S_IMODE(path.stat().st_mode) for path in files}
    assert 0o700 == stat.S_IMODE(server.data.stat().st_mode)


def test_in_a_folder_that_was_there_before_too_whatever_the_umask(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    (data / "ledger.db").touch(mode=0o644)
    before = os.umask(0)
    try:
        server = Server(data, VARIABLES)
    finally:
        os.umask(before)
    try:
        url = server.ready()
        body = order()
        assert HttpFace(url).send("POST", "/", x_signature(body), body).status == 200
        files = [path for path in data.rglob("*") if path.is_file()]
        assert {"ledger.db", "ledger.db-wal", "executions.db", "durable.db", "lock", "run.json"} <= {
            path.name for path in files
        }
        assert {path.name: 0 for path in files} == {path.name: path.stat().st_mode & 0o077 for path in files}
    finally:
        server.stop()


def test_what_a_killed_run_left_goes_when_the_next_one_begins(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"url": "http://127.0.0.1:1", "secrets": {"A": "b"}, "key": "vhk_old"}')
    with contextlib.closing(DataFolder(tmp_path)):
        assert not (tmp_path / "run.json").exists()


def test_health_and_docs(server: Server) -> None:
    face = HttpFace(server.ready())
    health = face.send("GET", "/health", [("x-api-key", run_key(server.data))])
    engines = dict.fromkeys(("durable", "function", "stepfunctions"), "ok")
    whole = {"status": "ok", "ledger": "ok", "engines": engines, "withoutSecret": []}
    assert (200, whole) == (health.status, {part: health.json[part] for part in whole})
    assert (__version__, {}) == (health.json["version"], health.json["secretsEnd"])
    docs = face.send("GET", "/docs", [])
    assert (200, True) == (docs.status, b"swagger" in docs.body.lower())
    for asset in re.findall(rb'="(docs/[^"]+)"', docs.body):
        assert 200 == face.send("GET", f"/{asset.decode()}", []).status
    led = face.send("GET", "/", [("accept", "text/html")])
    assert (307, "console/") == (led.status, led.headers["location"])
    assert b"<!doctype html>" == face.send("GET", "/console/", []).body[:15]
    assert {"service": "verihook", "status": "running"} == face.send("GET", "/", []).json
    described = face.send("GET", "/v1/openapi.json", []).json
    assert described["openapi"].startswith("3.1")
    assert {"/", "/hooks/{source}", "/health", "/v1/rejections"} <= set(described["paths"])
    assert {"get", "post"} == set(described["paths"]["/hooks/{source}"])
    missing = face.send("GET", "/no/such/path", [])
    assert (404, "application/problem+json") == (missing.status, missing.headers["content-type"])


def test_loopback_only(server: Server) -> None:
    """The API and both engines."""
    port = int(server.ready().rpartition(":")[2])
    listens = server.listens_on()
    assert ["0100007F"] * 3 == [address for address, _ in listens]
    assert port in {each for _, each in listens}


def test_an_instance_started_before_a_restart_comes_to_its_end(tmp_path: Path, hooks: Path) -> None:
    data = tmp_path / "data"
    server = Server(data, VARIABLES, "--hooks", str(hooks))
    body = order(seconds=1)
    answer = HttpFace(server.ready()).send("POST", "/hooks/restarting", x_signature(body), body)
    server.kill()
    server = Server(data, VARIABLES, "--hooks", str(hooks))
    try:
        assert "completed" == wait_for(HttpFace(server.ready()), answer.json["instanceId"])["status"]
    finally:
        server.stop()
