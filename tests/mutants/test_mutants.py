"""Every mutant still finds its text and its tests: code that moves is noticed before the long run is."""

from __future__ import annotations

import re

import pytest

from tests.mutants.run import ROOT, Mutant, read_mutants

MUTANTS = read_mutants()


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_a_mutant_breaks_what_is_there(mutant: Mutant) -> None:
    text = (ROOT / "handler" / "verihook" / mutant.file).read_text("utf-8")
    broken, found = re.subn(mutant.old, mutant.new, text)
    assert found, f"{mutant.file} no longer reads like that"
    assert broken != text
    compile(broken, mutant.file, "exec")
    for test in mutant.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).is_file(), test
        # A suite's tests stand in the contract that it inherits.
        written = [ROOT / path, *(ROOT / "tests" / "contracts").glob("*.py")]
        function = re.sub(r"^.*::|\[.*$", "", name)
        assert not name or any(f" {function}(" in each.read_text("utf-8") for each in written), test
