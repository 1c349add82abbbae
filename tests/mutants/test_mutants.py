"""Every mutant still finds its text and its tests: code that moves is noticed before the long run is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.mutants.run import Mutant, read_mutants
from tests.mutants.trees import ROOT


def wrong_with(mutant: Mutant) -> Iterator[str]:
    """Why a mutant could not be tried."""
    text = (ROOT / "handler" / "verihook" / mutant.file).read_text("utf-8")
    broken, found = re.subn(mutant.old, mutant.new, text)
    if not found or broken == text:
        yield f"{mutant.file} does not read like {mutant.old!r}" if not found else "it changes nothing"
    try:
        compile(broken, mutant.file, "exec")
    except SyntaxError as error:
        yield str(error)
    yield from (f"there is no {test}" for test in mutant.tests if not is_there(test))


def is_there(test: str) -> bool:
    path, _, name = test.partition("::")
    # A suite's tests stand in the contract that it inherits.
    written = [ROOT / path, *(ROOT / "tests" / "contracts").glob("*.py")]
    function = re.sub(r"^.*::|\[.*$", "", name)
    return (ROOT / path).is_file() and (not name or any(f" {function}(" in read(each) for each in written))


@cache
def read(path: Path) -> str:
    return path.read_text("utf-8")


def test_every_mutant_breaks_what_is_there() -> None:
    mutants = read_mutants()
    assert len(mutants) > 300
    assert [] == [f"{mutant.name}: {reason}" for mutant in mutants for reason in wrong_with(mutant)]
