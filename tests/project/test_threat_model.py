"""Every test that the threat model names exists."""

from __future__ import annotations

import re

import pytest

from tests.flows.deployment import ROOT

NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", (ROOT / "docs" / "threat-model.md").read_text())))


@pytest.mark.parametrize("named", NAMED)
def test_a_named_test_exists(named: str) -> None:
    path, *names = named.split("::")
    text = (ROOT / path).read_text()
    for name in names:
        assert re.search(rf"\b(?:def|class) {name}\b", text), named
