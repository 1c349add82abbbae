"""Where the events of a delivery are: one array, or arrays in the items of another."""

from __future__ import annotations

from typing import Any

import pytest

from verihook.senders.each import MAX_FACT, MOST_FACTS, Each
from verihook.senders.event_table import read_places

NESTED = ["entry[].changes", "entry[].messaging"]


def each(path: Any) -> Each:
    found = read_places({"each": path}).each
    assert found is not None
    assert found == read_places({"each": {"path": path}}).each
    return found


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        (".", [1, 2], [1, 2]),
        ("events", {"events": [{"id": 1}, 2]}, [{"id": 1}, 2]),
        ("a.b", {"a": {"b": [1]}}, [1]),
        ("events", {"events": {"id": 1}}, [{"id": 1}]),
        ("events", {"events": []}, []),
        ("events", {"events": 7}, None),
        ("events", [1], None),
        (".", 7, None),
        ("[].of", [{"id": 1, "of": [{"n": 1}, {"n": 2}]}], [{"id": 1, "of": {"n": 1}}, {"id": 1, "of": {"n": 2}}]),
        ("a[].b.c", {"a": [{"b": {"c": [1, 2]}}]}, [{"b": {"c": 1}}, {"b": {"c": 2}}]),
        ("a[].b[].c", {"a": [{"x": 1, "b": [{"y": 2, "c": [3]}]}]}, [{"x": 1, "b": {"y": 2, "c": 3}}]),
        (["a", "b"], {"b": [1], "a": [2]}, [2, 1]),
        (["a", "b"], {"b": [1]}, [1]),
        # In the order of the entries; what has no such array is an event itself.
        (
            NESTED,
            {"entry": [{"id": 1, "messaging": [{"m": 1}]}, {"id": 2, "changes": [{"c": 1}, 3]}, {"id": 3}, 4]},
            [{"id": 1, "messaging": {"m": 1}}, {"id": 2, "changes": {"c": 1}}, {"id": 2, "changes": 3}, {"id": 3}, 4],
        ),
        (NESTED, {"entry": [{"changes": [1], "messaging": [2]}]}, [{"changes": 1}, {"messaging": 2}]),
        (NESTED, {"entry": {"id": 1, "changes": {"c": 1}}}, [{"id": 1, "changes": {"c": 1}}]),
        (NESTED, {"entry": [{"id": 1, "changes": []}]}, [{"id": 1, "changes": []}]),
        (NESTED, {"entry": 7}, None),
        (NESTED, {}, None),
    ],
)
def test_what_the_events_are(path: Any, content: Any, expected: Any) -> None:
    assert expected == each(path).events(content, 100)


@pytest.mark.parametrize(
    ("path", "event", "body"),
    [
        (".", {"id": 1}, [{"id": 1}]),
        ("a.b", {"id": 1}, {"a": {"b": [{"id": 1}]}}),
        (NESTED, {"id": 1, "changes": {"c": 1}}, {"entry": [{"id": 1, "changes": [{"c": 1}]}]}),
        (NESTED, {"messaging": {"m": 1}, "changes": {"c": 1}}, {"entry": [{"messaging": [{"m": 1}]}]}),
    ],
)
def test_a_body_of_one_event(path: Any, event: dict[str, Any], body: Any) -> None:
    assert body == each(path).body_of(event)
    assert 1 == len(each(path).events(body, 9) or ())


def test_no_more_than_are_asked_for_are_made() -> None:
    assert [0, 1, 2] == each("e").events({"e": [*range(9)]}, 3)
    assert 2 == len(each("e[].of").events({"e": [{"of": [*range(9)]}]}, 2) or ())


def test_of_what_is_around_an_event_the_plain_members_are_kept_and_not_too_much() -> None:
    around = {"id": "1", "time": 2, "ok": True, "none": None, "other": {"x": 1}, "list": [1]}
    long = {"text": "x" * (MAX_FACT + 1), "y" * (MAX_FACT + 1): 1, "just": "x" * MAX_FACT}
    assert [{"id": "1", "time": 2, "ok": True, "none": None, "just": "x" * MAX_FACT, "of": 7}] == each("e[].of").events(
        {"e": [around | long | {"of": [7]}]}, 9
    )
    many = each("e[].of").events({"e": [{str(n): n for n in range(99)} | {"of": [7]}]}, 9)
    assert [MOST_FACTS + 1] == [len(event) for event in many or ()]


def test_it_is_put_into_words() -> None:
    assert "entry[].changes or entry[].messaging" == str(each(NESTED))
    assert "the body" == str(each("."))


@pytest.mark.parametrize(
    "path", ["", "events[*]", "events[]", "[]", "a..b", ".a", "a.", "a[].", "a[]..b", "a[]b", "*", "a[0].b", "a[].."]
)
def test_what_is_no_path_is_refused(path: str) -> None:
    for key, given in (("each", path), ("each", [path]), ("each.path", {"path": path})):
        with pytest.raises(ValueError, match="is no path; write the path of the array") as raised:
            read_places({"each": given})
        assert str(raised.value).startswith(f"{key}: {path!r}")


@pytest.mark.parametrize("given", [7, [], [7], True, {}, {"path": None}])
def test_what_is_no_text_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="write the path of the array"):
        read_places({"each": given})


def test_a_misspelt_key_and_a_header_are_refused() -> None:
    with pytest.raises(ValueError, match=r"each\.pth: "):
        read_places({"each": {"pth": "a"}})
    with pytest.raises(ValueError, match="each: a header is of the whole delivery"):
        read_places({"each": {"path": "a", "id": {"header": "X"}}})
    with pytest.raises(ValueError, match=r"each\.id: write"):
        read_places({"each": {"path": "a", "id": 7}})
