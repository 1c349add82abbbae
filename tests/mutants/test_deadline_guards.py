"""What time each step of a delivery is given: mutants.toml takes the limits away. With sockets: tests/flows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flows import signing
from tests.mutants.test_guards import Parts as Receiver
from tests.mutants.test_guards import parts as receiver
from verihook.model import deadline
from verihook.model.instance import Instance

__all__ = ["receiver"]

#: Source -> how its sender signs, and what the whole answer has, in seconds.
SENDERS: dict[str, tuple[Any, float]] = {"orders": (signing.x_signature, 3.0), "slack": (signing.slack, 2.0)}


class Times:
    """Notes how many seconds are left when the ledger and the engine are called."""

    def __init__(self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
        self.receiver = receiver
        self.claim: float | None = -1
        self.start: float | None = -1
        claim, start = receiver.ledger.claim, receiver.engine.start

        def claimed(instance: Instance) -> Instance | None:
            self.claim = deadline.left_s()
            return claim(instance)

        def started(*arguments: str) -> None:
            self.start = deadline.left_s()
            return start(*arguments)

        monkeypatch.setattr(receiver.ledger, "claim", claimed)
        monkeypatch.setattr(receiver.engine, "start", started)

    def deliver(self, source: str) -> None:
        body = signing.order(event_id=signing.new_id())
        assert 200 == self.receiver.post(source, body, SENDERS[source][0](body)).status


@pytest.fixture
def times(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Times:
    return Times(receiver, monkeypatch)


@pytest.mark.parametrize("source", SENDERS)
def test_the_claim_has_two_thirds_of_it(times: Times, source: str) -> None:
    times.deliver(source)
    assert times.claim is not None
    assert 0.2 < times.claim <= SENDERS[source][1] * 2 / 3


@pytest.mark.parametrize("source", SENDERS)
def test_the_start_has_a_second(times: Times, source: str) -> None:
    times.deliver(source)
    assert times.start is not None
    assert 0.2 < times.start <= 1.0


def test_the_secret_is_asked_for_within_what_the_claim_has(
    times: Times, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[float | None] = []
    verify = receiver.services.verify["orders"]
    verifiers: Any = receiver.services.verify
    monkeypatch.setitem(verifiers, "orders", lambda *given: (left.append(deadline.left_s()), verify(*given))[1])
    times.deliver("orders")
    assert left[0] is not None
    assert left[0] <= 2.0


def test_the_read_of_a_status_has_an_end(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[float | None] = []
    get = receiver.ledger.get
    monkeypatch.setattr(receiver.ledger, "get", lambda *given: (left.append(deadline.left_s()), get(*given))[1])
    receiver.read("/", "an_id")
    assert left[0] is not None
    assert left[0] <= 3.0
