"""The text in which ledgers keep a delivery. A row is read with the dictionary that it was written with."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from tests.contracts.instances import NOW, ODD, a_delivery
from verihook.adapters.ledgers.delivery_text import from_kept_text, kept_text, pack_delivery, unpack_delivery
from verihook.errors import RecordDamaged
from verihook.model.delivery import Delivery, Facts, OtherBytes

TEXT = kept_text(a_delivery(), NOW) or ""
SMALL = Delivery(Facts("r1", NOW))


@pytest.mark.parametrize("text", [TEXT, "", "{}", ODD, TEXT * 100])
def test_a_text_and_back(text: str) -> None:
    assert unpack_delivery(pack_delivery(text)) == text


def test_a_row_of_the_first_version_is_read() -> None:
    written = base64.b64decode(
        "ePlaJLR0g/gg1dDUwCwtxVTXMtU8SdfE2CRNNynFxEjXJM0iLdHIyCTJ1NIS5gMzZB+A4gASBfqgiC7WryAq0N0zSzyAMesB"
        "0pKRX6JvYGKSmJiSgunukvLM5FSl2FgdpSSgKYZGQNOSKINAQ1O9KnyC0wMdHXMMnLzSbW2B1irlA92cmVdckpiXnBoPiq1y"
        "Jatq9AQN9FZpcYZSbS0AQHRgeA=="
    )
    assert unpack_delivery({"B": written}) == TEXT


def test_an_usual_delivery_takes_a_tenth_of_a_write_unit() -> None:
    headers = (("content-type", "application/json"), ("user-agent", "GitHub-Hookshot/044aadd"))
    usual = kept_text(Delivery(Facts("e1506fd5-9e7b-434f-bd42-4f8fa224b599", NOW, headers=headers)), NOW)
    assert len(pack_delivery(usual or "")["B"]) < 102


def test_what_is_no_unicode_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        pack_delivery("\ud800")


@pytest.mark.parametrize(
    "delivery",
    [
        SMALL,
        a_delivery(),
        a_delivery(verified_by="", headers=(), body=OtherBytes(0, "ab")),
        replace(a_delivery(), replay_of=None),
        Delivery(None, {"x-github-event": "push"}),
        Delivery(None, {}, replay_of="instance_0"),
        replace(a_delivery(), passed={}),
    ],
)
def test_a_delivery_and_back(delivery: Delivery) -> None:
    text = kept_text(delivery, NOW)
    assert text is not None
    assert from_kept_text(text) == delivery


def test_what_is_as_usual_takes_no_room() -> None:
    assert kept_text(SMALL, NOW) == f'{{"r":"r1","t":{NOW}}}'
    assert kept_text(None, NOW) is None
    assert kept_text(Delivery(), NOW) == "{}"
    assert from_kept_text("{}") == Delivery()


def test_what_has_expired_is_not_written() -> None:
    whole, day_ms = a_delivery(), 86_400_000
    assert kept_text(whole, NOW + 3 * day_ms) == '{"o":"instance_0","w":{"x-github-event":"push"}}'
    assert kept_text(SMALL, NOW + 14 * day_ms) is None


@pytest.mark.parametrize("text", ["", "[]", '{"r":1,"a":[1]}', '{"t":1}', '{"r":"r","t":1,"b":1}'])
def test_a_damaged_text_is_ours(text: str) -> None:
    with pytest.raises(RecordDamaged, match=r"^What is kept of a delivery cannot be read"):
        from_kept_text(text)
