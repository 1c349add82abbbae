"""A function asks for the ports that it needs; the whole of the services stays with entry points."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.flows.deployment import ROOT
from verihook.model.ports import Services, sets

PACKAGE = ROOT / "handler" / "verihook"

#: The rooms whose functions take sets of ports.
ROOMS = ("instances", "webhooks", "worker")

#: What every dialect has, and is given all services by its row.
ROW_OF_A_DIALECT = ("add_routes", "render")

#: How many functions of the others take all services, as entry points and tables of routes do. The numbers only fall.
LEFT = {"api": 16, "dialects": 21, "local": 7, "root": 4}

#: Set -> its ports.
SETS = {
    name: frozenset(port for port in dir(kind) if not port.startswith("_"))
    for name, kind in vars(sets).items()
    if name.endswith("Ports")
}


@dataclass(frozen=True)
class Function:
    """``parameters``: names with their annotations."""

    place: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    parameters: dict[str, str]

    def uses(self, parameter: str) -> set[str]:
        """The attributes of this parameter that it reads."""
        reads = (each for each in ast.walk(self.node) if isinstance(each, ast.Attribute))
        return {each.attr for each in reads if isinstance(each.value, ast.Name) and each.value.id == parameter}

    def passes_on(self, parameter: str) -> set[str]:
        """The names of the functions that it calls with this parameter."""
        calls = (each for each in ast.walk(self.node) if isinstance(each, ast.Call))
        return {
            ast.unparse(each.func).rpartition(".")[2]
            for each in calls
            if any(isinstance(given, ast.Name) and given.id == parameter for given in each.args)
        }


def functions(rooms: Iterable[str] = ROOMS) -> Iterator[Function]:
    paths = (path for room in rooms for path in sorted((PACKAGE / room).rglob("*.py")))
    return (each for path in paths for each in functions_of(path))


@cache
def functions_of(path: Path) -> list[Function]:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            parameters = {each.arg: ast.unparse(each.annotation) for each in arguments if each.annotation}
            found.append(Function(f"{path.relative_to(PACKAGE)}: {node.name}", node, parameters))
    return found


def takes_all(function: Function) -> bool:
    return any(re.search(r"\bServices\b", annotation) for annotation in function.parameters.values())


@cache
def needs() -> dict[str, set[str]]:
    """Set -> the ports that the functions that take it use, by themselves or through those that they pass it to."""
    taking = [
        (each, name, annotation)
        for each in functions()
        for name, annotation in each.parameters.items()
        if annotation in SETS
    ]
    of_function: dict[str, set[str]] = defaultdict(set)
    while True:
        before = sum(map(len, of_function.values()))
        for each, name, _ in taking:
            of_function[each.node.name] |= each.uses(name).union(*(of_function[to] for to in each.passes_on(name)))
        if sum(map(len, of_function.values())) == before:
            break
    of_set: dict[str, set[str]] = {name: set() for name in SETS}
    for each, name, annotation in taking:
        of_set[annotation] |= each.uses(name).union(*(of_function[to] for to in each.passes_on(name)))
    return of_set


def test_no_function_of_these_rooms_takes_all_services() -> None:
    assert [] == [each.place for each in functions() if takes_all(each)]


def test_no_more_functions_elsewhere_take_all_services_than_are_left() -> None:
    """If there are fewer, write the lower number into LEFT."""
    found = {room: sum(map(takes_all, functions([room]))) for room in LEFT if room != "root"}
    found["dialects"] -= sum(takes_all(each) for each in functions(["dialects"]) if each.node.name in ROW_OF_A_DIALECT)
    found["root"] = sum(takes_all(each) for path in PACKAGE.glob("*.py") for each in functions_of(path))
    assert {} == {room: number for room, number in found.items() if number > LEFT[room]}


@pytest.mark.parametrize("name", SETS)
def test_a_set_has_the_ports_that_its_functions_use_and_no_other(name: str) -> None:
    assert SETS[name] == needs()[name]


def test_the_services_have_the_ports_of_every_set() -> None:
    assert set() == frozenset().union(*SETS.values()) - set(Services.__match_args__)


def test_the_sets_are_for_type_checkers_alone() -> None:
    """A cold start does not make eleven protocols that nothing looks at."""
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        tested = [each for each in tree.body if not isinstance(each, ast.If)]
        imported = [each.module for part in tested for each in ast.walk(part) if isinstance(each, ast.ImportFrom)]
        assert "verihook.model.ports.sets" not in imported, path
