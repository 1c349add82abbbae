from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.flows.commands import PROGRAM
from verihook import cli

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
    assert f"verihook: hooks.toml: cannot be read: No such file or directory: {missing}\n" == capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["senders"], ["completion", "bash"], ["keys", "run"]])
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
