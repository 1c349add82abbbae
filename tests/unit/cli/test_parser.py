from __future__ import annotations

import re
import subprocess
import sys

import pytest

from verihook import cli
from verihook.cli.parser import Parser, describe


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as end:
        cli.main([*arguments, "--help"])
    assert 0 == end.value.code
    return capsys.readouterr().out


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize("arguments", [(), ("instances",), ("keys",), ("workflows",), ("secrets",), ("events",)])
def test_each_command_stands_in_one_line_with_what_it_does(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    shown = told(capsys, *arguments)
    _, _, listed = shown.partition("commands:" if not arguments else "actions:")
    lines = [line for line in listed.splitlines()[2:] if re.match(r" {4}\S", line)]
    assert lines
    assert all(re.match(r" {4}[a-z-]+ {2,}\S", line) for line in lines)
    assert "positional arguments" not in shown


def test_a_command_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert "\n\nStart an instance.\n\n" in told(capsys, "workflows", "run")
    assert "\n\nRun the whole thing on this machine, on loopback.\n\n" in told(capsys, "run")
    # Lines that were written as lines stay so.
    assert "\n  0  done\n  1  the instance failed" in told(capsys, "instances", "watch")


def test_a_command_is_imported_alone_and_all_are_if_it_is_none() -> None:
    every = list(cli.add_commands(Parser()).choices)
    assert {"doctor", "instances", "run"} < set(every)
    for name in every:
        assert [name] == list(cli.add_commands(Parser(), [name, "list"]).choices)
    for none in (["secret_values"], ["instance"], ["--help", "instances"]):
        assert every == list(cli.add_commands(Parser(), none).choices)
    program = "import sys; from verihook import cli; cli.main(['senders']); print('verihook.cli.run' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "False" == printed.splitlines()[-1]


def test_its_own_words_go_first() -> None:
    commands = Parser().add_subparsers(metavar="COMMAND")
    mine = commands.add_parser("mine", help="short", description="Long.")
    bare = commands.add_parser("bare")
    describe(commands)
    assert ("Long.", None) == (mine.description, bare.description)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "verihook: the following arguments are required: COMMAND (usage: verihook --help)"),
        (
            ["run", "--port", "x"],
            "verihook run: argument --port: must be a whole number from 0 to 65535 (got 'x') (usage: ",
        ),
        (
            ["senders", "--json", "--markdown"],
            "verihook senders: argument --markdown: not allowed with argument --json",
        ),
        (
            ["completion", "csh"],
            "verihook completion: argument shell: must be one of bash, zsh, fish (got 'csh') (usage: ",
        ),
        (["cost", "--size", "5"], "verihook cost: argument --size: must be one of 512, 2048, 20480 (got '5') (usage: "),
        (["nope"], "verihook: argument COMMAND: must be one of check, completion, "),
        (["health", "--nope"], "verihook health: unrecognized arguments: --nope (usage: verihook health --help)"),
        (
            ["instances", "get", "a", "b"],
            "verihook instances get: unrecognized arguments: b (usage: verihook instances get --help)",
        ),
        (
            ["send", "orders", "body", "--tamper"],
            "verihook send: argument --tamper: expected one argument: signature, timestamp, body, duplicate-header (",
        ),
    ],
)
def test_a_mistake_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], line: str) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert 2 == end.value.code
    told = capsys.readouterr().err
    assert told.startswith(line)
    assert 1 == len(told.splitlines())
