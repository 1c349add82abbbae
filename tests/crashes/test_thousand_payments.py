"""1,000 payments for 1,000 orders of each engine that can wait; the process dies at every call, and each comes once."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import pytest

from tests.crashes.faults import Stopped, When
from tests.crashes.test_resumed_orders import PHASES, name_of, payments, prepared, waits
from tests.crashes.world import LATER_MS, World
from verihook.instances.reconcile import reconcile
from verihook.webhooks.identity import ids_of_event

ORDERS = 1_000

#: More than the calls of a payment: the process dies at each of them, and at none.
POSITIONS = 14


@pytest.mark.in_turn
@pytest.mark.parametrize("workflow", ["machine", "durable"])
def test_no_payment_is_lost_and_none_comes_twice(on_sqlite: World, workflow: str) -> None:
    whole, source = on_sqlite, f"pays-{workflow}"
    made, key = whole.services.sources[source], whole.services.instance_key
    before: dict[int, list[str]] = {}
    met: Counter[str] = Counter()
    for number in range(ORDERS):
        phase, position = PHASES[number % 3], number // 3 % POSITIONS + 1
        when: When = "before" if number // 3 // POSITIONS % 2 else "after"
        before[number] = prepared(whole, number, phase, workflow)
        whole.faults.plan(position, when)
        with suppress(Stopped):
            whole.deliver(source, f"evt_{number}", orderId=str(number))
        met[whole.faults.met] += 1
        whole.faults.plan(0, when)
        # Twice: at once, or when reconcile has done what it can.
        if number % 2:
            whole.deliver(source, f"evt_{number}", orderId=str(number))
        if phase != PHASES[1]:
            waits(whole, number)
    assert len(met) >= 8, met
    _settle(whole)
    for number in range(0, ORDERS, 2):
        whole.deliver(source, f"evt_{number}", orderId=str(number))
    _settle(whole)
    paid = {number: payments(whole, number) for number in range(ORDERS)}
    assert {number: [*before[number], f"evt_{number}"] for number in range(ORDERS)} == paid
    claimed = [id for number in range(ORDERS) for id in ids_of_event(made, f"evt_{number}", key)]
    assert {"completed": ORDERS} == Counter(row.status for id in claimed if (row := whole.row(id)))
    assert [] == whole.ran
    assert {name_of(number) for number in range(ORDERS)} == set(whole.hand.starts)


def _settle(whole: World) -> None:
    for _ in range(2):
        whole.clock.at += LATER_MS
        # Each round looks at all that is due.
        reconcile(whole.services, 10_000)
