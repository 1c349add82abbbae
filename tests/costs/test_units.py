"""The write units of a webhook, from its claim to its end, as DynamoDB Local counts them."""

from __future__ import annotations

import pytest

from tests.costs import before
from tests.costs.bodies import SENDERS, SIZES, recorded
from tests.costs.lives import STAGES, World, live


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("engine", STAGES)
def test_a_webhook_costs_at_most_half_of_what_it_did(counted: World, engine: str, size: int) -> None:
    for sender in SENDERS:
        units = live(counted, engine, recorded(sender, size)).written
        assert 2 * sum(units.values()) <= sum(before.UNITS[engine][size].values()), (sender, units)


@pytest.mark.parametrize("size", SIZES)
def test_a_body_is_of_its_sender_and_does_not_repeat_itself(size: int) -> None:
    bodies = [recorded(sender, size) for sender in SENDERS]
    assert {len(body.text.encode()) for body in bodies} == {size}
    assert len({body.text for body in bodies}) == len(SENDERS)
    for body in bodies:
        assert body == recorded(body.sender, size)
        copies = body.content["recorded"]
        assert len({str(copy) for copy in copies}) == len(copies)
