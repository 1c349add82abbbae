"""docs/api.md and docs/keys-and-limits.md name every operation and every scope."""

from __future__ import annotations

import re

from tests.flows.deployment import ROOT
from verihook.api.operations import ROUTES as NATIVE
from verihook.model.scopes import MEANINGS


def test_every_operation_with_its_scope() -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    told = re.findall(r"^\| `([A-Z]+ /[^`]*)` \| .+ \| `?([a-z:]+)`? \|$", page, re.MULTILINE)
    assert dict(told) == {call: scope or "open" for call, scope in NATIVE.items()}


def test_every_scope_in_its_words() -> None:
    page = (ROOT / "docs" / "keys-and-limits.md").read_text()
    for scope, meaning in MEANINGS.items():
        assert f"| `{scope}` | {meaning}" in page
