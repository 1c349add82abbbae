"""The list of open waits: every one that is open, none that is over, whatever failed in between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.instances import MINUTE, NOW
from tests.unit.bare import Counted
from tests.unit.parts import Parts, request
from verihook import instances
from verihook.errors import LedgerUnavailable, RequestInvalid
from verihook.instances import open_waits
from verihook.instances.open_waits import MAX_SHOWN, Notice
from verihook.model.instance import Progress


def wait(parts: Parts, instance_id: str, token: str = "", name: str = "approved", **listed: Any) -> None:
    token = token or f"token of {instance_id}"
    parts.engine.tokens.add(token)
    instances.await_event(instance_id, 1, name, token, parts.services, notice=Notice(**listed))


def begin(parts: Parts, instance_id: str, workflow: str = "w") -> None:
    instances.submit(request(workflow, id=instance_id), "", parts.services)
    instances.record_progress(instance_id, 1, Progress("running"), NOW, parts.services)


def listed(parts: Parts, *workflows: str, limit: int = 50, after: str = "") -> list[str]:
    found = open_waits.page(workflows or ("w",), limit, after, parts.services)
    return [each.instance.id for each in found.waits]


def marks(parts: Parts) -> int:
    return len(parts.services.documents.all("instance#waits#w", 1000, parts.clock.now_ms()))


def test_the_oldest_first_with_what_it_shows(parts: Parts) -> None:
    for name in ("b", "a"):
        begin(parts, name)
        wait(parts, name, seconds=60, shows={"of": name})
        parts.clock.at += 1
    found = open_waits.page(("w",), 50, "", parts.services)
    assert [("b", NOW, NOW + MINUTE, {"of": "b"}), ("a", NOW + 1, NOW + 1 + MINUTE, {"of": "a"})] == [
        (each.instance.id, each.at, each.until, each.shows) for each in found.waits
    ]
    assert {"approved"} == {each.name for each in found.waits}
    assert found.after is None


def test_pages_over_several_workflows(parts: Parts) -> None:
    for number in range(6):
        begin(parts, f"i{number}", "w" if number % 2 else "strict")
        wait(parts, f"i{number}")
        parts.clock.at += 1
    seen, after = [], ""
    for _ in range(3):
        page = open_waits.page(("w", "strict"), 2, after, parts.services)
        seen += [each.instance.id for each in page.waits]
        after = page.after or ""
    assert [f"i{number}" for number in range(6)] == seen
    assert [] == listed(parts, "w", "strict", after=after)
    assert ["i1", "i3", "i5"] == listed(parts, "w")


def test_one_that_got_its_event_is_on_no_list(parts: Parts) -> None:
    begin(parts, "a")
    wait(parts, "a", "t1")
    wait(parts, "a", "t2", "other")
    assert 2 == marks(parts)
    instances.raise_event("a", "approved", 1, parts.services)
    assert 1 == marks(parts)
    assert ["other"] == [each.name for each in open_waits.page(("w",), 50, "", parts.services).waits]


def test_one_whose_event_was_there_before_is_never_listed(parts: Parts) -> None:
    begin(parts, "a")
    documents = Counted(parts.services.documents)
    services = replace(parts.services, documents=documents)
    instances.raise_event("a", "approved", 1, services)
    documents.calls.clear()
    parts.engine.tokens.add("t1")
    instances.await_event("a", 1, "approved", "t1", services)
    assert [("t1", "1")] == parts.engine.answers
    assert {"add", "remove"} & set(documents.calls) == set()


@pytest.mark.parametrize("how", ["ended", "restarted", "purged", "time over"])
def test_one_that_is_over_without_an_event_is_on_no_list(parts: Parts, how: str) -> None:
    begin(parts, "a")
    wait(parts, "a", seconds=60)
    assert ["a"] == listed(parts)
    if how == "ended":
        instances.terminate("a", parts.services)
    elif how == "restarted":
        instances.restart("a", parts.services)
    elif how == "purged":
        instances.purge("a", parts.services, force=True)
    else:
        parts.clock.at += MINUTE
    assert [] == listed(parts)
    assert 0 == marks(parts)


def test_a_wait_that_is_told_again_is_listed_once_and_as_long_as_it_is_open(parts: Parts) -> None:
    begin(parts, "a")
    documents = Counted(parts.services.documents)
    services = replace(parts.services, documents=documents)
    parts.engine.tokens.add("t1")
    documents.failing = {"add"}
    with pytest.raises(LedgerUnavailable):
        instances.await_event("a", 1, "approved", "t1", services, notice=Notice(shows=1))
    documents.failing = set()
    for _ in range(2):
        parts.clock.at += 1
        instances.await_event("a", 1, "approved", "t1", services, notice=Notice(shows=1))
    assert ["a"] == listed(parts)
    instances.raise_event("a", "approved", 1, services)
    instances.await_event("a", 1, "approved", "t1", services, notice=Notice(shows=1))
    assert 0 == marks(parts)


def test_a_mark_that_could_not_be_taken_away_is_taken_away_by_the_next_look(parts: Parts) -> None:
    begin(parts, "a")
    wait(parts, "a", "t1")
    documents = Counted(parts.services.documents)
    documents.failing = {"remove"}
    instances.raise_event("a", "approved", 1, replace(parts.services, documents=documents))
    assert [("t1", "1")] == parts.engine.answers
    assert 1 == marks(parts)
    assert [] == listed(parts)
    assert 0 == marks(parts)


def test_gates_and_addresses_are_not_for_people(parts: Parts) -> None:
    begin(parts, "a")
    wait(parts, "a", "t1", "$webhook:of")
    instances.suspend("a", parts.services)
    instances.pass_gate("a", 1, "t2", parts.services)
    assert 0 == marks(parts)


@pytest.mark.parametrize("shows", ["x" * MAX_SHOWN, {"a": object()}])
def test_what_cannot_be_shown(parts: Parts, shows: Any) -> None:
    begin(parts, "a")
    with pytest.raises(RequestInvalid, match="shows: must be"):
        wait(parts, "a", shows=shows)
    assert [] == instances.mailbox("a", parts.services)
