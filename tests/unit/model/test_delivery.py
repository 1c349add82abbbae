"""What a row keeps of a delivery: when it is over."""

from __future__ import annotations

from dataclasses import replace

from tests.contracts.instances import NOW, a_delivery
from verihook.model.delivery import Delivery, Facts

DAY_MS = 86_400_000
SMALL = Delivery(Facts("r1", NOW))


def test_facts_expire_and_what_was_passed_stays() -> None:
    whole = a_delivery()
    end = NOW + 3 * DAY_MS
    assert whole.at(end - 1) is whole
    assert whole.at(end) == Delivery(None, whole.passed, replay_of="instance_0")
    for left in (Delivery(passed={"x-github-event": "push"}), Delivery(carrier="b"), Delivery(replay_of="i")):
        assert replace(left, facts=whole.facts).at(end) == left
    assert replace(whole, passed={}, replay_of=None).at(end) is None
    assert SMALL.at(NOW + 14 * DAY_MS - 1) is SMALL
    assert SMALL.at(NOW + 14 * DAY_MS) is None


def test_a_kept_header_is_found_by_its_name() -> None:
    facts = a_delivery().facts
    assert facts is not None
    assert facts.header("user-agent") == "GitHub-Hookshot/044aadd"
    assert facts.header("cookie") is None
