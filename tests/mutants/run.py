"""Breaks each guard in turn and looks whether the tests notice: ``python -m tests.mutants.run [NAME ...]``.

The mutants stand in mutants.toml: a name, the file under handler/verihook, what to replace by what, and the tests that
must fail (a set of them by its name, or one test). Their tests have to pass without any mutant, many of them in one
process. Then each mutant is made in a copy of the tree, and a test has to fail: a module that does not load, or a test
that is not found, proves nothing. Exit code 1 if a mutant is not killed.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
import tomllib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

import pytest

from tests.adapters.dynamodb_local import SHARED, endpoint
from tests.mutants.trees import PATIENCE, Tree, part, trees
from tests.turns import share_of, turn

MUTANTS = Path(__file__).with_name("mutants.toml")
#: More than there are cores, as many tests notice by a wait that goes on too long.
WORKERS = 3 * min(os.cpu_count() or 1, 4)
#: Runs without a mutant, for each worker.
BATCHES = 2
#: Seconds after which such a run counts as failed.
PATIENCE_WITHOUT = 600

Work = TypeVar("Work")
Verdict = TypeVar("Verdict")


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


def find_failing(mutants: Sequence[Mutant], made: Sequence[Tree]) -> dict[str, str]:
    """Return the files whose tests do not pass without any mutant, each with what pytest printed of it."""
    tests: dict[str, set[str]] = defaultdict(set)
    for test in (test for mutant in mutants for test in mutant.tests):
        tests[test.partition("::")[0]].add(test)
    # What takes long is spread over the batches: the names of such files stand beside each other.
    files, number = sorted(tests), BATCHES * len(made)
    batches = [batch for start in range(number) if (batch := files[start::number])]

    def passes(tree: Tree, files: Sequence[str]) -> str:
        asked = [test for file in files for test in least(tests[file])]
        code, output = tree.run(asked, patience=PATIENCE_WITHOUT, bytecode=True)
        return "" if code == pytest.ExitCode.OK else f"pytest ended with {code}:\n{output[-2000:]}"

    failed = [batch for batch, output in each(made, passes, batches) if output]
    # By itself once more: a busy machine, and a warning about what Python closed as the process ended, fail tests too.
    alone = [[file] for batch in failed for file in batch]
    return {file: output for (file,), output in each(made[:1], passes, alone) if output}


def least(tests: Collection[str]) -> list[str]:
    """The tests, in order, without those that stand in a file which is there as a whole."""
    return sorted(test for test in tests if "::" not in test or test.partition("::")[0] not in tests)


def judge_one(mutant: Mutant, tree: Tree, patience: float = PATIENCE) -> tuple[bool, str]:
    """Return (whether the mutant was killed, a line about it and what it took). Its tests pass without it."""
    text = mutant.apply(tree.folder)
    if text is None:
        return False, f"DOES NOT APPLY  {mutant.name}: {mutant.file} no longer reads like that"
    code, output = tree.run(mutant.tests, patience=patience)
    mutant.mend(tree.folder, text)
    about = f"{mutant.name} ({tree.took_s:.1f} s)"
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


def each(
    made: Sequence[Tree], judge: Callable[[Tree, Work], Verdict], work: Iterable[Work]
) -> Iterator[tuple[Work, Verdict]]:
    """Yield each piece of work with what ``judge`` says of it in a tree that does nothing else, as it is known."""
    free: SimpleQueue[Tree] = SimpleQueue()
    for tree in made:
        free.put(tree)

    def judged(piece: Work) -> tuple[Work, Verdict]:
        tree = free.get()
        try:
            return piece, judge(tree, piece)
        finally:
            free.put(tree)

    with ThreadPoolExecutor(len(made)) as pool:
        for future in as_completed([pool.submit(judged, piece) for piece in work]):
            yield future.result()


def judge_all(mutants: Sequence[Mutant], *, passing: bool = False) -> Iterator[tuple[bool, str]]:
    """Yield for each (whether it was killed, a line about it), as it is known.

    ``passing``: the tests are known to pass without a mutant.
    """
    with trees(min(WORKERS, len(mutants))) as made:
        failing = {} if passing else find_failing(mutants, made)
        part(made)
        fit = []
        for mutant in mutants:
            if output := "".join(failing.get(test.partition("::")[0], "") for test in mutant.tests):
                yield False, f"FAILS WITHOUT   {mutant.name}: {output}"
            else:
                fit.append(mutant)
        # Those of single modules last: the others take longer, and one of them at the end would leave a core idle.
        fit.sort(key=lambda mutant: "tests/unit/" in mutant.tests[0])
        for _, verdict in each(made, lambda tree, mutant: judge_one(mutant, tree), fit):
            yield verdict


def main(arguments: Sequence[str]) -> int:
    """Judge the mutants with these names, all if there is none, and print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.run")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument(
        "--shares", type=int, default=1, help="judge one of so many shares: the commit's id tells which"
    )
    words = "the tests are known to pass without a mutant: .ci/run fails if they do not"
    parser.add_argument("--passing", action="store_true", help=words)
    asked = parser.parse_args(arguments)
    mutants = [mutant for mutant in read_mutants() if not asked.names or mutant.name in asked.names]
    if unknown := set(asked.names) - {mutant.name for mutant in mutants}:
        sys.stdout.write(f"mutants: mutants.toml has no {', '.join(sorted(unknown))}\n")
        return 1
    if asked.shares > 1:
        mutants = share_of(mutants, asked.shares, turn())
    started, killed = time.monotonic(), 0
    # Each run would start one of its own, and ask it while it is at its slowest.
    os.environ[SHARED] = endpoint()
    for good, line in judge_all(mutants, passing=asked.passing):
        killed += good
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{killed} killed, {len(mutants) - killed} not, in {time.monotonic() - started:.0f} s\n")
    return 0 if killed == len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
