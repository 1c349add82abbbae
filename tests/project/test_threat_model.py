"""Every test that the threat model names exists."""

from __future__ import annotations

import re

from tests.flows.deployment import ROOT

NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", (ROOT / "docs" / "threat-model.md").read_text())))


def exists(named: str) -> bool:
    path, *names = named.split("::")
    text = (ROOT / path).read_text() if (ROOT / path).is_file() else ""
    return (ROOT / path).exists() and all(re.search(rf"\b(?:def|class) {name}\b", text) for name in names)


def test_every_named_test_exists() -> None:
    assert len(NAMED) > 100
    assert [] == [named for named in NAMED if not exists(named)]
