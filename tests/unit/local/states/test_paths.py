"""JSONPath against a slow reading of the language: all places of a document, and which of them a path names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verihook.local.states.paths import Conflict, Missing, compile_path, compile_reference
from verihook.local.states.scope import Scope

NAMES = st.sampled_from(["a", "b", "c d", "e'f", "ü"])
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "x"])
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=12
)
#: A step: what it is written as, and which keys it lets through.
STEPS = st.one_of(
    NAMES.map(lambda name: ("name", name)),
    st.integers(0, 2).map(lambda number: ("index", number)),
    st.just(("any", None)),
    st.tuples(st.integers(0, 2), st.integers(0, 3)).map(lambda ends: ("slice", ends)),
)

Step = tuple[str, Any]
Place = tuple[Any, ...]


def written(steps: list[Step], *, deep: int | None) -> str:
    text = "$"
    for number, (kind, what) in enumerate(steps):
        text += ".." if number == deep else ""
        if kind == "name":
            escaped = what.replace("'", "\\'")
            text += f"['{escaped}']"
        elif kind == "slice":
            text += f"[{what[0]}:{what[1]}]"
        else:
            text += "[*]" if kind == "any" else f"[{what}]"
    return text


def places(value: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    yield at, value
    keyed = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in keyed:
        yield from places(inner, (*at, key))


def named(place: Place, steps: list[Step], deep: int | None) -> bool:
    """Whether the steps lead to the place; before the one of number ``deep``, any keys may be left out."""
    if not steps:
        return place == ()
    skips = range(len(place) + 1) if deep == 0 else [0]
    after = None if deep is None or deep == 0 else deep - 1
    return any(
        skip < len(place) and lets(steps[0], place[skip]) and named(place[skip + 1 :], steps[1:], after)
        for skip in skips
    )


def lets(step: Step, key: Any) -> bool:
    kind, what = step
    if kind == "any":
        return True
    if kind == "name":
        return key == what and isinstance(key, str)
    if not isinstance(key, int):
        return False
    return key == what if kind == "index" else what[0] <= key < what[1]


def found(path: str, document: Any) -> Any:
    return compile_path(path).value(Scope(document, dict))


def as_texts(values: list[Any]) -> list[str]:
    return sorted(json.dumps(value, sort_keys=True) for value in values)


@settings(max_examples=400, deadline=None)
@given(
    DOCUMENTS.filter(lambda document: document is not None), st.lists(STEPS, max_size=4), st.none() | st.integers(0, 3)
)
def test_a_path_finds_what_the_slow_reading_finds(document: Any, steps: list[Step], deep: int | None) -> None:
    deep = None if deep is None or deep >= len(steps) else deep
    expected = [value for place, value in places(document) if named(place, steps, deep)]
    path = written(steps, deep=deep)
    if deep is None and all(kind in {"name", "index"} for kind, _ in steps):
        if expected:
            assert as_texts([found(path, document)]) == as_texts(expected)
        else:
            with pytest.raises(Missing):
                found(path, document)
    else:
        assert as_texts(found(path, document)) == as_texts(expected)


@settings(max_examples=200, deadline=None)
@given(DOCUMENTS, st.lists(NAMES, max_size=3), SCALARS)
def test_what_a_reference_puts_is_found_there(document: Any, names: list[str], value: Any) -> None:
    path = written([("name", name) for name in names], deep=None)
    before = json.dumps(document)
    try:
        made = compile_reference(path).put(document, value)
    except Conflict:
        return
    if made is not None:
        assert found(path, made) == value
    assert json.dumps(document) == before


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.l[?(@.n == 2)].t", ["two"]),
        ("$.l[?(@.t == one)].n", [1]),
        ("$.l[?(@.n >= 2 && @.t != 'x')]", [{"n": 2, "t": "two"}]),
        ("$.l[?(!(@.n == 1))].n", [2]),
        ("$.l[?(@.t =~ /ON.*/i)].n", [1]),
        ("$.l[?(@.n in [1, 5])].t", ["one"]),
        ("$.l[?(@.none)]", []),
        ("$.l[?(@.n < '3')]", []),
        ("$.l[?(@.n == $.m[1])].t", ["two"]),
        ("$.l.length()", 2),
        ("$.m.max()", 3),
        ("$.m[::2]", [1, 3]),
        ("$.m[-1]", 3),
        ("$.m[-2:]", [2, 3]),
        ("$['m', 'none']", {"m": [1, 2, 3]}),
        ("$.l[*]['t','n']", [{"t": "one", "n": 1}, {"t": "two", "n": 2}]),
        ("$..['t','n']", [{"t": "one", "n": 1}, {"t": "two", "n": 2}]),
    ],
)
def test_filters_functions_and_unions(path: str, expected: Any) -> None:
    document = {"l": [{"n": 1, "t": "one"}, {"n": 2, "t": "two"}], "m": [1, 2, 3]}
    assert found(path, document) == expected


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a",
        ".a",
        "$a.",
        "$.",
        "$.a[",
        "$.a[x]",
        "$.a['b]",
        "$..",
        "$.a b",
        "$.a[?(@.b ==)]",
        "$.a.none()",
        "$.m[::0]",
    ],
)
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the message is the reader's, and free
        compile_path(path)


@pytest.mark.parametrize("path", ["$.a[*]", "$..a", "$$.a", "$v", "$.a[-1]", "$.a[0,1]", "$['a','b']", "$.a.length()"])
def test_what_is_no_reference(path: str) -> None:
    with pytest.raises(ValueError, match="not a Reference Path"):
        compile_reference(path)


def test_a_missing_place_is_named_as_aws_names_it() -> None:
    said = []
    for path in ("$.a.b.c", "$.a.b", "$.l[3]", "$.t[0]", "$.n[0]", "$.l[3][0]", "$.t.b", "$.l[3].b", "$['a', 'l'].b"):
        with pytest.raises(Missing) as caught:
            found(path, {"a": {}, "l": [1], "t": "x", "n": None})
        said.append(str(caught.value).split(". This is")[0])
    assert said == [
        "Missing property in path $['a']['b']",
        "No results for path: $['a']['b']",
        "No results for path: $['l'][3]",
        "Filter: [0] can only be applied to arrays. Current context is: x",
        "The path $['n'] is null",
        "The path $['l'][3] is null",
        "Expected to find an object with property ['b'] in path $['t'] but found 'java.lang.String'",
        "Expected to find an object with property ['b'] in path $['l'][3] but found 'null'",
        "Multi properties can only be used as path leafs: $['a', 'l']",
    ]
