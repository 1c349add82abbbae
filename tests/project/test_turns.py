"""What is run in turn is run: each share by some commit, and all that has no mark by every one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.run import read_mutants
from tests.turns import share_of, turn

ROOT = Path(__file__).parents[2]

CELLS = """
import pytest

MARKED = [pytest.param(cell, marks=pytest.mark.in_turn) for cell in "abcdef"]

@pytest.mark.parametrize("cell", ["always", *MARKED])
def test_it(cell):
    pass
"""


def test_the_shares_of_as_many_turns_are_all() -> None:
    mutants = read_mutants()
    shares = [share_of(mutants, 3, turn) for turn in range(40, 43)]
    assert sorted(each.name for each in mutants) == sorted(each.name for share in shares for each in share)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_turn_is_the_commits() -> None:
    command = ["git", "log", "-1", "--format=%H"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert turn() == int(done.stdout.strip() or "0", 16)


@pytest.mark.parametrize("shares", [1, 3])
def test_what_has_a_mark_is_run_in_turn(shares: int, tmp_path: Path) -> None:
    (tmp_path / "test_cells.py").write_text(CELLS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-c",
        str(ROOT / "pyproject.toml"),
        "--collect-only",
    ]
    command += ["-q", "--shares", str(shares), "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert ["always", *share_of("abcdef", shares, turn())] == re.findall(r"\[(\w+)\]", done.stdout), done.stderr
