"""What is kept apart, by bytes, and what a reference is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from verihook.adapters.payloads.files import FilePayloads
from verihook.errors import PayloadGone
from verihook.instances import payload

ID = "a" * 40


@pytest.fixture
def payloads(tmp_path: Path) -> FilePayloads:
    return FilePayloads(tmp_path)


def keep(text: str, payloads: FilePayloads, limit: int = 100) -> str:
    return payload.store_if_large(text, json.loads(text), ID, limit, payloads)


@pytest.mark.parametrize("character", ["x", "é", "€", "😀"])
def test_the_limit_is_in_bytes(payloads: FilePayloads, character: str) -> None:
    fitting = json.dumps(character * (98 // len(character.encode())), ensure_ascii=False)
    fitting += " " * (100 - len(fitting.encode()))
    assert fitting == keep(fitting, payloads)
    assert payload.key_of(keep(fitting + " ", payloads)) is not None


def test_a_reference_and_back(payloads: FilePayloads) -> None:
    text = json.dumps({"n": "x" * 200})
    reference = keep(text, payloads)
    digest = hashlib.sha256(text.encode()).hexdigest()
    content = json.loads(reference)["verihookPayload"]
    assert (f"{ID}/{digest}", digest, len(text)) == (content["key"], content["sha256"], content["size"])
    assert content["uri"] == payloads.base + content["key"]
    assert f"{ID}/{digest}" == payload.key_of(reference)
    assert text == payload.load(reference, payloads)
    assert payload.same_json(text, reference, payloads)
    assert payload.same_json(reference, json.dumps({"n": "x" * 200}, indent=1), payloads)
    assert not payload.same_json(reference, json.dumps({"n": "x" * 201}), payloads)
    payloads.remove_all(ID)
    assert not payload.same_json(reference, json.dumps({"n": "x" * 200}, indent=1), payloads)
    assert reference == keep(text, payloads)


def test_what_looks_like_a_reference_is_kept(payloads: FilePayloads) -> None:
    made_up = '{"verihookPayload":{"uri":"file:///etc/a/b"}}'
    reference = keep(made_up, payloads)
    assert reference != made_up
    assert made_up == payload.load(reference, payloads)


@pytest.mark.parametrize(
    "text", ["{}", "null", '"verihookPayload"', '{"verihookPayload": 1}', '{"a": "verihookPayload"}']
)
def test_any_other_text_is_itself(payloads: FilePayloads, text: str) -> None:
    assert text == keep(text, payloads) == payload.load(text, payloads)
    assert payload.key_of(text) is None


def test_one_that_is_gone_or_another_is_told(payloads: FilePayloads, tmp_path: Path) -> None:
    reference = keep(json.dumps("x" * 200), payloads)
    key = payload.key_of(reference)
    assert key is not None
    (tmp_path / key).write_text('"another"')
    with pytest.raises(PayloadGone, match="not what was kept"):
        payload.load(reference, payloads)
    payloads.remove_all(key.partition("/")[0])
    with pytest.raises(PayloadGone, match="is gone"):
        payload.load(reference, payloads)


def test_what_paths_find_of_a_text() -> None:
    content = {"id": 1, "items": [{"n": 1, "m": 2}, {"m": 3}, 4], "rest": "x"}
    assert {"id": 1, "items": [{"n": 1}, {}, None]} == payload.pick(content, ["id", "items.*.n", "absent"])
    assert content == payload.pick(content, ["id", "items", "items.*.n", "rest"])


def test_a_lone_surrogate_survives(payloads: FilePayloads) -> None:
    text = '"' + "\ud800" * 100 + '"'
    assert text == payload.load(payload.store_if_large(text, None, ID, 10, payloads), payloads)


def test_an_engine_is_given_the_text_if_it_takes_it(payloads: FilePayloads) -> None:
    text = json.dumps({"n": "x" * 200})
    reference = keep(text, payloads)
    assert text == payload.inline_if_small(reference, len(text), payloads)
    assert reference == payload.inline_if_small(reference, len(text) - 1, payloads)
    assert text == payload.inline_if_small(text, 1, payloads)


@pytest.mark.parametrize("name", ["verihookPayload", "verihook\\u0050ayload"])
def test_what_looks_like_a_reference_is_given_as_a_reference(payloads: FilePayloads, name: str) -> None:
    made_up = f'{{"{name}":{{"uri":"file:///etc/a/b"}}}}'
    reference = keep(made_up, payloads)
    assert reference != made_up
    assert reference == payload.inline_if_small(reference, 1000, payloads)
