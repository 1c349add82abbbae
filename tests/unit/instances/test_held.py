"""The queue of what pauses hold."""

from __future__ import annotations

import pytest

from tests.contracts.instances import an_instance
from tests.unit.parts import Parts, parts
from verihook.instances import held

__all__ = ["parts"]


def test_tickets_come_in_the_order_of_their_taking_whatever_the_ids_and_the_clock_are(parts: Parts) -> None:
    assert [] == held.held_workflows(parts.services)
    for id in ("c", "a", "b"):
        held.take_ticket(an_instance(id=id, workflow="w"), parts.services)
    parts.clock.at -= 3
    held.take_ticket(an_instance(id="0", workflow="w"), parts.services)
    held.take_ticket(an_instance(id="other", workflow="w2"), parts.services)
    found = held.tickets("w", parts.services)
    assert ["c", "a", "b", "0"] == [each.instance_id for each in found]
    assert [*range(found[0].at, found[0].at + 4)] == [each.at for each in found]
    assert found[2:] == held.tickets("w", parts.services, found[1].name)
    assert found[:2] == held.tickets("w", parts.services, most=2)
    assert ["w", "w2"] == held.held_workflows(parts.services)
    for _ in range(2):
        held.give_up(found[0], parts.services)
    assert found[1:] == held.tickets("w", parts.services)


@pytest.mark.parametrize("name", ["w-1", "w0", "ww"])
def test_a_name_that_begins_alike_is_another_queue(parts: Parts, name: str) -> None:
    held.take_ticket(an_instance(id="a", workflow=name), parts.services)
    assert [] == held.tickets("w", parts.services)
    assert ["a"] == [each.instance_id for each in held.tickets(name, parts.services)]
    held.take_ticket(an_instance(id="b", workflow="w"), parts.services)
    held.take_ticket(an_instance(id="c", workflow="w"), parts.services)
    assert sorted(["w", name]) == sorted(held.held_workflows(parts.services))
