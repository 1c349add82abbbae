"""What the Makefile's commands install: to run what running needs, to test the rest, to look ahead the newest."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.flows.deployment import ROOT


def planned(*arguments: str) -> str:
    """What make would do with an environment that is not there."""
    command = ["make", "--dry-run", "VENV=.venv-absent", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("target", "installed"),
    [("run", {"requirements/local.txt"}), ("test", {"requirements/dev.txt", "requirements/local.txt"})],
)
def test_a_command_installs_what_it_needs_and_nothing_else(target: str, installed: set[str]) -> None:
    assert installed == set(re.findall(r"-r (requirements/[a-z.]+)", planned(target)))


def test_the_newest_releases_have_no_upper_bound(tmp_path: Path) -> None:
    recipe = re.search(r"^sed .*(?= pyproject\.toml)", planned("check-newest"), re.MULTILINE)
    assert recipe
    asked = subprocess.run(
        ["sh", "-c", f"{recipe[0]} pyproject.toml"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    then, now = (ROOT / "pyproject.toml").read_text("utf-8"), asked.decode()
    assert then.count("<=") > now.count("<=") == 0
    assert len(then.splitlines()) == len(now.splitlines())


def test_the_command_works_in_a_folder_with_a_blank_and_without_being_built(tmp_path: Path) -> None:
    project = tmp_path / "my project"
    (project / "requirements").mkdir(parents=True)
    for name in ("Makefile", "handler", "requirements/local.txt"):
        (project / name).symlink_to(ROOT / name)
    venv.create(project / ".venv")
    [site] = project.glob(".venv/lib/*/site-packages")
    # Stands for pip, which would fetch what the test has: nothing is to be seen of it here.
    (site / "pip").mkdir()
    (site / "pip" / "__main__.py").touch()
    subprocess.run(["make", ".venv/.runs"], cwd=project, check=True, capture_output=True)
    done = subprocess.run(
        [project / ".venv" / "bin" / "verihook", "workflows", "--help"],
        env=os.environ | {"PYTHONPATH": sysconfig.get_path("purelib")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    assert "usage: verihook workflows" in done.stdout
    assert f"{project / 'handler'}\n" == (site / "verihook.pth").read_text()
