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
    if isinstance(named[-1], ast.AsyncFunctionDef):
        return f"{shown}, line {named[-1].lineno}: must be a plain function: def {function}(request)"
    return ""


def _binds(statement: ast.stmt, name: str) -> bool:
    """Whether a statement of a module may bind the name: it defines, imports or assigns it, maybe under a condition."""
    for each in ast.walk(statement):
        match each:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if each.name == name:
                return True
            case ast.Name(id, ast.Store()) if id == name:
                return True
            case ast.alias() if (each.asname or each.name) in (name, "*"):
                return True
    return False
