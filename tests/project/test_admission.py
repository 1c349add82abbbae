"""Nothing goes round the way in: what takes one of a caller's starts is called by api/admission.py alone."""

from __future__ import annotations

import ast
from collections import defaultdict

from tests.flows.deployment import ROOT

PACKAGE = ROOT / "handler" / "verihook"

#: The front ends; a console may come.
FRONTS = ("api", "dialects", "console")

#: What begins or continues an instance, reads one that a key may not cover, or spends a start, by the core's names.
GUARDED = {
    "instances.submit",
    "instances.start",
    "instances.replace_attempt",
    "instances.restart",
    "instances.redrive",
} | {
    "limits.spend_token",
    "instances.get",
}

#: Reads of an instance that was let through before: what is looked at again, and the words of a refused start.
LOOKED_AT_AGAIN = {
    "api/operations/starts.py": {"instances.get"},
    "api/waiting.py": {"instances.get"},
    "dialects/dapr.py": {"instances.get"},
}


def names_of(path: str) -> set[str]:
    """``module.function`` for each function of the core that a file names, however it imports it."""
    tree = ast.parse((PACKAGE / path).read_text())
    modules = {"instances": "instances", "limits": "limits"}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("verihook"):
            room = (node.module or "").rpartition(".")[2]
            room = "instances" if "instances" in (node.module or "") and room != "limits" else room
            for each in node.names:
                found.add(f"{room}.{each.name}")
                if each.name in modules:
                    modules[each.asname or each.name] = each.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            found.add(f"{modules[node.value.id]}.{node.attr}")
    return found


def test_only_admission_starts_and_finds_instances() -> None:
    used = defaultdict(set)
    for front in FRONTS:
        for file in sorted((PACKAGE / front).rglob("*.py")):
            path = str(file.relative_to(PACKAGE))
            used[path] = names_of(path) & GUARDED - LOOKED_AT_AGAIN.get(path, set())
    # It has them all but what is for the core alone, so a name that has changed is noticed here.
    for_the_core = {"instances.start", "instances.replace_attempt"}
    assert used.pop("api/admission.py") == GUARDED - for_the_core
    assert {path: names for path, names in used.items() if names} == {}


def test_every_file_that_may_look_again_does() -> None:
    assert {path: names_of(path) & GUARDED for path in LOOKED_AT_AGAIN} == LOOKED_AT_AGAIN
