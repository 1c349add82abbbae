"""A newcomer knows where everything is: sizes, mirrors, and what the documents promise."""

from __future__ import annotations

import ast
import re
import statistics
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.flows.deployment import ROOT
from verihook import config, errors
from verihook.config import api, settings, sources, workflows
from verihook.senders import FOLDER, SCHEMES, sender_ids

SOURCES = sorted((ROOT / "handler").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_a_file_has_at_most_300_lines() -> None:
    sizes = {named(path): lines(path) for path in SOURCES + TESTS}
    assert {} == {name: size for name, size in sizes.items() if size > 300}


def test_a_function_has_at_most_40_lines() -> None:
    functions = [
        (f"{named(path)}:{node.lineno}: {node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert len(functions) > 1000
    assert [] == [function for function, length in functions if length > 40]


def test_the_median_file_is_short() -> None:
    assert statistics.median(lines(path) for path in SOURCES if lines(path)) < 120


def test_unit_tests_mirror_the_package() -> None:
    """Every folder and file of tests/unit is one of the package's."""
    package = ROOT / "handler" / "verihook"
    astray = []
    for path in (ROOT / "tests" / "unit").rglob("test_*.py"):
        where = path.parent.relative_to(ROOT / "tests" / "unit")
        name = path.stem.removeprefix("test_")
        candidates = [package / where / f"{name}.py", package / where / name, package / f"{where}.py"]
        # test_any_delivery.py is of every scheme.
        if name != "any_delivery" and not any(candidate.exists() for candidate in candidates):
            astray.append(named(path))
    assert [] == astray


def test_the_root_of_the_package_has_at_most_ten_modules() -> None:
    """Each is an entrance, or what every room needs; all else has a room."""
    loose = {path.stem for path in (ROOT / "handler" / "verihook").glob("*.py")} - {"__init__"}
    assert len(loose) <= 10, sorted(loose)


def test_no_vague_names() -> None:
    vague = re.compile(r"(?:^|/)(?:utils|helpers|common|manager)(?:/|\.py$)")
    assert [] == [named(path) for path in SOURCES + TESTS if vague.search(named(path))]


def _schemes() -> list[type]:
    return [getattr(import_module(module), name) for module, name in SCHEMES.values()]


def test_every_key_of_hooks_toml_is_documented() -> None:
    known = (*config._TOP[:2], *sources._KNOWN, *workflows._KNOWN, *api._API, *api._CALLBACKS, *api._CONNECTION)
    schemes = [field.name for scheme in _schemes() for field in fields(scheme)]
    for key in (*known, *schemes):
        assert f"`{key}`" in CONFIGURATION or f"`{key} =" in CONFIGURATION, key


def test_every_setting_is_documented() -> None:
    named = set(re.findall(r"VERIHOOK_[A-Z_]+", Path(settings.__file__).read_text()))
    assert named == set(re.findall(r"VERIHOOK_[A-Z_]+", CONFIGURATION))


def test_every_error_is_in_the_drawn_tree_with_its_code_and_status() -> None:
    drawn = errors.__doc__ or ""
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, errors.VerihookError):
            line = next(row for row in drawn.splitlines() if re.search(rf"\b{error.__name__}\b", row))
            if error.__subclasses__() == [] and error is not errors.ConfigurationError:
                assert error.code in line
                assert str(error.status) in line or error.status == 503


def missing_in(table: dict[str, Any]) -> Iterator[str]:
    """What a sender's file does not say, or says wrongly."""
    yield from {"title", "documentation", "read", "evidence", "signature", "event", "delivery"} - set(table)
    if not table["documentation"].startswith("https://"):
        yield "documentation"
    if not isinstance(table["read"], date):
        yield "read"
    if table["evidence"] not in ("unchecked", "documented", "official-vector", "official-library"):
        yield "evidence"
    # A timeout that the sender does not state is left out.
    keys = set(table["delivery"])
    yield from {"retries", "refusals"} - keys | keys - {"retries", "refusals", "timeout_seconds", "signs_once"}
    if not table["delivery"].get("signs_once", "https://").startswith("https://"):
        yield "signs_once"


def test_a_sender_says_where_it_is_from() -> None:
    tables = {sender: tomllib.loads((FOLDER / f"{sender}.toml").read_text()) for sender in sender_ids()}
    assert len(tables) > 80
    assert [] == [f"{sender}: {key}" for sender, table in tables.items() for key in missing_in(table)]
