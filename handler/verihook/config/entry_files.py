"""Whether the function that a source names as its ``entry`` is there.

Its file is parsed, not run: the operator's code runs in a process that has none of our keys.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from verihook.errors import ConfigurationError

if TYPE_CHECKING:
    from verihook.config import Hooks


def check_entries(hooks: Hooks, folder: Path) -> None:
    """Raise ConfigurationError if a source's entry is not a function of a file in ``folder``."""
    for name, source in hooks.sources.items():
        if source.entry:
            wrong = _fault(folder, *source.entry.split(":"))
            if wrong:
                raise ConfigurationError(hooks.path.name, f"sources.{name}.entry", wrong)


def _fault(folder: Path, module: str, function: str) -> str:
    path = folder / f"{module}.py"
    shown = f"{folder.name}/{path.name}"
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return f"there is no {shown}; write it, with def {function}(request)"
    except (OSError, SyntaxError, ValueError) as error:
        at = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        return f"{shown}{at} cannot be read: {error.msg if isinstance(error, SyntaxError) else error}"
    named = [each for each in tree.body if _binds(each, function)]
    if not named:
        return f"{shown} has no {function}; write def {function}(request)"
    last = named[-1]
    if isinstance(last, ast.AsyncFunctionDef):
        return f"{shown}, line {last.lineno}: must be a plain function: def {function}(request)"
    if isinstance(last, ast.FunctionDef) and not last.decorator_list and not _takes_one(last.args):
        return f"{shown}, line {last.lineno}: must take the request and nothing else: def {function}(request)"
    return ""


def _takes_one(parameters: ast.arguments) -> bool:
    """Whether a function with these parameters can be called with one argument."""
    places = len(parameters.posonlyargs) + len(parameters.args)
    named = any(default is None for default in parameters.kw_defaults)
    return places - len(parameters.defaults) <= 1 and (places > 0 or parameters.vararg is not None) and not named


def _binds(statement: ast.AST, name: str) -> bool:
    """Whether a statement of a module may bind the name: it defines, imports or assigns it, maybe under a condition."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            # What stands in it binds its own names.
            return statement.name == name
        case ast.Name(id, ast.Store()):
            return id == name
        case ast.alias():
            return (statement.asname or statement.name) in (name, "*")
        case ast.Lambda():
            return False
    return any(_binds(each, name) for each in ast.iter_child_nodes(statement))
