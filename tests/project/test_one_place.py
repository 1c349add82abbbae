"""Rules that stand once: what marks one in the code is found in one place, so that a second definition fails here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "handler" / "verihook"

#: The rule -> a regular expression of what marks it, and the file under handler/verihook in which alone it stands.
RULES = {
    "the fields of a template of signed bytes": (r're\.compile\(r?"\\\{\(', "senders/schemes/message.py"),
    "which headers and members a signature covers": (r"== id_header\.lower\(\)", "senders/schemes/message.py"),
    "a parameter that a sender signs": (r"is signed by this sender", "senders/schemes/message.py"),
    "a signed field has its place": (r"a signed \{", "senders/schemes/message.py"),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_stands_once(rule: str) -> None:
    mark, file = RULES[rule]
    found = {
        str(path.relative_to(PACKAGE)): count
        for path in PACKAGE.rglob("*.py")
        if (count := len(re.findall(mark, path.read_text("utf-8"))))
    }
    assert {file: 1} == found
