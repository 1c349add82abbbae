"""The start of a function: everything is made before the first event, and nothing that is wrong ends it."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.conftest import AwsFace
from tests.flows.deployment import ROOT, SECRET
from tests.flows.faces import LambdaFace, function_url_event
from tests.flows.secret_store import SECRETS_ARN
from tests.flows.signing import order, x_signature
from verihook import main
from verihook.instances import api_keys

#: What Lambda does: imports the handler's module, then hands over one event after the other. Prints what was in memory
#: only after the first events, and the clients that they made.
PROGRAM = """
import json, sys
handler, events = json.load(sys.stdin)
from verihook import bootstrap, main
from verihook.adapters.aws import boto, direct
modules, made = set(sys.modules), []
for place, name in ((boto, "client"), (direct.Direct, "client")):
    make = getattr(place, name)
    setattr(place, name, lambda *a, make=make, **k: made.append(str(a[-1])) or make(*a, **k))
entry = getattr(main, handler.rpartition(".")[2])
print("--- events", flush=True)
answers = [entry(event, None) for event in events]
statuses = [answer["statusCode"] for answer in answers]
print(json.dumps([statuses, sorted(set(sys.modules) - modules), made]))
"""

RECEIVE, API = "verihook.main.receive", "verihook.main.api"


def start(handler: str, *events: dict[str, Any], **variables: str) -> tuple[list[str], Any]:
    """The lines that were logged before the first event, and what the program has printed in the end."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps([handler, events]),
        cwd=ROOT / "handler",
        env={**os.environ, "_HANDLER": handler, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == result.returncode, result.stderr[-2000:]
    before, _, after = result.stdout.partition("--- events\n")
    return before.splitlines(), json.loads(after.splitlines()[-1])


def post(body: bytes, secret: str = SECRET) -> dict[str, Any]:
    return function_url_event("POST", "/hooks/orders", x_signature(body, secret), body)


def get(target: str, **headers: str) -> dict[str, Any]:
    return function_url_event("GET", target, list(headers.items()), b"")


def test_the_first_deliveries_import_nothing_and_make_no_client(aws_face: AwsFace) -> None:
    body = order()
    unknown = get("/?instanceId=nobody")
    logged, (statuses, modules, clients) = start(RECEIVE, post(body), post(body), post(body, "guess"), unknown)
    assert ([200, 200, 401, 404], [], []) == (statuses, modules, clients)
    assert [] == logged


def test_the_first_calls_of_the_api_import_nothing_and_make_no_client(aws_face: AwsFace) -> None:
    services = main.services()
    scopes = ["workflows:execute", "workflows:read", "instances:read"]
    _, key = api_keys.create("first", scopes, services.documents, services.clock.now_ms())
    given = {"x-api-key": key}
    content = json.dumps({"input": json.loads(order())}).encode()
    headers = [("content-type", "application/json"), *given.items()]
    begin = function_url_event("POST", "/v1/workflows/order-created/instances", headers, content)
    events = [begin, get("/v1/instances", **given), get("/v1/workflows"), post(order())]
    _, (statuses, modules, clients) = start(API, *events)
    assert ([202, 200, 401, 200], [], []) == (statuses, modules, clients)


@pytest.fixture
def broken(aws_face: AwsFace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A hooks.toml that does not load."""
    path = tmp_path / "hooks.toml"
    path.write_text("[workflows.a]\nengine = 'function'\n")
    monkeypatch.setenv("VERIHOOK_HOOKS", str(path))
    parts = (main.services, main._app)
    for part in parts:
        part.cache_clear()
    yield path
    for part in parts:
        part.cache_clear()


@pytest.mark.parametrize("handler", [RECEIVE, API])
def test_a_configuration_that_does_not_load_is_told_once_and_answered_503(broken: Path, handler: str) -> None:
    logged, (statuses, _, _) = start(handler, post(order()), post(order()), get("/"), get("/v1/instances"), {})
    assert [503] * 5 == statuses
    (line,) = logged
    assert "workflows.a.definition" in json.loads(line)["detail"]


def test_the_answer_is_constant_and_says_nothing_of_the_configuration(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for entry in (main.receive, main.api):
        answers = [LambdaFace(entry).send("POST", "/hooks/orders", [], b"") for _ in range(3)]
        for answer in answers:
            assert (503, "5") == (answer.status, answer.headers["retry-after"])
            content = {name: value for name, value in answer.json.items() if name != "requestId"}
            assert content == {
                "type": "urn:verihook:error:not-configured",
                "title": "Temporarily unavailable",
                "status": 503,
                "detail": "The receiver is not configured; its log says what is wrong. Deliver again later.",
                "code": "not-configured",
            }
    # An alarm over everything hears of it.
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert [([1.0], "not-configured")] * 6 == [(line["Unavailable"], line["reason"]) for line in lines]


@pytest.mark.parametrize("handler", ["verihook.main.record", "verihook.main.reconcile", "verihook.main.feed"])
def test_what_serves_no_request_raises_so_that_its_event_comes_again(broken: Path, handler: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", f"from verihook import main; print('started'); main.{handler[14:]}({{}}, None)"],
        cwd=ROOT / "handler",
        env={**os.environ, "_HANDLER": handler},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout.splitlines()[-1] == "started"
    assert "workflows.a.definition" in result.stderr.splitlines()[-1]


def test_a_store_that_sleeps_at_the_start_is_asked_again(aws_face: AwsFace) -> None:
    aws_face.secrets.trouble = "InternalServiceError"
    try:
        logged, (statuses, _, _) = start(RECEIVE, *[post(order())] * 20)
    finally:
        aws_face.secrets.trouble = ""
    assert {503} == set(statuses)
    assert 1 == len(logged)


@pytest.fixture
def again(aws_face: AwsFace) -> Iterator[AwsFace]:
    yield aws_face
    for part in (main.services, main._app):
        part.cache_clear()


@pytest.mark.parametrize("entry", ["receive", "api"])
def test_nothing_from_before_a_snapshot_is_used_after_it(again: AwsFace, entry: str) -> None:
    main.prepare(entry)
    before, app = main.services(), main._app()
    main.restore(entry)
    after = main.services()
    shared = [
        name
        for name in before.__dataclass_fields__
        if isinstance(getattr(before, name), object) and getattr(before, name) is getattr(after, name)
    ]
    # Plain values, what has no state of its own, and what one machine alone has.
    assert {"default_source", "pace", "telemetry", "front", "changes", "series"} >= set(shared)
    assert (None, None, ()) == (after.front, after.changes, after.series())
    assert (entry == "api") == (app is not main._app())


def test_copies_of_a_snapshot_do_not_draw_the_same_numbers(again: AwsFace) -> None:
    drawn = []
    for _ in range(2):
        random.seed(7)
        main.restore("receive")
        drawn.append(random.random())
    assert drawn[0] != drawn[1]


def test_a_secret_that_was_rotated_since_the_snapshot_is_known_after_it(again: AwsFace) -> None:
    main.prepare("receive")
    former = again.secrets.call("GetSecretValue", SecretId=SECRETS_ARN)["SecretString"]
    changed = json.dumps({**json.loads(former), "ORDERS_WEBHOOK_SECRET": "n3w-s3cret"})
    again.secrets.call("PutSecretValue", SecretId=SECRETS_ARN, SecretString=changed)
    try:
        main.restore("receive")
        again.secrets.calls.clear()
        assert 200 == main.receive(post(order(), "n3w-s3cret"), None)["statusCode"]
        assert [] == again.secrets.calls
    finally:
        again.secrets.call("PutSecretValue", SecretId=SECRETS_ARN, SecretString=former)


def test_lambda_is_given_the_hook(aws_face: AwsFace, tmp_path: Path) -> None:
    # As Lambda's runtime has it: https://github.com/aws/snapshot-restore-for-python
    (tmp_path / "snapshot_restore_py.py").write_text(
        "def register_after_restore(function, *arguments):\n    print(function.__qualname__, *arguments)\n"
    )
    logged, _ = start(RECEIVE, PYTHONPATH=str(tmp_path))
    assert ["restore receive"] == logged


def test_a_schema_that_cannot_be_used_is_told_at_init_and_stops_its_own_sources_alone(
    aws_face: AwsFace, tmp_path: Path
) -> None:
    deployment = tmp_path / "deployment"
    shutil.copytree(Path(os.environ["VERIHOOK_HOOKS"]).parent, deployment)
    (deployment / "workflows" / "order-created.schema.json").write_text('{"pattern": "(?=a)"}')
    hooks = deployment / "hooks.toml"
    body = order()
    logged = function_url_event("POST", "/hooks/logged", x_signature(body), body)
    told, (statuses, _, _) = start(RECEIVE, post(body), logged, post(order()), VERIHOOK_HOOKS=str(hooks))
    assert [503, 200, 503] == statuses, told
    (line,) = told
    assert "hooks.toml: workflows.order-created.input_schema: cannot be compiled: " in json.loads(line)["detail"]
