"""An address at which an instance waits for one webhook: of its source and attempt, once, and not for ever."""

from __future__ import annotations

import json

import pytest

from tests.contracts.instances import NOW
from tests.unit.bare import a_request
from tests.unit.parts import Parts, parts, request
from verihook import instances
from verihook.errors import Conflict
from verihook.instances.addresses import Address, parse_address, path_of, wait_name
from verihook.instances.handover import hand_over
from verihook.model.delivery import EventFacts
from verihook.model.ports import Trace
from verihook.model.source import Source
from verihook.records import replace
from verihook.senders import load_sender
from verihook.webhooks.addressing import address
from verihook.webhooks.intake import IntakeResult, ProvenEvent, start_for_event

__all__ = ["parts"]

SOURCE = Source("pays", load_sender("generic"), (), "w", waits=True)
TOKEN = "0123456789abcdef0123456789abcdef"
UNTIL_S = NOW // 1000 + 60


def waits(parts: Parts, source: str = "pays") -> str:
    """The query of the address at which a new instance waits."""
    instances.submit(request(id="order-7"), "", parts.services)
    parts.engine.tokens.add("engine's")
    instances.await_event("order-7", 1, wait_name(source, UNTIL_S, TOKEN), "engine's", parts.services)
    return path_of(source, "order-7", 1, TOKEN).partition("?")[2]


def event(query: str, id: str = "evt_1") -> ProvenEvent:
    text = json.dumps({"id": id})
    return ProvenEvent({"id": id}, text, id, "paid", replace(a_request(text.encode()), query=query))


def arrive(parts: Parts, query: str, id: str = "evt_1", source: Source = SOURCE) -> IntakeResult:
    return start_for_event(source, event(query, id), parts.services, Trace("r1", parts.clock.at, source.name))


def test_its_form() -> None:
    assert f"/hooks/pays?wait=order-7.2.{TOKEN}" == path_of("pays", "order-7", 2, TOKEN)
    found = parse_address(f"order-7.2.{TOKEN}")
    assert found == Address("order-7", 2, wait_name("", 1, TOKEN).rpartition(":")[2])
    assert TOKEN not in wait_name("pays", 1, TOKEN)
    for wrong in (
        "",
        TOKEN,
        f"order-7.{TOKEN}",
        f"-a.1.{TOKEN}",
        f"a.0.{TOKEN}",
        f"a.1.{TOKEN}0",
        f"a.1.{TOKEN.upper()}",
    ):
        assert parse_address(wrong) is None


def test_the_first_genuine_delivery_ends_the_wait(parts: Parts) -> None:
    query = waits(parts)
    taken = arrive(parts, query)
    assert "completed" == taken.status
    assert taken.addressee is not None
    assert ("order-7",) == taken.addressee.resumed
    assert [("engine's", '{"id": "evt_1"}')] == parts.engine.answers
    again = arrive(parts, query)
    assert (taken.instance_id, True) == (again.instance_id, again.duplicate)
    with pytest.raises(Conflict, match="Nothing waits at this address"):
        arrive(parts, query, "evt_2")
    assert 1 == len(parts.engine.answers)


def test_without_the_parameter_it_is_a_delivery_like_any_other(parts: Parts) -> None:
    waits(parts)
    assert ("running", None) == ((taken := arrive(parts, "waits=1")).status, taken.addressee)
    assert [] == parts.engine.answers


def test_two_at_once_end_one_wait(parts: Parts) -> None:
    """Both found the wait before one of them ended it."""
    query = waits(parts)
    trace = Trace("r1", NOW, "pays")
    found = [address(SOURCE, event(query, id), EventFacts(), id, parts.services, trace)[0] for id in ("a", "b")]
    statuses = []
    for row, _ in filter(None, found):
        assert parts.ledger.claim(row) is None
        statuses.append(hand_over(row, parts.services))
    assert ["completed", "failed"] == statuses
    assert "WaitOver" == parts.row("b").error
    assert 1 == len(parts.engine.answers)
    assert [] == instances.mailbox("order-7", parts.services)


def test_it_is_of_its_source_and_attempt(parts: Parts) -> None:
    query = waits(parts)
    with pytest.raises(Conflict):
        arrive(parts, query, source=replace(SOURCE, name="others"))
    with pytest.raises(Conflict):
        arrive(parts, query.replace("7.1", "7.2"))
    instances.restart("order-7", parts.services)
    with pytest.raises(Conflict):
        arrive(parts, query)
    assert [] == parts.engine.answers


def test_it_ends_with_its_time(parts: Parts) -> None:
    query = waits(parts)
    parts.clock.at = UNTIL_S * 1000
    with pytest.raises(Conflict):
        arrive(parts, query)
    parts.clock.at -= 1
    assert "completed" == arrive(parts, query).status


def test_a_wait_that_the_engine_has_given_up_is_over(parts: Parts) -> None:
    query = waits(parts)
    parts.engine.tokens.clear()
    assert "failed" == arrive(parts, query).status


def test_no_event_of_the_api_comes_there(parts: Parts) -> None:
    waits(parts)
    with pytest.raises(Exception, match="name must be"):
        instances.raise_event("order-7", wait_name("pays", UNTIL_S, TOKEN), None, parts.services)
