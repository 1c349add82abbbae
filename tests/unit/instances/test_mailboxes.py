"""Events and waits that meet, in any order, and what may stay in a mailbox."""

from __future__ import annotations

import json
from operator import methodcaller
from typing import Any

import pytest

from tests.contracts.instances import NOW
from tests.unit.bare import Counted, documents
from verihook.errors import Conflict, LedgerUnavailable
from verihook.instances import mailboxes
from verihook.instances.mailboxes import GATE, MAX_MAILBOX, MAX_SEEN, MAX_SENT, MAX_USED, Event, Mailbox, Wait
from verihook.model.ports import Document, Documents

__all__ = ["documents"]


def event(name: str = "a", id: str = "", payload: str = "1", at: int = NOW) -> Event:
    return Event(id, name, payload, at)


def pairs(made: list[Any]) -> list[tuple[str, str]]:
    return [(over.wait.token, over.event.payload) for over in made]


def test_the_oldest_event_goes_to_the_oldest_wait_of_its_name() -> None:
    box = Mailbox()
    assert (
        []
        == box.add_event(event(payload="1"))
        == box.add_event(event(payload="2"))
        == box.add_event(event("b", payload="3"))
    )
    assert [("t1", "1")] == pairs(box.add_wait(Wait("a", "t1", NOW)))
    assert [("t2", "2")] == pairs(box.add_wait(Wait("a", "t2", NOW)))
    assert [] == box.add_wait(Wait("a", "t3", NOW)) == box.add_wait(Wait("a", "t4", NOW))
    assert [("t3", "4")] == pairs(box.add_event(event(payload="4")))
    assert (["b"], ["t4"]) == ([each.name for each in box.events], [each.token for each in box.waits])


def test_what_was_seen_is_not_put_again_even_when_it_was_delivered() -> None:
    box = Mailbox()
    box.add_event(event(id="e1"))
    box.add_wait(Wait("a", "t1", NOW))
    box.mark_delivered("t1", NOW)
    box.add_wait(Wait("a", "t2", NOW))
    assert [] == box.add_event(event(id="e1"))
    assert [("t2", "1")] == pairs(box.add_event(event(id="e2")))


def test_a_wait_that_is_over_is_not_noted_again() -> None:
    box = Mailbox()
    for number in range(MAX_USED + 1):
        box.add_wait(Wait("a", f"t{number}", NOW))
        box.add_event(event())
        box.mark_delivered(f"t{number}", NOW)
    assert MAX_USED == len(box.used)
    box.add_event(event())
    assert [] == box.add_wait(Wait("a", f"t{MAX_USED}", NOW))
    assert [] == box.waits


