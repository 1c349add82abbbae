"""docs/operations.md answers "why did this event not arrive?" for every reason code that the code can give."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import pytest

from tests.flows.deployment import ROOT
from verihook import errors
from verihook.model import front
from verihook.model.ports import entries
from verihook.webhooks.entering import REFUSED
from verihook.webhooks.observe import OTHER

Functions = tuple[ast.FunctionDef, ...]
#: A function's name -> its calls, each with the functions around it, the innermost first.
Calls = Mapping[str, Sequence[tuple[ast.Call, Functions]]]

DOCUMENT = (ROOT / "docs" / "operations.md").read_text("utf-8")
PACKAGE = ROOT / "handler" / "verihook"

#: A table's rows: the codes of the first cell, and the cells after it. ``missing-…`` is a family.
ROWS = {
    code: [cell.strip() for cell in row.split("|")[2:-1]]
    for row in DOCUMENT.splitlines()
    if row.startswith("| `")
    for code in re.findall(r"`([a-z][a-z0-9…-]+)`", row.split("|")[1])
}


def raised(sources: dict[str, str]) -> set[str]:
    """Every reason that these files raise a SignatureError with; one put together at run time as ``beginning-…``."""
    calls = {name: _calls(ast.parse(text)) for name, text in sources.items()}
    everywhere = list(calls.values())
    found: set[str] = set()
    for name, own in calls.items():
        for call, functions in own.get("SignatureError", ()):
            codes = set(_codes(call.args[0], functions, everywhere))
            assert codes, f"{name}:{call.lineno}: which reason is raised here?"
            found |= codes
    return found


def _calls(tree: ast.Module) -> Calls:
    found: dict[str, list[tuple[ast.Call, Functions]]] = defaultdict(list)
    left: list[tuple[ast.AST, Functions]] = [(tree, ())]
    for node, around in left:
        functions = (node, *around) if isinstance(node, ast.FunctionDef) else around
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found[node.func.id].append((node, functions))
        left += [(child, functions) for child in ast.iter_child_nodes(node)]
    return dict(found)


def _codes(value: ast.expr, functions: Functions, everywhere: Sequence[Calls]) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(code)):
            yield code
        case ast.IfExp():
            yield from _codes(value.body, functions, everywhere)
            yield from _codes(value.orelse, functions, everywhere)
        case ast.JoinedStr(values=[ast.Constant(value=str(beginning)), *_]):
            yield f"{beginning}…"
        case ast.Name():
            for function in functions:
                yield from _handed_over(value.id, function, everywhere)


def _handed_over(parameter: str, function: ast.FunctionDef, everywhere: Sequence[Calls]) -> Iterator[str]:
    """The literals that a function's parameter takes: its default, and what its callers give."""
    arguments = function.args
    names = [argument.arg for argument in arguments.args]
    given: list[ast.expr | None] = []
    if parameter in names:
        given.append(dict(zip(reversed(names), reversed(arguments.defaults), strict=False)).get(parameter))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        given += [default] * (argument.arg == parameter)
    for calls in everywhere:
        for call, _ in calls.get(function.name, ()):
            given += [keyword.value for keyword in call.keywords if keyword.arg == parameter]
            given += call.args[names.index(parameter) :][:1] if parameter in names else []
    for value in given:
        if value is not None:
            yield from _codes(value, (), everywhere)


def documented(code: str) -> str | None:
    """The row that explains a code: its own, or that of its family."""
    families = [row for row in ROWS if row.endswith("…") and code.startswith(row.removesuffix("…"))]
    return code if code in ROWS else max(families, key=len, default=None)


@cache
def raised_here() -> set[str]:
    """Every reason of the package: read by the tests, not by each process that collects them."""
    return raised({str(path): path.read_text("utf-8") for path in PACKAGE.rglob("*.py")})


ERRORS = {
    kind.code
    for kind in (*vars(errors).values(), *vars(entries).values(), *vars(front).values())
    if isinstance(kind, type) and issubclass(kind, errors.VerihookError) and kind is not errors.VerihookError
}


OTHERS = {"internal", OTHER, REFUSED}


def test_every_reason_code_has_a_meaning_and_a_mend() -> None:
    rows = {code: documented(code) for code in sorted(raised_here() | ERRORS | OTHERS)}
    assert [] == [code for code, row in rows.items() if row is None]
    cells = {row: ROWS[row] for row in rows.values() if row}
    assert [] == [
        row for row, its in cells.items() if not its[-1] or not all(len(cell) > 2 or not cell for cell in its)
    ]


def test_the_search_for_codes_finds_what_it_should() -> None:
    """Or the test above could not fail."""
    text = """
def first(value, reason="a-default", *, other="b-default"):
    if value:
        raise SignatureError(reason)
    raise SignatureError(other)
def second(name):
    first(1, "positional")
    first(1, other="keyword")
    raise SignatureError("one" if name else "another")
def third(name):
    raise SignatureError(f"family-{name}")
"""
    expected = {"a-default", "b-default", "positional", "keyword", "one", "another", "family-…"}
    assert expected == raised({"scheme.py": text})
    with pytest.raises(AssertionError, match=r"scheme.py:3: which reason"):
        raised({"scheme.py": "def check(name):\n  code = name.lower()\n  raise SignatureError(code)"})
    assert {"signature-mismatch", "missing-header", "duplicate-header", "unexpected-…"} <= raised_here()
    assert None is documented("nobody-knows")


def test_no_row_is_left_over() -> None:
    """A code that nothing raises any more only misleads."""
    used = {documented(code) for code in raised_here() | ERRORS | OTHERS}
    assert set() == ROWS.keys() - used
