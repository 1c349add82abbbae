"""What counts as killed, in a tree of one guard and its tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.waiting import wait_until
from tests.mutants import preloaded
from tests.mutants.run import Mutant, find_failing, judge_one, least
from tests.mutants.trees import Tree, part

GUARD = "def allowed(number):\n    return number < 3\n"
TESTS = """
import subprocess
from verihook.guard import allowed

def test_limit():
    assert [allowed(number) for number in (2, 3)] == [True, False]

def test_nothing():
    assert allowed(2)

def test_what_fails_anyway():
    assert not allowed(2)

def test_what_leaves_a_process():
    print("started", subprocess.Popen(["sleep", "60"]).pid)
    assert not allowed(2)
"""
IMPORTS_ANOTHER = """
import sys

def test_it():
    sys.path.insert(0, "elsewhere")
    import verihook
"""
BESIDE = """
import sys

def test_it():
    assert "test_guard" not in sys.modules
"""
LIMIT, NOTHING, PROCESS = (
    f"tests/test_guard.py::test_{name}" for name in ("limit", "nothing", "what_leaves_a_process")
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    folder = tmp_path_factory.mktemp("tree")
    for path, text in {
        "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["handler"]\n',
        "handler/verihook/__init__.py": "",
        "handler/verihook/guard.py": GUARD,
        "tests/test_guard.py": TESTS,
        "elsewhere/verihook/__init__.py": "",
        "elsewhere/test_it.py": IMPORTS_ANOTHER,
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    with Tree(folder) as tree:
        yield tree


def a_mutant(new: str, tests: str = LIMIT, old: str = "number < 3") -> Mutant:
    return Mutant("it", "guard.py", old, new, (tests,))


def test_a_test_that_fails_kills(tree: Tree) -> None:
    killed, line = judge_one(a_mutant("number < 4"), tree)
    assert (True, "killed") == (killed, line.split()[0])
    assert line.endswith(LIMIT)
    assert GUARD == (tree.folder / "handler" / "verihook" / "guard.py").read_text()
    assert 0 == tree.run([LIMIT])[0]


@pytest.mark.parametrize(
    ("mutant", "word"),
    [
        (a_mutant("number <= 2"), "SURVIVED"),
        (a_mutant("number < 4", NOTHING), "SURVIVED"),
        (a_mutant("number < 4", old="number > 3"), "DOES NOT APPLY"),
        # Neither shows that a test would notice.
        (a_mutant("number < 3\n\nimport no_such_module"), "NOT TRIED"),
        (a_mutant("number < 4", "tests/test_guard.py::test_none"), "NOT TRIED"),
        (a_mutant("number < 4", "tests/test_none.py"), "NOT TRIED"),
    ],
)
def test_all_else_does_not(tree: Tree, mutant: Mutant, word: str) -> None:
    killed, line = judge_one(mutant, tree)
    assert (False, True) == (killed, line.startswith(word)), line


def test_an_endless_loop_kills_after_a_while(tree: Tree) -> None:
    killed, line = judge_one(a_mutant("[0 for _ in iter(int, 1)]"), tree, patience=1)
    assert (True, True) == (killed, line.endswith("no end within 1 s"))


def test_what_a_test_leaves_behind_ends_with_it(tree: Tree) -> None:
    code, output = tree.run([PROCESS])
    assert code == 1
    started = output.partition("started ")[2].split()[0]
    # It is gone, or a zombie that its new parent has yet to wait for.
    wait_until(
        lambda: not Path(f"/proc/{started}/cmdline").exists() or not Path(f"/proc/{started}/cmdline").read_bytes()
    )


def test_tests_that_fail_anyway_kill_nothing(tree: Tree) -> None:
    fails = "tests/test_guard.py::test_what_fails_anyway"
    ((file, output),) = find_failing([a_mutant("number < 4", fails), a_mutant("number < 4")], [tree]).items()
    assert ("tests/test_guard.py", True) == (file, "FAILED tests/test_guard.py::test_what_fails_anyway" in output)


def test_a_file_that_fails_beside_others_has_a_second_try_by_itself(tree: Tree) -> None:
    both = [a_mutant("", f"tests/test_{name}.py::test_it") for name in ("first", "second")]
    (tree.folder / "tests" / "test_first.py").write_text("import test_guard\n\ndef test_it():\n    pass\n")
    (tree.folder / "tests" / "test_second.py").write_text(BESIDE)
    assert {} == find_failing([*both, a_mutant("")], [tree])


def test_a_copy_of_its_own_for_each(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "handler.py").write_text("")
    with Tree(tmp_path / "0") as first, Tree(tmp_path / "0") as second:
        part([first, second])
        assert [tmp_path / "0", tmp_path / "1"] == [first.folder, second.folder]
        assert (second.folder / "handler.py").exists()


def test_a_test_of_a_whole_file_is_named_once() -> None:
    assert ["tests/a.py", LIMIT, NOTHING] == least({LIMIT, NOTHING, "tests/a.py::test_it", "tests/a.py"})


def test_a_package_from_elsewhere_is_noticed(tree: Tree) -> None:
    code, output = tree.run(["elsewhere"])
    assert (preloaded.ELSEWHERE, True) == (code, "1 passed" in output)


def test_nothing_of_ours_is_imported_before_the_fork() -> None:
    with pytest.raises(RuntimeError, match=r"tests\.mutants"):
        preloaded.preload()
