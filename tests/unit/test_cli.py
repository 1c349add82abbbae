from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.flows.commands import PROGRAM
from tests.unit.cli.scripted_api import scripted_api
from tests.unit.cli.test_jobs import COUNT, JOB
from tests.unit.cli.test_jobs import FAILED as FAILED_JOB
from tests.unit.client.scripted import ACCEPTED, AT, LISTED
from tests.unit.client.test_finding import LISTED as LISTED_DELIVERY
from tests.unit.client.test_finding import WHOLE
from verihook import cli
from verihook.api.openapi_examples import EXAMPLES

FOLDER = Path(cli.__file__).parent


def commands() -> set[str]:
    """The modules that add a command, read off their sources."""
    return {path.stem for path in FOLDER.glob("*.py") if "def add_parser(" in path.read_text()}


def test_every_module_with_a_command_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert {"run", "send", "verify", "senders"} <= commands()
    with pytest.raises(SystemExit) as end:
        cli.main(["--help"])
    assert 0 == end.value.code
    shown = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("    ")}
    assert commands() <= shown


@pytest.mark.parametrize("arguments", [[], ["unknown"], ["senders", "extra"]])
def test_wrong_use(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert 2 == end.value.code


def test_an_error_of_ours_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "hooks.toml"
    assert 2 == cli.main(["send", "orders", "body", "--hooks", str(missing)])
    told = f"verihook: hooks.toml: cannot be read: No such file or directory: {missing}"
    assert f"{told}; --hooks FILE, or the variable VERIHOOK_HOOKS, names another\n" == capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["senders"], ["completion", "bash"], ["keys", "run"], ["--help"], ["workflows", "run", "--help"]]
)
def test_an_output_that_cannot_be_written_is_one_line(tmp_path: Path, arguments: list[str]) -> None:
    """More than a buffer or less; nothing is left over that fails at the end of the process."""
    data = ["--data", str(tmp_path)] if "keys" in arguments else []
    (tmp_path / "run.json").write_text('{"url": "http://127.0.0.1:1", "secrets": {}, "key": "k"}')
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [PROGRAM, *arguments, *data], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    said = "verihook: standard output cannot be written: No space left on device; what was asked for may be done\n"
    assert (1, said) == (ended.returncode, ended.stderr)


#: Clears the screen, begins a line that looks like one of ours, and turns the direction of writing.
HOSTILE = "\x1b[2J\n202 orders accepted\x9b\u202e"


#: How the names of members end that are times.
TIMES = ("At", "at", "keptUntil", "lookedTo", "until")


def hostile(content: Any, plain: set[str]) -> Any:
    """The content with texts that would steer a terminal, but for times and the members that are to stay plain."""
    if isinstance(content, dict):
        return {
            name: each if name in plain or name.endswith(TIMES) else hostile(each, plain)
            for name, each in content.items()
        }
    if isinstance(content, list):
        return [hostile(each, plain) for each in content]
    return f"{content}{HOSTILE}" if isinstance(content, str) else content


KEY = EXAMPLES["Keys"]["keys"][0]
ERROR = {"code": f"Payment{HOSTILE}", "message": "declined"}
FAILED = {
    **LISTED,
    "status": "failed",
    "error": ERROR,
    "eventId": "e",
    "eventType": "t",
    "source": "s",
    "input": {"a": "b"},
}
WORKFLOW = {
    "name": "orders",
    "version": 1,
    "status": "active",
    "engine": "durable",
    "publicOutput": False,
    "retentionDays": 30,
    "hasSchema": True,
    "inputSchema": {"title": "t"},
    "connections": ["erp"],
}
STEPS = {"steps": [{"name": "charge", "status": "failed", "startedAt": AT, "endedAt": AT, "error": ERROR}]}
REFUSED = {
    "status": 409,
    "code": "conflict",
    "detail": "It has ended.",
    "requestId": "r-1",
    "violations": [{"message": "m"}],
}

