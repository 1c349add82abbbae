"""Values as DynamoDB takes them."""

from __future__ import annotations

import pytest

from tests.contracts.instances import LATER, NOW, NOW_S, ODD, a_full_instance, an_instance
from verihook.ledgers import item
from verihook.ports import Change


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
