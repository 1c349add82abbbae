"""What the terminal shows of the API."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from verihook.config import Hooks, load_hooks
from verihook.config.settings import DEFAULT_HOOKS
from verihook.local.banner import banner
from verihook.local.data import DEFAULT
from verihook.model.policy import Policy
from verihook.model.scopes import ApiKey

URL = "http://127.0.0.1:8787"
RED, PLAIN = "\x1b[1;31m", "\x1b[0m"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def hooks() -> Hooks:
    return load_hooks(DEFAULT_HOOKS)


def test_an_open_api_is_told_in_red(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", Terminal())
    opened = banner(URL, replace(hooks, policy=Policy(auth="open")), [], Path("data"), [], 25)
    (red,) = [part.partition(PLAIN)[0] for part in opened.split(RED)[1:]]
    assert "everyone who reaches this port may do everything" in red
    monkeypatch.setenv("NO_COLOR", "1")
    assert RED not in banner(URL, replace(hooks, policy=Policy(auth="open")), [], Path("data"), [], 25)


def test_a_closed_api_says_where_its_key_is(hooks: Hooks) -> None:
    told = banner(URL, hooks, [], Path("data"), [], 25)
    assert "keys run --data data` prints it." in told
    assert f"  The API in a browser: {URL}/docs\n" in told
    assert "OPEN" not in told


def test_a_list_of_networks_that_is_too_old_is_told(tmp_path: Path) -> None:
    source = '[sources.code]\nsender = "github"\nsecrets = ["env:S"]\nworkflow = "x"\nallow_ips = "sender"\n'
    path = tmp_path / "hooks.toml"
    path.write_text(source + '\n[workflows.x]\nengine = "function"\ndefinition = "x"\n')
    (tmp_path / "networks").mkdir()
    for day, told in (("2020-01-01", True), ("2999-01-01", False)):
        text = f'read = {day}\ndays = 30\nnetworks = ["203.0.113.0/24"]\n'
        (tmp_path / "networks" / "github.toml").write_text(text)
        stale = "Stale: allow_ips of code refuses nothing by the networks of github, which are of 2020-01-01"
        assert told == (stale in banner(URL, load_hooks(path), [], Path("data"), [], 25))


def test_unchecked_senders_are_named(hooks: Hooks, tmp_path: Path) -> None:
    assert "Unchecked" not in banner(URL, hooks, [], Path("data"), [], 25)
    workflow = '\n[workflows.x]\nengine = "function"\ndefinition = "x"\n'
    sources = [
        f'[sources.{name}]\nsender = "{sender}"\nsecrets = ["env:S"]\nworkflow = "x"\n'
        for name, sender in (("code", "connectwise"), ("site", "lever"), ("mail", "github"))
    ]
    path = tmp_path / "hooks.toml"
    path.write_text("".join(sources) + workflow)
    told = banner(URL, load_hooks(path), [], Path("data"), [], 25)
    assert (
        "  Unchecked: the description of the sender of code, site was never compared with the sender's own text" in told
    )


def test_the_keys_that_ended_are_named(hooks: Hooks) -> None:
    ended = ApiKey("0123456789abcdef", "ci", ("keys:manage",), (), 0, made_open=True)
    told = banner(URL, hooks, [], Path("data"), [ended], 25)
    assert "    0123456789abcdef  ci" in told


def test_what_was_made_here_is_told_in_colour_with_what_it_means(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", Terminal())
    told = banner(URL, hooks, ["STRIPE_WEBHOOK_SECRET"], Path("data"), [], 25)
    assert "\x1b[33m  Secrets made here, kept in data/secrets.json:\x1b[0m" in told
    assert "\x1b[33m    STRIPE_WEBHOOK_SECRET\x1b[0m" in told
    assert "the senders themselves sign is refused (401)" in told
    assert "made here" not in banner(URL, hooks, [], Path("data"), [], 25)


def test_the_command_to_send_names_another_hooks_toml(hooks: Hooks) -> None:
    """Without it the command looks for the source in the file that it reads by default."""
    told = banner(URL, replace(hooks, path=Path("mine/hooks.toml")), [], DEFAULT, [], 25)
    assert "send orders examples/order.json --wait --hooks mine/hooks.toml\n" in told
    assert "--hooks" not in banner(URL, hooks, [], DEFAULT, [], 25)


def test_without_the_example_the_command_to_send_takes_a_file_of_the_users_own(
    hooks: Hooks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel brings no example."""
    monkeypatch.chdir(tmp_path)
    shown = banner(URL, hooks, [], DEFAULT, [], 25)
    assert "from a second terminal, with the body in a file of yours:\n" in shown
    assert "send orders FILE --wait\n" in shown
    assert "examples/" not in shown


def test_the_console_is_opened_with_the_key_where_a_person_reads(hooks: Hooks) -> None:
    assert f"  The console: {URL}/console/#key=vhk_run\n" in banner(URL, hooks, [], DEFAULT, [], 25, key="vhk_run")
    told = banner(URL, hooks, [], Path("data"), [], 25)
    assert f"  The console: {URL}/console/ (`" in told
    assert "open --data data` opens it with the key of this run)" in told
    without = replace(hooks, policy=Policy(console=False))
    assert "console" not in banner(URL, without, [], DEFAULT, [], 25, key="vhk_run")
    opened = replace(hooks, policy=Policy(auth="open"))
    assert f"  The console: {URL}/console/\n" in banner(URL, opened, [], DEFAULT, [], 25, key="vhk_run")


def test_workflows_that_cannot_run_here_are_named_with_the_reason(hooks: Hooks) -> None:
    refused = replace(hooks.workflows["order-created"], refusal="The workflow 'order-created' cannot run: States.A.")
    told = banner(URL, replace(hooks, workflows={**hooks.workflows, "order-created": refused}), [], DEFAULT, [], 25)
    assert "  The workflow 'order-created' cannot run: States.A.\n  Its starts are answered 501" in told
    assert "501" not in banner(URL, hooks, [], DEFAULT, [], 25)
