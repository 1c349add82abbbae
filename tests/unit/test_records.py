"""What stands in for `dataclasses` does what `dataclasses` does."""

from __future__ import annotations

import dataclasses
from typing import Any

from verihook import records
from verihook.instances.mailboxes import Event, Mailbox

MAILBOX = Mailbox([Event("evt_1", "approved", '{"by":"a"}', 1)], seen=["evt_1"])


def test_a_record_is_copied_with_changes_as_dataclasses_do_it() -> None:
    changed = records.replace(MAILBOX, seen=["evt_2"])
    assert dataclasses.replace(MAILBOX, seen=["evt_2"]) == changed
    assert changed != MAILBOX


def test_a_record_is_a_dict_as_dataclasses_have_it() -> None:
    assert dataclasses.asdict(MAILBOX) == records.asdict(MAILBOX)
    assert "approved" == records.asdict(MAILBOX)["events"][0]["name"]


def test_fields_are_made_once_and_only_when_asked_for() -> None:
    made: list[dict[str, Any]] = []

    def make() -> dict[str, Any]:
        made.append({})
        return made[0]

    class Record:
        __dataclass_fields__ = records.Fields(make)

    assert [] == made
    assert Record.__dataclass_fields__ is Record.__dataclass_fields__
    assert [{}] == made
