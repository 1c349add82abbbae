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
    "a repeated header is refused": (r'SignatureError\("duplicate-header"\)', "senders/schemes/headers.py"),
    "how far a timestamp may be off": (r"> tolerance \* 1000", "senders/schemes/timestamp.py"),
    "what a tolerance may be": (r"tolerance <= 0", "senders/schemes/timestamp.py"),
    "a timestamp in JSON is a whole number": (r"return value \* 1000", "senders/schemes/timestamp.py"),
    "an empty secret is refused": (r"the secret is empty", "senders/schemes/encoding.py"),
    "a source without a secret refuses": (
        r'Proof:\n.*\n    raise SignatureError\("no-secret"\)',
        "senders/schemes/__init__.py",
    ),
    "the newest secret is the current one": (r"CURRENT if", "senders/schemes/__init__.py"),
    "a signature is ASCII": (r'"non-ascii-signature"', "senders/schemes/candidates.py"),
    "the topics of a source": (r'"topic_arns"', "senders/schemes/sns_hosts.py"),
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
