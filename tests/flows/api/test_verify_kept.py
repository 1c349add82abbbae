"""``verihook verify --delivery ID``: which secret would have verified what is kept, and if none, what differs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.dialects.deployment import served
from tests.flows.api.parts import SECRETS, Client, Deployment
from tests.flows.api.test_captures import CAPTURES, noticed
from tests.flows.api.test_deliveries import PUSH, deliver, keeping
from tests.flows.deployment import ROOT
from tests.flows.signing import github, stripe
from verihook import cli

HOOKS = ROOT / "handler" / "hooks.toml"

#: ``verify(arguments)``: exit code and the lines of standard output.
Verify = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def verify(
    deployed: Deployment, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Verify]:
    for name, value in {**SECRETS, "ANOTHER": "another", "VERIHOOK_KEY": deployed.key}.items():
        monkeypatch.setenv(name, value)
    with served(deployed.app) as url:
        monkeypatch.setenv("VERIHOOK_URL", url)

        def run(*arguments: str) -> tuple[int, list[str]]:
            code = cli.main(
                ["verify", *arguments, "--hooks", str(HOOKS), "--data", str(tmp_path / "data"), "--url", url]
            )
            told = capsys.readouterr()
            for secret in (*SECRETS.values(), *(value for _, value in github(PUSH, "d-1")[2:3])):
                assert secret not in told.out + told.err
            return code, (told.out or told.err).splitlines()

        yield run


def captured(deployed: Deployment, client: Client, source: str, body: bytes, headers: list[tuple[str, str]]) -> str:
    """The id of a refused request that a window has kept."""
    assert 201 == client.post(CAPTURES.replace("github", source)).status_code
    noticed(deployed)
    deliver(deployed, source, body, headers)
    (found,) = client.get(f"/v1/deliveries?outcome=captured&source={source}").json()["deliveries"]
    return str(found["id"])


def test_one_that_was_accepted(deployed: Deployment, verify: Verify) -> None:
    keeping(deployed, keep="full")
    accepted = deliver(deployed, "github", PUSH, github(PUSH, "d-1"))["instanceId"]
    words = "yes: env:GITHUB_WEBHOOK_SECRET has signed this delivery of the source github"
    assert (0, [words]) == verify("--delivery", accepted)
    code, lines = verify("--delivery", accepted, "--secret", "env:ANOTHER")
    assert (1, "no: wrong secret") == (code, lines[0])
    assert "env:ANOTHER" in lines[1]
    both = ("--secret", "env:ANOTHER", "--secret", "env:GITHUB_WEBHOOK_SECRET")
    assert (0, [words]) == verify("--delivery", accepted, *both)


def test_a_secret_in_a_file(deployed: Deployment, verify: Verify, tmp_path: Path) -> None:
    keeping(deployed)
    accepted = deliver(deployed, "github", PUSH, github(PUSH, "d-1"))["instanceId"]
    (tmp_path / "secret").write_text(SECRETS["GITHUB_WEBHOOK_SECRET"])
    (tmp_path / "secret").chmod(0o600)
    assert 0 == verify("--delivery", accepted, "--secret", f"file:{tmp_path / 'secret'}")[0]


def test_the_wrong_secret_and_the_right_one(deployed: Deployment, client: Client, verify: Verify) -> None:
    refused = captured(deployed, client, "github", PUSH, github(PUSH, "d-1", secret="another"))
    code, lines = verify("--delivery", refused)
    assert (1, "no: wrong secret") == (code, lines[0])
    assert 0 == verify("--delivery", refused, "--secret", "env:ANOTHER")[0]


def test_a_made_secret(deployed: Deployment, client: Client, verify: Verify, tmp_path: Path) -> None:
    """The data folder's own file says which secrets ``make run`` has made."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "secrets.json").write_text(json.dumps({"GITHUB_WEBHOOK_SECRET": SECRETS["GITHUB_WEBHOOK_SECRET"]}))
    (folder / "secrets.json").chmod(0o600)
    refused = captured(deployed, client, "github", PUSH, github(PUSH, "d-1", secret="another"))
    code, lines = verify("--delivery", refused)
    assert (1, "no: made secret") == (code, lines[0])
    assert "set the sender's" in lines[1]


def test_a_body_that_something_has_changed(deployed: Deployment, client: Client, verify: Verify) -> None:
    compact = json.dumps(json.loads(PUSH), separators=(",", ":")).encode()
    refused = captured(deployed, client, "github", PUSH + b"\n", github(compact, "d-1"))
    code, lines = verify("--delivery", refused)
    assert (1, "no: body changed") == (code, lines[0])
    assert "as compact JSON" in lines[1]


def test_a_time_that_is_not_ours(deployed: Deployment, client: Client, verify: Verify) -> None:
    body, now = b'{"id": "evt_1", "type": "x"}', deployed.services.clock.now_ms() // 1000
    refused = captured(deployed, client, "stripe", body, stripe(body, now - 1000))
    code, lines = verify("--delivery", refused)
    assert (1, "no: timestamp") == (code, lines[0])
    assert "env:STRIPE_WEBHOOK_SECRET is right" in lines[1]
    assert "seconds before our time" in lines[1]


def test_what_cannot_be_told(deployed: Deployment, client: Client, verify: Verify) -> None:
    deliver(deployed, "github", PUSH, github(PUSH, "d-1", secret="another"))
    deployed.services.observer.flush()
    (counted,) = client.get("/v1/deliveries").json()["deliveries"]
    code, lines = verify("--delivery", counted["id"])
    assert (1, "cannot be told") == (code, lines[0])
    assert "verihook deliveries capture github" in lines[1]
    refused = captured(deployed, client, "github", PUSH, [])
    code, lines = verify("--delivery", refused)
    assert (1, "no: missing-header") == (code, lines[0])


def test_wrong_use(verify: Verify) -> None:
    assert 3 == verify("--delivery", hashlib.sha1(b"none").hexdigest())[0]
    with pytest.raises(SystemExit, match="2"):
        verify("--delivery", "x", "--secret", "the secret itself")
    with pytest.raises(SystemExit, match="2"):
        verify("github")
