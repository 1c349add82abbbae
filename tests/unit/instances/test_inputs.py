"""Inputs that their row has no room for: what is kept, and what the engine is given at every start."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contracts.instances import MINUTE
from tests.unit.parts import Parts, request
from verihook import instances
from verihook.adapters.ledgers.sqlite import SqliteLedger
from verihook.instances import payload
from verihook.instances.reconcile import reconcile
from verihook.request import json_text


class Narrow(SqliteLedger):
    """A ledger whose rows have room for few bytes."""

    def has_room(self, text: str) -> bool:
        return len(text) <= 20


@pytest.fixture
def narrow(parts: Parts) -> Parts:
    return replace(parts, services=replace(parts.services, ledger=Narrow(parts.ledger._file)))


def test_an_input_that_a_row_has_no_room_for_is_given_to_the_engine_all_the_same(narrow: Parts) -> None:
    content = {"n": 1, "note": "x" * 20}
    made = instances.submit(request(content=content), "", narrow.services).instance
    row = narrow.row(made.id)
    assert payload.key_of(row.input) is not None
    assert content == instances.input_of(row, narrow.services.payloads) == json.loads(narrow.engine.inputs[made.id])
    small = instances.submit(request(), "", narrow.services).instance
    assert '{"n":1}' == narrow.row(small.id).input


def test_every_start_gives_the_engine_the_same(narrow: Parts) -> None:
    content = {"n": 1, "note": "é" * 20}
    narrow.engine.failing = {"start"}
    made = instances.submit(request(content=content), "", narrow.services).instance
    narrow.engine.failing = set()
    narrow.clock.at += MINUTE
    reconcile(narrow.services)
    assert "running" == instances.restart(made.id, narrow.services).status
    first, second = (narrow.engine.inputs[name] for name in (made.id, f"{made.id}.2"))
    assert first == second == json_text(content)


def test_words_that_look_like_a_reference_reach_no_engine(narrow: Parts) -> None:
    content = {"verihookPayload": {"key": "a/b", "note": "x" * 20}}
    made = instances.submit(request(content=content), "", narrow.services).instance
    assert narrow.row(made.id).input == narrow.engine.inputs[made.id]
    instances.restart(made.id, narrow.services)
    assert narrow.row(made.id).input == narrow.engine.inputs[f"{made.id}.2"]


def test_a_payload_that_is_away_leaves_it_queued_and_one_that_is_gone_ends_it(narrow: Parts, tmp_path: Path) -> None:
    content = {"n": 1, "note": "x" * 20}
    narrow.engine.failing = {"start"}
    made = instances.submit(request(content=content), "", narrow.services).instance
    narrow.engine.failing = set()
    folder = tmp_path / "payloads" / made.id
    (file,) = folder.iterdir()
    text = file.read_text()
    file.unlink()
    file.mkdir()
    narrow.clock.at += MINUTE
    reconcile(narrow.services)
    assert ("queued", []) == (narrow.row(made.id).status, narrow.engine.starts)
    file.rmdir()
    narrow.clock.at += MINUTE
    reconcile(narrow.services)
    assert ("failed", "InputUnreadable") == (narrow.row(made.id).status, narrow.row(made.id).error)
    assert text == json_text(content)
