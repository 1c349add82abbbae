"""The commands of the documents, run as they stand there: only the address and the data folder are changed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.dialects.programs import program
from tests.flows.deployment import ROOT
from tests.flows.pages import bash, script
from tests.flows.signing import order, x_signature
from tests.flows.workshop import Api

pytest_plugins = ["tests.flows.workshop_fixture"]

#: What each of the orders of docs/events.md comes to.
ENDS = {
    "order-1": {"outcome": "shipped", "by": "kim"},
    "order-2": {"decision": "approved"},
    "order-3": {"outcome": "cancelled", "reason": "no approval came in time"},
    "order-4": {"outcome": "shipped"},
    "order-5": {"decision": "rejected"},
    "order-6": {"decision": "approved"},
}


@pytest.fixture
def folder(api: Api, tmp_path: Path) -> Path:
    """Where a reader stands: in a checkout whose server runs on the data folder ``.verihook``."""
    (tmp_path / ".verihook").symlink_to(api.data)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


@pytest.mark.parametrize(("page", "least"), [("api.md", 18), ("events.md", 25)])
def test_every_curl_answers_as_the_page_says(api: Api, folder: Path, page: str, least: int) -> None:
    program("curl")
    commands = script(page)
    expected = re.findall(r"# ([0-9]{3})(?::.*)?$", commands, re.MULTILINE)
    assert len(expected) == len(re.findall(r"^curl ", commands, re.MULTILINE)) >= least
    # Quiet, and the status instead of the body; the commands themselves stay as they are.
    quiet = 'curl() { command curl --silent --max-time 60 --output /dev/null --write-out "%{http_code}\\n" "$@"; }'
    done = bash(f"{quiet}\n{commands.replace('http://127.0.0.1:8787', api.url)}", folder)
    assert (done.stdout.split(), done.stderr) == (expected, "")
    if page == "events.md":
        for id, output in ENDS.items():
            assert output.items() <= api.get(id)["output"].items()
        assert api.attempts("order-5") == [(1, "terminated"), (2, "completed")]


@pytest.mark.parametrize("page", ["commands.md", "keys-and-limits.md"])
def test_every_command_succeeds(api: Api, folder: Path, page: str) -> None:
    of_other_shells = r"^.*verihook completion (zsh|fish).*$"
    commands = re.sub(of_other_shells, "", script(page), flags=re.MULTILINE)
    # A status of 400 and above is a failure, too.
    failing = 'curl() { command curl --fail --silent --show-error "$@"; }'
    done = bash(f"set -e\n{failing}\n{commands.replace('http://127.0.0.1:8787', api.url)}", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    if page == "commands.md":
        assert "instance approval-7 completed" in done.stdout
        assert "step Ship completed" in done.stdout


def test_every_command_on_many_at_once_succeeds(api: Api, folder: Path) -> None:
    section = (ROOT / "docs" / "operations.md").read_text("utf-8").partition("## Many at once")[2]
    commands = section.split("```")[1].strip().splitlines()
    assert ["--dry-run", "--wait", "list", "JOB", "JOB"] == [line.split()[-1] for line in commands]
    begin, look = commands[:3], commands[3:]
    assert 0 == (done := bash("set -e\n" + "\n".join(begin), folder)).returncode, done.stdout + done.stderr
    job = api.http.get("/v1/jobs").json()["jobs"][0]
    assert ("redrive", "completed") == (job["action"], job["status"])
    done = bash("set -e\n" + "\n".join(look).replace("JOB", job["id"]), folder)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert 2 == done.stdout.count("status   completed, since ")


def test_every_command_on_privacy_succeeds(api: Api, folder: Path) -> None:
    commands = (ROOT / "docs" / "privacy.md").read_text("utf-8").split("```")[1].strip().splitlines()
    assert ["evt_1042", "--force"] == [line.split()[-1] for line in commands]
    # One by the event's id, the other by that of its delivery.
    ids = [_delivered(api, event) for event in ("evt_1042", "evt_1043")]
    done = bash("set -e\n" + "\n".join([commands[0] + " --force", commands[1].replace(" ID ", f" {ids[1]} ")]), folder)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert 2 == done.stdout.count("Deleted: 1 instances")
    assert [404, 404] == [api.http.get(f"/v1/deliveries/{id}").status_code for id in ids]


def _delivered(api: Api, event_id: str) -> str:
    body = order(id=event_id)
    answer = api.face.send("POST", "/hooks/orders", x_signature(body), body)
    return str(answer.json["instanceId"])