def test_a_mailbox_of_an_earlier_version_is_read(documents: Counted) -> None:
    content = {"events": [], "waits": [{"name": "a", "token": "t", "at": 1}], "handovers": [], "seen": ["e"]}
    documents.write("instance#i", Document("mailbox", json.dumps(content), 1, NOW // 1000 + 60), NOW)
    assert Mailbox(waits=[Wait("a", "t", 1)], seen=["e"]) == mailboxes.read_mailbox("i", documents, NOW)


def test_of_very_many_ids_the_latest_are_remembered() -> None:
    box = Mailbox()
    for number in range(MAX_SEEN + 1):
        box.add_event(event(id=f"e{number}"))
    assert MAX_SEEN == len(box.seen)
    before = len(box.events)
    box.add_event(event(id="e1"))
    assert before == len(box.events)
    box.add_event(event(id="e0"))
    assert before + 1 == len(box.events)


def test_long_ids_leave_room_for_events(documents: Counted) -> None:
    for number in range(MAX_SEEN):
        taken = methodcaller("add_event", event(id=f"{number}" + "\U0001f600" * 250))
        mailboxes.edit_mailbox("i", documents, NOW, taken, MAX_MAILBOX)
        mailboxes.edit_mailbox("i", documents, NOW, methodcaller("add_wait", Wait("a", f"t{number}", NOW)))
        mailboxes.edit_mailbox("i", documents, NOW, methodcaller("mark_delivered", f"t{number}", NOW))
    assert [] == mailboxes.read_mailbox("i", documents, NOW).events


def test_a_full_mailbox_takes_those_who_empty_it(documents: Counted) -> None:
    def fill() -> None:
        for _ in range(10):
            mailboxes.edit_mailbox(
                "i", documents, NOW, methodcaller("add_event", event(payload="x" * 40_000)), MAX_MAILBOX
            )

    with pytest.raises(Conflict):
        fill()
    (made,) = mailboxes.edit_mailbox("i", documents, NOW, lambda box: box.add_wait(Wait("a", "t" * 2_000, NOW)))
    assert "t" * 2_000 == made.wait.token


def test_an_event_whose_wait_is_gone_goes_to_the_next_before_all_others() -> None:
    box = Mailbox()
    box.add_wait(Wait("a", "gone", NOW))
    box.add_event(event(payload="1"))
    box.add_event(event(payload="2"))
    assert [] == box.return_event("gone", NOW)
    assert ["1", "2"] == [each.payload for each in box.events]
    assert [("t", "1")] == pairs(box.add_wait(Wait("a", "t", NOW)))


def test_the_gate_lets_all_go_and_gives_nothing_back() -> None:
    box = Mailbox()
    for token in ("t1", "t2"):
        box.add_wait(Wait(GATE, token, NOW))
    box.add_wait(Wait("a", "t3", NOW))
    assert [("t1", "{}"), ("t2", "{}")] == pairs(box.open_gate(NOW))
    assert [] == box.return_event("t1", NOW)
    assert ([], ["t3"]) == (box.events, [each.token for each in box.waits])


def test_it_survives_being_written(documents: Counted) -> None:
    def fill(box: Mailbox) -> None:
        box.add_event(event(id="é\ud800", payload='"\\ud800"'))
        box.add_event(event(id="é\ud800", payload='"again"'))
        box.add_wait(Wait("a", "t1", NOW))
        box.add_wait(Wait("b", "t2", NOW))

    mailboxes.edit_mailbox("i", documents, NOW, fill)
    box = mailboxes.read_mailbox("i", documents, NOW)
    assert (["t2"], ["t1"], []) == (
        [each.token for each in box.waits],
        [over.wait.token for over in box.handovers],
        box.events,
    )
    assert [] == box.add_event(event(id="é\ud800"))
    mailboxes.remove_mailbox("i", documents)
    assert Mailbox() == mailboxes.read_mailbox("i", documents, NOW)


def test_a_change_that_changes_nothing_writes_nothing(documents: Counted) -> None:
    mailboxes.edit_mailbox("i", documents, NOW, lambda box: box.add_event(event(id="e1")))
    documents.calls.clear()
    mailboxes.edit_mailbox("i", documents, NOW, lambda box: box.add_event(event(id="e1")))
    assert ["read"] == documents.calls


def test_it_holds_only_so_much(documents: Counted) -> None:
    for _ in range(2):
        mailboxes.edit_mailbox("i", documents, NOW, lambda box: box.add_event(event(payload="x" * 100_000)))
    with pytest.raises(Conflict, match="Too many events wait"):
        mailboxes.edit_mailbox("i", documents, NOW, lambda box: box.add_event(event(payload="x" * 100_000)))
    assert 2 == len(mailboxes.read_mailbox("i", documents, NOW).events)


def test_others_may_be_quicker_but_not_for_ever(documents: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = 3
    write = documents.write

    def slow(partition: str, document: Document, now_ms: int) -> bool:
        nonlocal refused
        refused -= 1
        return refused < 0 and write(partition, document, now_ms)

    monkeypatch.setattr(documents, "write", slow)
    mailboxes.edit_mailbox("i", documents, NOW, lambda box: box.add_event(event()))
    assert 1 == len(mailboxes.read_mailbox("i", documents, NOW).events)
    refused = 1_000
    with pytest.raises(LedgerUnavailable):
        mailboxes.edit_mailbox("i", documents, NOW, lambda box: box.add_event(event()))


def test_who_sent_an_event_is_kept_when_a_wait_has_taken_it(documents: Documents) -> None:
    kim = {"entry": "key", "keyId": "k1", "name": "kim"}

    def edit(box: Mailbox) -> None:
        box.add_wait(Wait("a", "t1", NOW))
        box.add_event(event(id="e1"), kim)
        # A repetition is no second answer, and what a webhook brings is known by its delivery.
        box.add_event(event(id="e1"), {"entry": "run"})
        box.add_event(event(id="e2"))
        box.mark_delivered("t1", NOW)

    mailboxes.edit_mailbox("i", documents, NOW, edit)
    (sent,) = mailboxes.read_mailbox("i", documents, NOW).sent
    assert ("a", "e1", NOW, kim) == (sent.name, sent.id, sent.at, sent.by)


def test_so_many_senders_are_kept_as_fit_a_mailbox() -> None:
    box = Mailbox()
    for number in range(MAX_SENT + 1):
        box.add_event(event(), {"entry": "key", "name": str(number)})
    assert [str(number) for number in range(1, MAX_SENT + 1)] == [each.by["name"] for each in box.sent]
