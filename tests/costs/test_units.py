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


#: Bodies of half a kilobyte to twenty.
_KEPT_SIZES = (512, 1024, 1536, 2048, 3072, 4096, 6600, 8192, 12_288, 20_480)


@pytest.mark.in_turn
@pytest.mark.parametrize("engine", STAGES)
def test_what_is_kept_of_a_delivery_costs_half_a_unit_a_webhook_on_average(counted: World, engine: str) -> None:
    bodies = [recorded(sender, size) for sender in SENDERS for size in _KEPT_SIZES]
    written = {
        keep: [sum(live(counted, engine, body, keep=keep).written.values()) for body in bodies]
        for keep in ("none", "facts", "full")
    }
    for keep in ("facts", "full"):
        more = [kept - none for kept, none in zip(written[keep], written["none"], strict=True)]
        assert 0 < sum(more) / len(more) <= 0.5, (keep, more)
