"""What rests on a library's internals is refused in words once they are others."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from importlib import invalidate_caches
from pathlib import Path

import pytest

from tests.flows.deployment import ROOT
from tests.project import foreign
from verihook.errors import ConfigurationError
from verihook.local.durable.sdk_parts import SDK, TESTING_SDK
from verihook.local.foreign import Library, digest

LIBRARIES = (SDK, TESTING_SDK)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    (tmp_path / "foreign_one.py").write_text("__version__ = '1.1'\n\nclass A:\n    def f(self):\n        return 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "foreign_one", raising=False)
    parts = {part: digest(part) for part in ("foreign_one:A.f", "foreign_one:A", "foreign_one")}
    return Library("foreign-one", "foreign_one", "1.0", parts)


def test_what_is_as_it_was_is_taken(library: Library) -> None:
    library.check()
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in library.parts.values())
    assert len(set(library.parts.values())) == 3


def test_what_is_another_is_refused_with_library_release_and_mend(library: Library) -> None:
    changed = Library(library.name, library.package, library.tried, {**library.parts, "foreign_one:A.f": "0" * 16})
    with pytest.raises(ConfigurationError) as refused:
        changed.check()
    assert str(refused.value) == (
        "foreign-one 1.1: foreign_one:A.f: Verihook replaces parts of this library, and was tried with release 1.0, in "
        "which this one was another; install that release: pip install 'foreign-one==1.0'"
    )


def test_modules_that_are_as_they_were_are_not_taken_apart(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = library.digest_of_modules()
    assert re.fullmatch("[0-9a-f]{16}", whole)
    seen = replace(library, parts=dict.fromkeys(library.parts, "0" * 16), whole=whole)
    seen.check()
    (tmp_path / "foreign_one.py").write_text("# another release\n")
    assert whole != seen.digest_of_modules()
    assert [*library.parts] == [*seen.changes()]
    (tmp_path / "foreign_one.py").unlink()
    monkeypatch.delitem(sys.modules, "foreign_one", raising=False)
    invalidate_caches()
    assert "" == seen.digest_of_modules()


@pytest.mark.parametrize("gone", ["foreign_one:A.g", "foreign_one:B", "foreign_two", "foreign_one:__version__"])
def test_what_is_gone_or_has_no_source_is_refused(library: Library, gone: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{gone} and 1 more: "):
        Library(library.name, library.package, "1.0", {gone: "0" * 16, "foreign_one": "0" * 16}).check()


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_the_release_that_was_tried_is_the_one_that_is_asked_for_and_pinned(library: Library) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["local"]]
    bounds = [each for each in asked if re.match(rf"{library.name}(\[|[=<>])", each)]
    assert [True] == [each.endswith((f"=={library.tried}", f",<={library.tried}")) for each in bounds]
    pins = (ROOT / "requirements" / "local.txt").read_text("utf-8")
    assert re.search(rf"^{library.name}(\[.*\])?=={library.tried} ", pins, re.MULTILINE)


def test_every_internal_that_is_imported_is_listed() -> None:
    listed = {part for library in LIBRARIES for part in library.parts}
    imported = {
        (node.module or "", each.name)
        for path in (ROOT / "handler" / "verihook" / "local").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
        for each in node.names
    }
    internal = [(module, name) for module, name in imported if module.split(".")[0] in {x.package for x in LIBRARIES}]
    assert len(internal) > 20
    assert [] == [
        f"{module}:{name}"
        for module, name in internal
        if module not in listed
        and f"{module}.{name}" not in listed
        and not any(re.match(rf"{module}:{name}(\.|$)", part) for part in listed)
    ]


def test_the_command_says_that_nothing_has_changed_here() -> None:
    # In a process of its own: what a test has mended in this one is another.
    done = subprocess.run(
        [sys.executable, "-m", foreign.__name__], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
