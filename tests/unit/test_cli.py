from __future__ import annotations

from pathlib import Path

import pytest

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
