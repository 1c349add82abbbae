"""Values as DynamoDB takes them."""

from __future__ import annotations

import json
from random import Random

import pytest

from tests.contracts.instances import LATER, NOW, NOW_S, ODD, a_full_instance, an_instance
from verihook.adapters.ledgers import item
from verihook.model.ports import Change


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (ODD, {"S": ODD}),
        ("", {"S": ""}),
        (0, {"N": "0"}),
        (2**53, {"N": "9007199254740992"}),
        (True, {"BOOL": True}),
        (("b", "a"), {"L": [{"S": "b"}, {"S": "a"}]}),
        ({"a": ""}, {"M": {"a": {"S": ""}}}),
    ],
    ids=repr,
)
def test_a_value_and_back(value: object, encoded: dict[str, object]) -> None:
    assert item.encode(value) == encoded
    assert item.decode(encoded) == value


@pytest.mark.parametrize("value", ["\ud800", ("\ud800",), {"a": "\ud800"}, {"\ud800": "a"}], ids=ascii)
def test_what_is_no_unicode_is_refused(value: object) -> None:
    with pytest.raises(UnicodeEncodeError):
        item.encode(value)


@pytest.mark.parametrize("instance", [an_instance(), a_full_instance()], ids=["plain", "full"])
def test_a_row_and_back(instance: object) -> None:
    assert item.from_item(item.to_item(instance)) == instance  # type: ignore[arg-type]


def test_what_a_row_has_not_takes_no_room() -> None:
    written = item.to_item(an_instance())
    assert not {"held", "purged", "tries", "tags", "metadata", "callbackTries", "sourceShard"} & {*written}


def test_a_purged_row_has_no_place() -> None:
    written = item.to_item(a_full_instance(purged=True, due_at=NOW))
    assert [name for name in written if "Shard" in name or name == "listedAt"] == []


@pytest.mark.parametrize("now", [NOW - 1, NOW, NOW + 1])
def test_a_row_expires_on_the_second(now: int) -> None:
    assert item.expired({"expiresAt": {"N": str(NOW_S)}}, now) is (now >= NOW)
    assert item.expired({}, now) is False


@pytest.mark.parametrize(("waits", "due_at"), [(True, LATER), (False, None)])
def test_only_what_waits_stays_due(waits: bool, due_at: int | None) -> None:
    written = item.to_attributes("an_id", Change("failed", NOW, due_at=LATER), waits=waits)
    assert written["dueAt"] == (None if due_at is None else {"N": str(due_at)})
    assert (written["dueShard"] is None) is (due_at is None)


def test_what_is_long_is_compressed_where_that_helps() -> None:
    instance = an_instance(input=json.dumps({"a": "b" * 500}), output=json.dumps(["é" * 500], ensure_ascii=False))
    written = item.to_item(instance)
    assert ({"B"}, {"B"}) == ({*written["input"]}, {*written["output"]})
    assert len(written["input"]["B"]) < 60
    assert item.from_item(written) == instance
    change = Change("failed", NOW, output=instance.output, cause="c" * 500)
    attributes = item.to_attributes("an_id", change, waits=False)
    assert written["output"] == attributes["output"]
    assert attributes["cause"] == {"S": "c" * 500}
    odd = Random(1).randbytes(100).hex()[:128]
    assert item.pack(odd) == {"S": odd}


def test_what_an_older_version_wrote_is_read_as_it_is() -> None:
    instance = an_instance(input=json.dumps({"a": "b" * 500}))
    old = item.to_item(instance) | {"input": {"S": instance.input}, "workflowStatusShards": {"M": {}}}
    assert item.from_item(old) == instance


@pytest.mark.parametrize(("odd", "fits"), [(1, True), (7_000, True), (9_000, False)])
def test_room_is_counted_in_bytes_as_they_are_written(odd: int, fits: bool) -> None:
    text = Random(1).randbytes(odd).hex()
    assert (len(item.pack(text).get("B", text)) <= 8192) is fits
    assert item.fits(text, 8192) is fits
    assert item.fits("\ud800" + text, 8192) is fits
    assert item.fits("x" * 262_144, 8192)
