"""A newcomer knows where everything is: sizes, mirrors, and what the documents promise."""

from __future__ import annotations

import ast
import re
import statistics
import tomllib
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

from tests.flows.deployment import ROOT
from verihook import config, errors
from verihook.config import api, settings, sources, workflows
from verihook.senders import FOLDER, SCHEMES, sender_ids

SOURCES = sorted((ROOT / "handler").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_at_most_about_300_lines_and_a_function_40(path: Path) -> None:
    assert lines(path) <= 310
    if path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                assert node.end_lineno - node.lineno < 45, f"{path}: {node.name}"


def test_the_median_file_is_short() -> None:
    assert statistics.median(lines(path) for path in SOURCES if lines(path)) < 120


def test_unit_tests_mirror_the_package() -> None:
    """Every folder and file of tests/unit is one of the package's."""
    package = ROOT / "handler" / "verihook"
    for path in (ROOT / "tests" / "unit").rglob("test_*.py"):
        where = path.parent.relative_to(ROOT / "tests" / "unit")
        name = path.stem.removeprefix("test_")
        candidates = [package / where / f"{name}.py", package / where / name, package / f"{where}.py"]
        # test_any_delivery.py is of every scheme.
        assert name == "any_delivery" or any(candidate.exists() for candidate in candidates), path


def test_the_root_of_the_package_has_at_most_ten_modules() -> None:
    """Each is an entrance, or what every room needs; all else has a room."""
    loose = {path.stem for path in (ROOT / "handler" / "verihook").glob("*.py")} - {"__init__"}
    assert len(loose) <= 10, sorted(loose)


def test_no_vague_names() -> None:
    for path in SOURCES + TESTS:
        assert not {"utils", "helpers", "common", "manager"} & {part.removesuffix(".py") for part in path.parts}, path


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


@pytest.mark.parametrize("sender", sender_ids())
def test_a_sender_says_where_it_is_from(sender: str) -> None:
    table = tomllib.loads((FOLDER / f"{sender}.toml").read_text())
    assert {"title", "documentation", "read", "evidence", "signature", "event", "delivery"} <= set(table)
    assert table["documentation"].startswith("https://")
    assert table["evidence"] in ("documented", "official-vector", "official-library")
    # A timeout that the sender does not state is left out.
    assert (
        {"retries", "refusals"}
        <= set(table["delivery"])
        <= {
            "retries",
            "refusals",
            "timeout_seconds",
            "signs_once",
        }
    )
    assert table["delivery"].get("signs_once", "https://").startswith("https://")
