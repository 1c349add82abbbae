"""What a commit has its share of: a matrix whose cells say the same of many places, and takes too long for each commit.

``make test`` and ``make check-long`` run all of it. A share's number comes from the commit's id, so that commits which
are pushed a few at a time, or fetched without their history, have one share as often as another.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

Cell = TypeVar("Cell")


def share_of(cells: Sequence[Cell], shares: int, turn: int) -> list[Cell]:
    """Return every so many of them, from another one on at each turn."""
    return list(cells[turn % shares :: shares])


def turn() -> int:
    """The number of this commit's turn; 0 outside a checkout."""
    command = ["git", "rev-parse", "--verify", "--quiet", "HEAD"]
    done = subprocess.run(command, cwd=Path(__file__).parent, check=False, capture_output=True, text=True)
    return int(done.stdout.strip() or "0", 16)
