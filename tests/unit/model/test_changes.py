"""Who waits for a row is woken when it is written."""

from __future__ import annotations

from verihook.model.changes import Changes


def test_those_who_wait_are_woken_and_no_others() -> None:
    changes, heard = Changes(), list[str]()
    changes.tell("a")
    with changes.heard("a", lambda: heard.append("first")), changes.heard("b", lambda: heard.append("other")):
        with changes.heard("a", lambda: heard.append("second")):
            changes.tell("a")
        assert ["first", "second"] == heard
        changes.tell("a")
        assert ["first", "second", "first"] == heard
    changes.tell("a")
    assert 3 == len(heard)


def test_nothing_is_kept_of_who_waits_no_more() -> None:
    changes = Changes()
    for number in range(10):
        with changes.heard(str(number), print):
            pass
    assert {} == changes._waiting


def test_who_waits_twice_is_forgotten_once() -> None:
    changes, heard = Changes(), list[int]()

    def wake() -> None:
        heard.append(1)

    with changes.heard("a", wake):
        with changes.heard("a", wake):
            pass
        changes.tell("a")
    assert [1] == heard
