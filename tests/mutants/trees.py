"""Copies of the tree, to change the package in and to run tests in; the working tree is never touched."""

from __future__ import annotations

import compileall
import json
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: What the tests need of the tree.
COPIED = ("pyproject.toml", "handler", "infra", "events", "tests")
#: Seconds after which tests that do not end count as failed.
PATIENCE = 90
#: How long a test waits for what has to come, in seconds. Without a mutant it has come by then, or nothing is judged.
WAIT_S = 12


class Tree:
    """A folder with the tree, and the process that runs its tests (preloaded.py)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        #: The seconds of a processor that the last run took, without what outlived it.
        self.took_s = 0.0
        variables = {**os.environ, "VERIHOOK_TEST_PATIENCE": str(WAIT_S)}
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name("preloaded.py"))],
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Tree:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(
        self, tests: Sequence[str], *, patience: float = PATIENCE, bytecode: bool = False
    ) -> tuple[int | None, str]:
        """Return (the exit code of pytest, None if it did not end; what it printed); it stops at the first failure.

        ``patience``: seconds. ``bytecode``: leave that of the tests for the next run, if the package is as it was.
        """
        assert self._process.stdin
        assert self._process.stdout
        with tempfile.NamedTemporaryFile(prefix="verihook-output-") as output:
            run = {"tree": str(self.folder), "tests": tests, "output": output.name, "patience": patience}
            self._process.stdin.write(f"{json.dumps({**run, 'bytecode': bytecode})}\n")
            self._process.stdin.flush()
            code, self.took_s = json.loads(self._process.stdout.readline())
            return code, output.read().decode("utf-8", "replace")


@contextmanager
def trees(number: int) -> Iterator[list[Tree]]:
    """Processes that share a copy of the tree, until ``part`` gives each one of its own."""
    with tempfile.TemporaryDirectory(prefix="verihook-trees-") as folder, ExitStack() as stack:
        first = Path(folder, "0")
        first.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                # The tests stay as they are, and so does what pytest has made of them.
                left = () if name == "tests" else ("__pycache__",)
                shutil.copytree(source, first / name, ignore=shutil.ignore_patterns(*left))
            else:
                shutil.copy(source, first / name)
        # What the tests fetch once (DynamoDB Local).
        (ROOT / ".tools").mkdir(exist_ok=True)
        (first / ".tools").symlink_to(ROOT / ".tools")
        # By digest of the source: a mutant of the same length within the same second would be taken for the original.
        by_digest = py_compile.PycInvalidationMode.CHECKED_HASH
        compileall.compile_dir(first / "handler", quiet=1, invalidation_mode=by_digest)
        yield [stack.enter_context(Tree(first)) for _ in range(number)]


def part(made: Sequence[Tree]) -> None:
    """Give each but the first a copy of the folder that they share, with the bytecode that their tests have left."""
    for index, tree in enumerate(made[1:], start=1):
        tree.folder = shutil.copytree(tree.folder, tree.folder.with_name(str(index)), symlinks=True)
