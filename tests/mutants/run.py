"""Breaks each guard in turn and looks whether the tests notice: ``python -m tests.mutants.run [NAME ...]``.

The mutants stand in mutants.toml: a name, the file under handler/verihook, what to replace by what, and the tests that
must fail (a set of them by its name, or one test). Each is made in a copy of the tree; the working tree is never
touched. Exit code 1 if a mutant survives, if its text is no longer found, or if the tests fail without any mutant.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).parents[2]
MUTANTS = Path(__file__).with_name("mutants.toml")

#: What the tests need of the tree.
COPIED = ("pyproject.toml", "handler", "infra", "events", "tests")
WORKERS = min(os.cpu_count() or 1, 4)
#: Seconds after which a mutant that makes the tests hang counts as noticed; and what all tests together may take.
PATIENCE, PATIENCE_WITH_ALL = 90, 600


@dataclass(frozen=True)
class Mutant:
    """One broken guard. ``old``: a regular expression that must be found in the file; ``new``: its replacement."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def apply(self, tree: Path) -> str | None:
        """Break the file in ``tree``; returns its text from before, None if ``old`` is not found."""
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


@contextmanager
def copies(number: int) -> Iterator[SimpleQueue[Path]]:
    """Copies of the tree to work in."""
    with tempfile.TemporaryDirectory(prefix="verihook-mutants-") as folder:
        trees: SimpleQueue[Path] = SimpleQueue()
        for index in range(number):
            tree = Path(folder) / str(index)
            for name in COPIED:
                source = ROOT / name
                if source.is_dir():
                    shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    tree.mkdir(exist_ok=True)
                    shutil.copy(source, tree / name)
            trees.put(tree)
        yield trees


def run_tests(tree: Path, tests: Sequence[str], patience: float = PATIENCE) -> tuple[bool, str]:
    """(whether they pass, the end of what they print), in ``tree``, stopping at the first failure."""
    # No byte code: a mutant of the same length within the same second would be taken for the original.
    variables = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(tree / "handler")}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--tb=line", *tests]
    process = subprocess.Popen(
        command, cwd=tree, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        output, _ = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return False, f"ERROR no end within {patience} s"
    # 1: tests failed; 2: could not be collected, as when the module does not load. Others: nothing was tried.
    if process.returncode not in (0, 1, 2):
        raise SystemExit(f"mutants: pytest ended with {process.returncode}:\n{output[-2000:]}")
    return process.returncode == 0, output


def judge(mutant: Mutant, trees: SimpleQueue[Path]) -> tuple[bool, str]:
    """(whether the mutant was killed, a line about it)."""
    tree, started = trees.get(), time.monotonic()
    try:
        text = mutant.apply(tree)
        if text is None:
            return False, f"DOES NOT APPLY  {mutant.name}: {mutant.file} no longer reads like that"
        survived, output = run_tests(tree, mutant.tests)
        mutant.mend(tree, text)
    finally:
        trees.put(tree)
    seconds = time.monotonic() - started
    if survived:
        return False, f"SURVIVED        {mutant.name} ({mutant.file}, {seconds:.0f} s)"
    noticed = next((line.split(" - ")[0] for line in output.splitlines() if line.startswith(("FAILED", "ERROR"))), "")
    return True, f"killed          {mutant.name} ({seconds:.0f} s) {noticed.removeprefix('FAILED ')}"


def main(names: Sequence[str]) -> int:
    """Judge the mutants with these names, all if there is none, and print a line for each."""
    mutants = [mutant for mutant in read_mutants() if not names or mutant.name in names]
    started = time.monotonic()
    with copies(WORKERS) as trees, ThreadPoolExecutor(WORKERS) as workers:
        # Tests that fail anyway would kill everything.
        everything = sorted({test for mutant in mutants for test in mutant.tests})
        tree = trees.get()
        passed, output = run_tests(tree, everything, PATIENCE_WITH_ALL)
        trees.put(tree)
        if not passed:
            sys.stdout.write(f"{output[-3000:]}\nmutants: the tests fail without any mutant\n")
            return 1
        killed = 0
        for good, line in workers.map(lambda mutant: judge(mutant, trees), mutants):
            killed += good
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    seconds = time.monotonic() - started
    sys.stdout.write(f"{killed} killed, {len(mutants) - killed} not, in {seconds:.0f} s\n")
    return 0 if mutants and killed == len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
