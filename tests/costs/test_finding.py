"""What it costs to find a delivery by an id: calls and units read, as DynamoDB Local counts them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.costs.bodies import recorded
from tests.costs.lives import World, deliver
from verihook.model.source import Source
from verihook.senders import load_sender
from verihook.webhooks import deliveries, lookup
from verihook.webhooks.deliveries import View

EVERYONE = View(None, lambda _: True)
BODY = recorded("pagerduty", 2048)
KEY = f"stepfunctions {len(BODY.text)} {{}}".encode()


@pytest.mark.parametrize("number", [1, 5])
def test_an_event_costs_a_call_and_a_unit_for_each_source(counted: World, number: int) -> None:
    taken = deliver(counted, "stepfunctions", BODY)
    names = [BODY.sender, *(f"other-{each}" for each in range(number - 1))]
    sources = {name: Source(name, load_sender(BODY.sender), (), "stepfunctions") for name in names}
    ports = replace(counted.services, sources=sources, instance_key=KEY)
    _begin(counted)
    (hit,) = lookup.lookup(str(BODY.id), EVERYONE, ports)
    assert hit.instance is not None
    assert ("event", taken.instance_id) == (hit.by, hit.instance.id)
    assert number == len(counted.meter.calls)
    assert counted.meter.reads() <= number


def test_one_delivery_costs_a_call_and_a_unit(counted: World) -> None:
    taken = deliver(counted, "stepfunctions", BODY)
    _begin(counted)
    found = deliveries.find(str(taken.instance_id), counted.services)
    assert found.instance is not None
    assert ["GetItem"] == counted.meter.calls
    assert counted.meter.reads() <= 1


def _begin(counted: World) -> None:
    counted.meter.calls.clear()
    counted.meter.reads()
