"""The key ``entry`` of a source, and whether the function that it names is there.

Its file is parsed, not run: the operator's code runs in a process that has none of our keys.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from verihook.config.table_reader import Reader
from verihook.errors import ConfigurationError
from verihook.senders import Sender

if TYPE_CHECKING:
    from verihook.config import Hooks

_ENTRY = re.compile(r"[a-z][a-z0-9_]{0,62}:[A-Za-z_][A-Za-z0-9_]{0,62}", re.ASCII)

#: The longest body of a source with an entry, in bytes: Lambda takes 6 MB an invocation, and the body comes as base64
#: and, if it is no JSON, also as what was read of it.
MAX_BODY = 2_000_000

#: Keys that go without an entry, and why.
_NOT_WITH = {
    "transform": "goes without entry: the entry makes the input",
    "resume": "goes without entry: what resumes an instance is the event itself",
    "waits": "goes without entry: what a workflow waits for is the event itself",
}


def read_entry(reader: Reader, sender: Sender) -> str:
    """Return ``module:function``, "" if the source has no entry. Raises ConfigurationError."""
    entry: str = reader.get("entry", str, "")
    if not entry:
        if "entry" in reader.table:
            raise reader.error("entry", "is empty; leave it out, or write module:function")
        return ""
    if not _ENTRY.fullmatch(entry):
        raise reader.error(
            "entry",
            f"must be module:function, such as shop_entry:decide of workflows/shop_entry.py (got {entry[:80]!r})",
        )
    for key, mend in _NOT_WITH.items():
        if key in reader.table:
            raise reader.error(key, mend)
    if sender.places.each is not None:
        raise reader.error("each", "goes without entry: the events of a delivery start after its answer")
    if reader.table.get("max_body", 0) > MAX_BODY:
        raise reader.error("max_body", f"must be at most {MAX_BODY} with an entry")
    if reader.table.get("changed") == "reject" and reader.table.get("keep") == "none":
        raise reader.error("changed", 'reject needs keep = "facts" with an entry: bodies are compared by their digests')
    return entry


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