REFUSED_DELIVERY = {**LISTED_DELIVERY, "outcome": "rejected", "reason": "r", "detail": "d", "count": 2}
JOB_STARTED = {"count": COUNT, "job": None}

ANSWERS = {
    "GET /v1/deliveries": (200, {"deliveries": [LISTED_DELIVERY, REFUSED_DELIVERY], "cursor": None}),
    "GET /v1/deliveries/d1": (200, WHOLE),
    "GET /v1/deliveries/d2": (200, {**REFUSED_DELIVERY, "headerNames": ["h"], "contentType": "c", "agent": "a"}),
    "POST /v1/deliveries/d1/replay": (202, FAILED),
    "DELETE /v1/deliveries/d1": (200, {"instances": ["i"], "samples": 1, "captured": 0, "notDeleted": ["n"]}),
    "GET /v1/lookup": (200, {"found": [{"by": "event", "instance": FAILED, "delivery": LISTED_DELIVERY}]}),
    "GET /v1/jobs": (200, {"jobs": [FAILED_JOB], "cursor": None}),
    f"GET /v1/jobs/{JOB['id']}": (200, FAILED_JOB),
    "POST /v1/jobs": (200, JOB_STARTED),
    "GET /v1/instances": (200, {"instances": [FAILED], "cursor": None}),
    "GET /v1/instances/order-1": (200, FAILED),
    "GET /v1/instances/order-1/steps": (200, STEPS),
    "GET /v1/instances/order-1/result": (200, {**ACCEPTED, "status": "failed", "output": None, "error": ERROR}),
    "GET /v1/workflows": (200, {"workflows": [WORKFLOW]}),
    "GET /v1/workflows/orders": (200, WORKFLOW),
    "POST /v1/workflows/orders/instances": (202, ACCEPTED),
    "POST /v1/instances/order-1/suspend": (200, FAILED),
    "POST /v1/instances/order-1/restart": (409, REFUSED),
    "POST /v1/instances/order-1/events/approved": (202, FAILED),
    "GET /v1/keys": (200, {"keys": [KEY]}),
    f"DELETE /v1/keys/{KEY['id']}": (200, KEY),
    "POST /v1/keys": (201, EXAMPLES["KeyShown"]),
}


@pytest.mark.parametrize("form", ["", "--json"])
@pytest.mark.parametrize(
    "command",
    [
        "instances list",
        "instances get order-1",
        "instances watch order-1",
        "instances suspend order-1",
        "instances restart order-1",
        "workflows list",
        "workflows show orders",
        "workflows run orders",
        "workflows run orders --wait",
        "events raise order-1 approved",
        "keys list",
        f"keys revoke {KEY['id']}",
        "keys create --name ci --scope workflows:execute",
        "deliveries list",
        "deliveries show d1",
        "deliveries show d2",
        "deliveries replay d1",
        "deliveries delete d1",
        "deliveries lookup evt-1",
        "jobs list",
        f"jobs show {JOB['id']}",
        "jobs start redrive --workflow w --dry-run",
    ],
)
def test_no_command_prints_what_steers_the_terminal(
    capsys: pytest.CaptureFixture[str], command: str, form: str
) -> None:
    """Who starts an instance chooses its labels, and the operator of a server its words."""
    # Of an end that is waited for, the command has to know the word.
    plain = {"code", "scopes"} | ({"status"} if "wait" in command or "watch" in command else set())
    answers = {name: (status, hostile(content, plain)) for name, (status, content) in ANSWERS.items()}
    with scripted_api(answers) as api:
        cli.main([*command.split(), *form.split(), "--url", api.url])
        assert api.asked
    said = capsys.readouterr()
    shown = said.out + said.err
    assert "202 orders accepted" in shown
    assert not [line for line in shown.splitlines() if line.startswith("202 orders accepted")]
    assert not set("\x1b\x9b\u202e") & set(shown)
