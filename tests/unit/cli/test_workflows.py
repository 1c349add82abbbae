from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.unit.cli.scripted_api import scripted_api
from tests.unit.client.scripted import ACCEPTED, result
from verihook import cli
from verihook.api.openapi_examples import EXAMPLES

WORKFLOW = {
    "name": "orders",
    "version": 2,
    "status": "active",
    "engine": "durable",
    "inputSchema": {"type": "object"},
    "publicOutput": False,
    "retentionDays": 90,
}
START = "POST /v1/workflows/orders/instances"
RESULT = "GET /v1/instances/order-1/result"


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({"GET /v1/workflows": (200, {"workflows": [WORKFLOW]})}) as api:
        assert 0 == cli.main(["workflows", "list", "--url", api.url])
        assert "WORKFLOW  VERSION  STATUS  ENGINE\norders          2  active  durable\n" == capsys.readouterr().out
        assert 0 == cli.main(["workflows", "list", "--url", api.url, "--json"])
        assert {"workflows": [WORKFLOW]} == json.loads(capsys.readouterr().out)
    with scripted_api({"GET /v1/workflows": (200, {"workflows": []})}) as api:
        assert 0 == cli.main(["workflows", "list", "--url", api.url])
        assert "No workflows.\n" == capsys.readouterr().out


@pytest.mark.parametrize(
    ("schema", "told"), [({"type": "object"}, 'Input:\n{\n  "type"'), (None, "The workflow takes any input.")]
)
def test_show(capsys: pytest.CaptureFixture[str], schema: object, told: str) -> None:
    with scripted_api({"GET /v1/workflows/orders": (200, {**WORKFLOW, "inputSchema": schema})}) as api:
        assert 0 == cli.main(["workflows", "show", "orders", "--url", api.url])
    shown = capsys.readouterr().out
    assert "90 days" in shown
    assert told in shown


def test_run_sends_everything(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text('{"sum": 1}')
    options = ["--id", "order-1", "--on-conflict", "return", "--idempotency-key", "k", "--tag", "a", "--tag", "b"]
    options += ["--metadata", "k=v=w", "--delay", "15m", "--connection", "c", "--callback-url", "https://a.test"]
    options += ["--clear-on-failure"]
    with scripted_api({START: (202, ACCEPTED)}) as api:
        command = ["workflows", "run", "orders", "--input", f"@{tmp_path}/order.json", "--key", "vhk_1", *options]
        assert 0 == cli.main([*command, "--url", api.url])
    ((_, _, headers, body),) = api.asked
    assert ("Bearer vhk_1", '"k"') == (headers["authorization"], headers["idempotency-key"])
    assert {
        "input": {"sum": 1},
        "id": "order-1",
        "onConflict": "return",
        "tags": ["a", "b"],
        "metadata": {"k": "v=w"},
        "delay": "15m",
        "connection": "c",
        "callbackUrl": "https://a.test",
        "clearOnFailure": True,
    } == body
    assert "INSTANCE  WORKFLOW  STATUS\norder-1   orders    queued\n" == capsys.readouterr().out


def test_the_definition(capsys: pytest.CaptureFixture[str]) -> None:
    machine = EXAMPLES["Definition"]
    code = {**machine, "machine": None, "why": "It is a Python function."}
    command = ["workflows", "definition", "order-created"]
    with scripted_api(
        {"GET /v1/workflows/order-created/definition": [(200, machine), (200, code), (200, code)]}
    ) as api:
        assert 0 == cli.main([*command, "--url", api.url])
        assert machine["machine"] == json.loads(capsys.readouterr().out)
        assert 4 == cli.main([*command, "--url", api.url])
        assert "verihook: It is a Python function.\n" == capsys.readouterr().err
        assert 0 == cli.main([*command, "--json", "--url", api.url])
        assert code == json.loads(capsys.readouterr().out)


def test_run_and_wait(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("[1]"))
    with scripted_api({START: (202, ACCEPTED), RESULT: (200, result(output={"total": 3}))}) as api:
        assert 0 == cli.main(["workflows", "run", "orders", "--input", "-", "--wait", "--url", api.url])
    shown = capsys.readouterr()
    assert ({"total": 3}, "verihook: instance order-1\n") == (json.loads(shown.out), shown.err)
    assert [1] == api.asked[0][3]["input"]


@pytest.mark.parametrize("as_json", [False, True])
def test_one_that_fails_is_exit_code_1(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    failed = result("failed", error={"code": "Payment", "message": "declined"})
    with scripted_api({START: (202, ACCEPTED), RESULT: (200, failed)}) as api:
        command = ["workflows", "run", "orders", "--wait", "--url", api.url]
        assert 1 == cli.main([*command, "--json"] if as_json else command)
    shown = capsys.readouterr()
    if as_json:
        assert failed == json.loads(shown.out)
    else:
        assert ("", "verihook: The instance order-1 is failed: Payment: declined") == (
            shown.out,
            shown.err.splitlines()[-1],
        )


def test_one_that_takes_longer_is_exit_code_6(capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api({START: (202, ACCEPTED), RESULT: (202, result("running"))}) as api:
        command = ["workflows", "run", "orders", "--wait", "--timeout", "0.05", "--url", api.url]
        assert 6 == cli.main(command)
    assert "verihook instances watch order-1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--input", "{"],
        ["--input", "NaN"],
        ["--input", "@/nowhere/order.json"],
        ["--metadata", "vip"],
        ["--delay", "soon"],
        ["--timeout", "-1"],
        ["--on-conflict", "ask"],
    ],
)
def test_wrong_use(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["workflows", "run", "orders", *arguments])
    assert 2 == end.value.code
    assert f"argument {arguments[0]}: " in capsys.readouterr().err
