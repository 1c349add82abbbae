"""Every test that the pages name exists, and the numbers that the threat model tells are those of the code."""

from __future__ import annotations

import re

import pytest

from tests.flows.deployment import ROOT
from verihook.api.access import KEEP_MS, MAX_MISSES
from verihook.api.turned_away import LOOK_UPS_A_SECOND
from verihook.api.waiting import LONGEST_IN_AWS_S, LONGEST_S
from verihook.senders.schemes.fetched_keys import AGAIN, DENIED, NEW
from verihook.senders.schemes.recent_names import REMEMBERED_S

PAGE = (ROOT / "docs" / "threat-model.md").read_text()
NAMED = sorted(
    {
        named
        for page in (ROOT / "docs").glob("*.md")
        for named in re.findall(r"`(tests/[^`]+\.py[^`]*)`", page.read_text())
    }
)
WORDS = {2: "two", 5: "five"}
HOURS = {1800: "half an hour"}


@pytest.mark.parametrize("named", NAMED)
def test_a_named_test_exists(named: str) -> None:
    path, *names = named.split("::")
    text = (ROOT / path).read_text()
    for name in names:
        assert re.search(rf"\b(?:def|class) {name}\b", text), named


@pytest.mark.parametrize(
    "told",
    [
        f"an unknown key is remembered for {KEEP_MS // 1000} seconds",
        f"after {MAX_MISSES} of them in a minute",
        f"looks up {WORDS[LOOK_UPS_A_SECOND]} unknown keys a second",
        f"a revocation holds everywhere within {KEEP_MS // 1000} seconds",
        f"a wait is {LONGEST_S} seconds at most ({LONGEST_IN_AWS_S} in AWS)",
        f"ids that were never seen are asked for {WORDS[NEW[0]]} times a minute",
        f"{AGAIN[0]} a second at most",
        f"when it comes again within {HOURS[REMEMBERED_S]}",
        f"an id that the host does not know is asked for again {WORDS[DENIED[0]]} times a minute",
    ],
)
def test_a_number_that_it_tells_is_the_codes(told: str) -> None:
    assert told in PAGE
    assert (60, 60, 1) == (NEW[1], DENIED[1], AGAIN[1])
