"""Every mistake of hooks.toml at once; a load ends at the first."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

from verihook.config import Hooks, load_hooks, read_hooks
from verihook.errors import ConfigurationError
from verihook.records import replace

#: What stands in for a workflow with a mistake, so that the sources that start it are read all the same.
_STAND_IN = {"engine": "function", "definition": "stand-in"}


def read_all(path: Path) -> tuple[Hooks | None, list[ConfigurationError]]:
    """Return what of hooks.toml is right, and the first mistake of each of its tables; None if it is no TOML at all."""
    try:
        return load_hooks(path), []
    except ConfigurationError as error:
        first = error
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None, [first]
    found: list[ConfigurationError] = []
    left_out: set[str] = set()
    while True:
        try:
            hooks = read_hooks(path, table)
        except ConfigurationError as error:
            table = deepcopy(table)
            found += [] if str(error) in map(str, found) else [error]
            if not _leave_out(error.key, table, left_out):
                return None, found
        else:
            return _without(left_out, hooks), found


def _leave_out(key: str, table: dict[str, Any], left_out: set[str]) -> bool:
    """Take the table of the key out, and what names it. Return False if nothing can be taken out."""
    part, _, rest = key.partition(".")
    named = table.get(part)
    names = sorted(named, key=len, reverse=True) if isinstance(named, dict) else []
    name = next((each for each in names if f"{rest}.".startswith(f"{each}.")), None)
    if name is None or part not in ("connections", "sources", "workflows"):
        return table.pop(part, None) is not None
    # The second time it is the name of a workflow that is wrong.
    known = name in left_out or part != "workflows"
    del table[part][name]
    if part == "sources":
        _forget_source(table, name)
    elif part == "connections":
        _forget_connection(table, name)
    elif not known:
        left_out.add(name)
        table["workflows"][name] = _STAND_IN
    return True


def _forget_source(table: dict[str, Any], name: str) -> None:
    if table.get("default_source") == name:
        del table["default_source"]
    routes = table.get("routes")
    if isinstance(routes, dict):
        table["routes"] = {url: source for url, source in routes.items() if source != name}


def _forget_connection(table: dict[str, Any], name: str) -> None:
    for workflow in table.get("workflows", {}).values():
        if isinstance(workflow, dict) and isinstance(workflow.get("connections"), list):
            workflow["connections"] = [each for each in workflow["connections"] if each != name]


def _without(workflows: set[str], hooks: Hooks) -> Hooks:
    """Return it without these workflows and the sources that start them."""
    sources = {name: each for name, each in hooks.sources.items() if not workflows & {*each.workflows}}
    kept = {name: each for name, each in hooks.workflows.items() if name not in workflows}
    return replace(hooks, sources=sources, workflows=kept)
