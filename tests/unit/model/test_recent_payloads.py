"""A redelivery of a large body puts nothing again, if nothing could need it; what may be needed is put."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.instances import NOW, an_instance
from tests.unit.bare import a_request
from tests.unit.parts import Parts, parts
from verihook import instances
from verihook.errors import LedgerUnavailable
from verihook.instances import payload
from verihook.model.ports import Trace
from verihook.model.recent_payloads import MOST, REMEMBERED_MS, RecentPayloads
from verihook.model.source import Source
from verihook.senders import load_sender
from verihook.webhooks.intake import IntakeResult, ProvenEvent, start_for_event

__all__ = ["parts"]

SOURCE = Source("orders", load_sender("generic"), (), "w")
RESTARTING = replace(SOURCE, duplicates="restart")


class Puts:
    """Payloads that count their puts."""

    def __init__(self, payloads: Any) -> None:
        self._payloads, self.base = payloads, payloads.base
        self.put_keys: list[str] = []

    def put(self, key: str, text: str) -> None:
        self.put_keys.append(key)
        self._payloads.put(key, text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._payloads, name)


@pytest.fixture
def puts(parts: Parts) -> Puts:
    parts.engine.max_input = 20
    counted = Puts(parts.services.payloads)
    parts.services = replace(parts.services, payloads=counted)
    return counted


def arrive(parts: Parts, source: Source = SOURCE, note: str = "x" * 20, workflow: str = "w") -> IntakeResult:
    content = {"n": 1, "note": note}
    arrival = ProvenEvent(content, json.dumps(content), "evt_1", None, a_request())
    source = replace(source, workflow=workflow)
    return start_for_event(source, arrival, parts.services, Trace("r", parts.clock.now_ms(), source.name))


def input_of(parts: Parts, taken: IntakeResult) -> Any:
    return json.loads(payload.load(parts.row(str(taken.instance_id)).input, parts.services.payloads))


def test_a_redelivery_puts_nothing_for_ten_minutes(parts: Parts, puts: Puts) -> None:
    assert not arrive(parts).duplicate
    parts.clock.at += REMEMBERED_MS - 1
    assert arrive(parts).duplicate
    assert 1 == len(puts.put_keys)
    parts.clock.at += REMEMBERED_MS
    assert arrive(parts).duplicate
    assert 2 == len(puts.put_keys)


def test_one_that_another_process_has_claimed_is_put_once_here(parts: Parts, puts: Puts) -> None:
    arrive(parts)
    parts.services = replace(parts.services, recent_payloads=RecentPayloads())
    for _ in range(3):
        assert arrive(parts).duplicate
    assert 2 == len(puts.put_keys)


def test_another_body_is_put(parts: Parts, puts: Puts) -> None:
    first = arrive(parts, RESTARTING)
    again = arrive(parts, RESTARTING, note="y" * 20)
    assert (first.instance_id, 2) == (again.instance_id, len(puts.put_keys))
    assert {"n": 1, "note": "y" * 20} == input_of(parts, again)


def test_a_restart_finds_the_payload_that_was_spared(parts: Parts, puts: Puts) -> None:
    arrive(parts, RESTARTING)
    again = arrive(parts, RESTARTING)
    assert 2 == parts.row(str(again.instance_id)).attempt
    assert 1 == len(puts.put_keys)
    assert {"n": 1, "note": "x" * 20} == input_of(parts, again)


def test_what_was_purged_is_not_begun_anew_without_its_payload(parts: Parts, puts: Puts) -> None:
    first = arrive(parts, RESTARTING)
    instances.purge(str(first.instance_id), parts.services, force=True)
    assert arrive(parts, RESTARTING).duplicate
    assert 1 == len(puts.put_keys)
    assert parts.services.payloads.get(puts.put_keys[0]) is None
    assert parts.row(str(first.instance_id)).purged


def test_a_claim_that_failed_spares_nothing(parts: Parts, puts: Puts) -> None:
    claim = parts.ledger.claim

    def dies(*_: object) -> None:
        raise LedgerUnavailable("The ledger did not answer.")

    parts.ledger.claim = dies
    with pytest.raises(LedgerUnavailable):
        arrive(parts)
    parts.ledger.claim = claim
    assert not arrive(parts).duplicate
    assert 2 == len(puts.put_keys)


def test_a_row_that_soon_expires_spares_nothing(parts: Parts, puts: Puts) -> None:
    """Its tombstone may be gone while the key is spared, and the event be claimed again."""
    first = arrive(parts, workflow="short")
    instances.terminate(str(first.instance_id), parts.services)
    parts.clock.at += 86_400_000 - 2 * REMEMBERED_MS
    for _ in range(2):
        assert arrive(parts, workflow="short").duplicate
    instances.purge(str(first.instance_id), parts.services)
    parts.clock.at += 2 * REMEMBERED_MS
    again = arrive(parts, workflow="short")
    assert not again.duplicate
    assert {"n": 1, "note": "x" * 20} == input_of(parts, again)
    assert 4 == len(puts.put_keys)


def test_what_is_remembered_is_bounded() -> None:
    recent, counted = RecentPayloads(), Puts(Nowhere())
    for number in range(MOST + 1):
        recent.note(f"i/{number}", an_instance(source="orders"), NOW)
    for number in (0, 1, MOST):
        recent.without_repeats(counted, NOW).put(f"i/{number}", "{}")
    assert ["i/0"] == counted.put_keys


def test_the_row_of_an_id_that_a_caller_chose_spares_nothing() -> None:
    recent, counted = RecentPayloads(), Puts(Nowhere())
    recent.note("i/1", an_instance(source=None), NOW)
    recent.without_repeats(counted, NOW).put("i/1", "{}")
    assert ["i/1"] == counted.put_keys


class Nowhere:
    """Payloads that keep nothing."""

    base = "s3://bucket/"

    def put(self, key: str, text: str) -> None: ...
