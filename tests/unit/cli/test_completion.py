from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.flows.deployment import ROOT
from verihook import cli
from verihook.cli import connect
from verihook.cli.parser import Parser
from verihook.cli.tree import Node, read_tree
from verihook.model.scopes import SCOPES


def script_for(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert 0 == cli.main(["completion", shell])
    return capsys.readouterr().out


def completed(script: str, *words: str, folder: Path) -> set[str]:
    """What bash offers for the last of the words, if it finds no program to start."""
    program = """
source /dev/stdin
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _verihook
printf '%s\\n' "${COMPREPLY[@]}"
"""
    done = subprocess.run(
        [shutil.which("bash") or "bash", "-uc", program, "bash", "verihook", *words],
        input=script,
        cwd=folder,
        env={"PATH": str(folder / "none")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "" == done.stderr
    return {*done.stdout.split()}


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["inst"], {"instances"}),
        (["workflows", "r"], {"run"}),
        (["workflows", "run", "orders", "--wa"], {"--wait"}),
        (["workflows", "run", "--on-conflict", "re"], {"return", "restart"}),
        (["instances", "list", "--url", "http://a.test", "--status", "t"], {"timed_out", "terminated"}),
        (["completion", "f"], {"fish"}),
        (["keys", "rev"], {"revoke"}),
        (["run", "--data", "da"], {"data.json"}),
        # Whatever an id is, none of ours is one.
        (["workflows", "run", "--id", ""], set()),
        (["nonsense", "--"], set()),
        # As bash cuts --status=t, --scope workflows: and --scope=instances:m.
        (["instances", "list", "--status", "=", "t"], {"timed_out", "terminated"}),
        (["keys", "create", "--scope", "workflows", ":"], {"read", "execute"}),
        (["keys", "create", "--scope", "=", "instances", ":", "m"], {"manage"}),
        (["keys", "create", "--scope", "="], {*SCOPES}),
        (["instances", "list", "--url", "http", ":", "//a"], set()),
    ],
)
def test_bash(capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], offered: set[str]) -> None:
    (tmp_path / "data.json").touch()
    assert offered == completed(script_for("bash", capsys), *words, folder=tmp_path)


def test_bash_runs_nothing_of_what_is_typed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = script_for("bash", capsys)
    for words in (
        ["$(> made)"],
        ["workflows", "run", "--id", "`> made`"],
        ["--status", "=", "$(> made)"],
        ["'; > made"],
    ):
        assert set() == completed(script, *words, folder=tmp_path)
    assert [] == [*tmp_path.iterdir()]


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish on this machine")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("inst", {"instances"}),
        ("workflows run orders --wa", {"--wait"}),
        ("instances list --url http://a.test --status t", {"timed_out", "terminated"}),
        ("instances list --status=t", {"--status=timed_out", "--status=terminated"}),
        ("keys create --scope workflows:", {"workflows:read", "workflows:execute"}),
        ("run --data da", {"data.json"}),
        ("workflows run --id ", set()),
    ],
)
def test_fish(capsys: pytest.CaptureFixture[str], tmp_path: Path, line: str, offered: set[str]) -> None:
    (tmp_path / "data.json").touch()
    program = f"{script_for('fish', capsys)}\ncomplete -C'verihook {line}'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "" == done.stderr
    assert offered == {entry.partition("\t")[0] for entry in done.stdout.splitlines()}


def test_bash_offers_every_command_and_every_action(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = script_for("bash", capsys)
    assert {"workflows", "instances", "events", "keys", "completion", "run", "send"} <= completed(
        script, "", folder=tmp_path
    )
    actions = {"list", "get", "steps", "watch", "terminate", "suspend", "resume", "restart", "redrive", "purge"}
    assert actions <= completed(script, "instances", "", folder=tmp_path)


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_others_know_the_same(capsys: pytest.CaptureFixture[str], shell: str) -> None:
    script = script_for(shell, capsys)
    for word in ("instances", "redrive", "on-conflict", "timed_out", "completion"):
        assert word in script


def test_an_unknown_shell() -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["completion", "cmd"])
    assert 2 == end.value.code


def test_the_documentation_has_every_command_option_and_exit_code() -> None:
    text = (ROOT / "docs" / "commands.md").read_text()
    for path, node in Node("verihook", "", (), tuple(read_tree(cli.add_commands(Parser())))).walk():
        if path and not node.children:
            assert f"verihook {' '.join(path)}" in text
        for option in node.options:
            for name in {*option.names} - {"-h", "--help"}:
                assert re.search(rf"(?<![\w-]){name}(?![\w-])", text), (path, name)
    for code, meaning in re.findall(r"^ *(\d+)  (.*)$", connect.EXIT_CODES, re.MULTILINE):
        assert f"| {code} | {meaning} |" in text.replace("`", "")
