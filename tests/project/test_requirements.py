"""The requirements files that `make lock` writes: pinned, hashed, naming no host, of one mind; each with a reason."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCAL, DEV, SAM, LAMBDA, SIGNERS, CHECKOV = (
    ROOT / name
    for name in (
        "requirements/local.txt",
        "requirements/dev.txt",
        "requirements/sam.txt",
        "requirements/lambda.txt",
        "requirements/signers.txt",
        "requirements/checkov.txt",
    )
)
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
GROUPS: dict[str, list[str | dict[str, str]]] = PYPROJECT["dependency-groups"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
#: Kind of function -> its list.
KINDS = {path.stem: path for path in sorted((ROOT / "handler" / "requirements").glob("*.txt"))}
FILES = [*KINDS.values(), LOCAL, DEV, SAM, LAMBDA, SIGNERS, CHECKOV]

#: A pin and everything up to the next one.
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==([^\s;]+)(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


def pins(path: Path) -> set[tuple[str, str]]:
    return {(name, version) for name, version, _ in PIN.findall(path.read_text("utf-8"))}


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9.-]+", requirement)
    assert found
    return found[0]


def test_every_requirement_is_pinned_by_hash() -> None:
    for path in FILES:
        text = path.read_text("utf-8")
        requirements = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        found = PIN.findall(text)
        assert len(requirements) == len(found) > 0, path
        assert [] == [name for name, _, rest in found if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", rest)], path


def test_no_host_and_no_option_is_named() -> None:
    named = re.compile(r"://| @ |file:|^-|index-url|find-links|trusted-host")
    lines = [(path.name, line) for path in FILES for line in path.read_text("utf-8").splitlines()]
    assert [] == [line for line in lines if named.search(line[1])]
    assert [] == [path.name for path in FILES if "make lock" not in path.read_text("utf-8").splitlines()[1]]


def test_the_files_agree() -> None:
    assert set().union(*map(pins, KINDS.values())) <= pins(LOCAL) <= pins(DEV)


def of_kind(kind: str) -> set[str]:
    """The names in the kind's group, with those of the groups that it includes."""
    groups = [each if isinstance(each, str) else of_kind(each["include-group"]) for each in GROUPS[kind]]
    return {name for each in groups for name in ([name_of(each)] if isinstance(each, str) else each)}


@pytest.mark.parametrize("kind", KINDS)
def test_the_list_of_a_kind_is_that_of_its_group(kind: str) -> None:
    assert KINDS.keys() == GROUPS.keys()
    assert of_kind(kind) <= {name for name, _ in pins(KINDS[kind])}


def test_every_dependency_is_used_by_a_kind_of_function() -> None:
    assert {name_of(dependency) for dependency in PROJECT["dependencies"]} == set().union(*map(of_kind, GROUPS))


@pytest.mark.parametrize(
    ("path", "dependencies"),
    [
        (LOCAL, PROJECT["dependencies"] + EXTRAS["local"]),
        (DEV, PROJECT["dependencies"] + EXTRAS["local"] + EXTRAS["dev"]),
    ],
    ids=["local", "dev"],
)
def test_every_dependency_is_in_its_file(path: Path, dependencies: list[str]) -> None:
    assert {name_of(dependency) for dependency in dependencies} <= {name for name, _ in pins(path)}


def test_every_dependency_has_its_reason_beside_it() -> None:
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    for dependency in PROJECT["dependencies"] + [one for extra in EXTRAS.values() for one in extra]:
        # Several extras may have it, each for a reason of its own.
        beside = [line.partition("# ")[2] for line in lines if line.strip().startswith(f'"{dependency}"')]
        assert beside, dependency
        assert all(len(reason.split()) >= 2 for reason in beside), dependency
