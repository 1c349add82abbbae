"""What waiting in a line costs: the calls and the units of each instance, counted by DynamoDB Local.

It does not say what a refused write costs, nor count it: a unit for each KB of what is there.
"""

from __future__ import annotations

from typing import Any

from tests.costs.bodies import Recorded, recorded
from tests.costs.lives import World, deliver, run
from verihook.adapters.ledgers.item import from_item
from verihook.model.expression import Expression

ORDERED: dict[str, Any] = {"ordering": Expression("ordering", "'all'")}

#: What a worker does with an instance that waits for none: it reads the row, takes its lease and writes the end.
PLAIN_RUN = ["GetItem", "PutItem", "PutItem"]

#: The row of 2 KB, whose time in the index of what is due stays the same; and with another one there.
WAITS, CALLED = 2, 4


def body() -> Recorded:
    return recorded("pagerduty", 2048)


def spent(world: World) -> tuple[list[str], int]:
    """The calls that were not refused, in order, and the units written since the last time."""
    calls = [*world.meter.calls]
    world.meter.calls.clear()
    return calls, world.meter.units()


def come(world: World, number: int, **policies: Any) -> str:
    # Another instance each time: the policies are a part of the key in `deliver`.
    taken = deliver(world, "function", body(), max_body=1_000 + number, **policies)
    assert taken.instance_id
    return taken.instance_id


def test_a_function_that_stands_in_a_line(counted: World) -> None:
    plain = come(counted, 0)
    assert ["PutItem"] == (claim := spent(counted))[0]
    run(counted, plain)
    assert PLAIN_RUN == (life := spent(counted))[0]

    first = come(counted, 1, **ORDERED)
    # To come into the line is one call more for the delivery, of one unit.
    assert (["PutItem", "UpdateItem"], claim[1] + 1) == spent(counted)
    second, third = (come(counted, number, **ORDERED) for number in (2, 3))
    calls, units = spent(counted)
    assert ["PutItem", "UpdateItem", "PutItem"] * 2 == calls
    # The row of one that waits says so, for its reader and for workers: it is written once more.
    assert 2 * (claim[1] + 1 + WAITS) == units

    run(counted, first)
    calls, units = spent(counted)
    # The worker asks the line whether it is its turn; at the end it leaves the line, reads the next and calls that.
    assert ["GetItem", *PLAIN_RUN, "UpdateItem", "GetItem", "PutItem"] == calls
    assert life[1] + 1 + CALLED == units
    assert from_item(counted.item(second)).error is None
    run(counted, second)
    assert (calls, units) == spent(counted)
    run(counted, third)
    # The last one deletes the line.
    assert (["GetItem", *PLAIN_RUN, "DeleteItem"], life[1] + 1) == spent(counted)
