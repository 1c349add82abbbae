"""Breaks each guard in turn and looks whether the tests notice: ``python -m tests.mutants.run [NAME ...]``.

The mutants stand in mutants.toml: a name, the file under handler/verihook, what to replace by what, and the tests that
must fail (a set of them by its name, or one test). Each is made in a copy of the tree. Its tests have to pass without
any mutant, in the same process as the others of their file, and a test has to fail with it: a module that does not
load, or a test that is not found, proves nothing. Exit code 1 if a mutant is not killed.
"""

from __future__ import annotations

import os
import re
import sys
import time
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import pytest

from tests.mutants.trees import PATIENCE, Tree, trees

MUTANTS = Path(__file__).with_name("mutants.toml")
#: More than there are cores, as many tests notice by a wait that goes on too long.
WORKERS = 3 * min(os.cpu_count() or 1, 4)


@dataclass(frozen=True)
class Mutant:
    """One broken guard. ``old``: a regular expression that must be found in the file; ``new``: its replacement."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def apply(self, tree: Path) -> str | None:
        """Break the file in ``tree``; return its text from before, None if ``old`` is not found."""
        path = tree / "handler" / "verihook" / self.file
        text = path.read_text("utf-8") if path.exists() else ""
        broken, found = re.subn(self.old, self.new, text)
        if not found or broken == text:
            return None
        compile(broken, self.file, "exec")
        path.write_text(broken, "utf-8")
        return text

    def mend(self, tree: Path, text: str) -> None:
        """Put the file back."""
        (tree / "handler" / "verihook" / self.file).write_text(text, "utf-8")


def read_mutants() -> list[Mutant]:
    """The mutants of mutants.toml."""
    table = tomllib.loads(MUTANTS.read_text("utf-8"))
    sets: dict[str, list[str]] = table["tests"]
    found = [
        Mutant(**{**entry, "tests": tuple(sets.get(entry["tests"], [f"tests/{entry['tests']}"]))})
        for entry in table["mutants"]
    ]
    assert len({mutant.name for mutant in found}) == len(found), "two mutants have one name"
    return found


def judge(mutants: Sequence[Mutant], free: SimpleQueue[Tree]) -> list[tuple[bool, str]]:
    """Return for each mutant (whether it was killed, a line about it). Without any, their tests run once, together."""
    tests = least({test for mutant in mutants for test in mutant.tests})
    tree = free.get()
    try:
        code, output = tree.run(tests, bytecode=True)
        if code != pytest.ExitCode.OK:
            # A warning about a file that Python closed as the process ended fails a run, too. It does not come twice.
            code, output = tree.run(tests, bytecode=True)
        if code != pytest.ExitCode.OK:
            return [(False, f"FAILS WITHOUT   {mutant.name}:\n{output[-2000:]}") for mutant in mutants]
        return [judge_one(mutant, tree) for mutant in mutants]
    finally:
        free.put(tree)


def least(tests: Collection[str]) -> list[str]:
    """The tests, in order, without those that stand in a file which is there as a whole."""
    return sorted(test for test in tests if "::" not in test or test.partition("::")[0] not in tests)


def judge_one(mutant: Mutant, tree: Tree, patience: float = PATIENCE) -> tuple[bool, str]:
    """Return (whether the mutant was killed, a line about it). Its tests pass without it."""
    started = time.monotonic()
    text = mutant.apply(tree.folder)
    if text is None:
        return False, f"DOES NOT APPLY  {mutant.name}: {mutant.file} no longer reads like that"
    code, output = tree.run(mutant.tests, patience=patience)
    mutant.mend(tree.folder, text)
    about = f"{mutant.name} ({time.monotonic() - started:.1f} s)"
    if code == pytest.ExitCode.OK:
        return False, f"SURVIVED        {about} {mutant.file}"
    if code is None:
        return True, f"killed          {about} no end within {patience} s"
    if code == pytest.ExitCode.TESTS_FAILED:
        return True, f"killed          {about} {_first_failure(output)}"
    return False, f"NOT TRIED       {about} {mutant.file}: pytest ended with {code}:\n{output[-2000:]}"


def _first_failure(output: str) -> str:
    """The test that failed, of the summary that ends the output."""
    *_, summary = output.rpartition("short test summary info")
    found = re.search(r"^(?:FAILED|ERROR) (tests/.*?)(?: - |$)", summary, re.MULTILINE)
    return found[1] if found else ""


def judge_all(mutants: Sequence[Mutant]) -> Iterator[tuple[bool, str]]:
    """Yield what ``judge`` gives of each, as it is known."""
    # By the files of their tests: most of what a run costs is paid for a process and its imports.
    groups: dict[tuple[str, ...], list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        groups[tuple(sorted({test.partition("::")[0] for test in mutant.tests}))].append(mutant)
    number = min(WORKERS, len(groups))
    longest_first = sorted(groups.values(), key=len, reverse=True)
    with trees(number) as free, ThreadPoolExecutor(number) as pool:
        for group in as_completed([pool.submit(judge, group, free) for group in longest_first]):
            yield from group.result()


def main(names: Sequence[str]) -> int:
    """Judge the mutants with these names, all if there is none, and print a line for each."""
    mutants = [mutant for mutant in read_mutants() if not names or mutant.name in names]
    if unknown := set(names) - {mutant.name for mutant in mutants}:
        sys.stdout.write(f"mutants: mutants.toml has no {', '.join(sorted(unknown))}\n")
        return 1
    started, killed = time.monotonic(), 0
    for good, line in judge_all(mutants):
        killed += good
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{killed} killed, {len(mutants) - killed} not, in {time.monotonic() - started:.0f} s\n")
    return 0 if killed == len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
