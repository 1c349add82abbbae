"""Defaults, and schemas that are wrong."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from typing import Any

import pytest

from verihook.errors import EventMalformed, InputInvalid
from verihook.schema import Schema
from verihook.workflow import Workflow

NESTED: dict[str, Any] = {
    "$defs": {"item": {"properties": {"count": {"type": "integer", "default": 1}}}},
    "properties": {
        "address": {"default": {}, "properties": {"country": {"default": "CH"}}},
        "items": {"items": {"$ref": "#/$defs/item"}},
        "pair": {"prefixItems": [{"$ref": "#/$defs/item"}]},
        "open": {
            "patternProperties": {"^x": {"$ref": "#/$defs/item"}},
            "additionalProperties": {"$ref": "#/$defs/item"},
        },
    },
    "allOf": [{"properties": {"channel": {"default": "web"}}}],
}


def test_defaults_are_found_wherever_they_hold() -> None:
    content = {"items": [{}, {"count": 2}], "pair": [{}, {}], "open": {"x": {}, "y": {}}}
    filled = Schema(NESTED).filled(content)
    assert {
        "address": {"country": "CH"},
        "items": [{"count": 1}, {"count": 2}],
        "pair": [{"count": 1}, {}],
        "open": {"x": {"count": 1}, "y": {"count": 1}},
        "channel": "web",
    } == filled
    assert {"items": [{}, {"count": 2}], "pair": [{}, {}], "open": {"x": {}, "y": {}}} == content


def test_where_nothing_is_missing_it_is_the_very_same_object() -> None:
    content = {"address": {"country": "DE"}, "items": [{"count": 2}], "channel": "shop"}
    assert content is Schema(NESTED).filled(content)
    assert content is Workflow("w", "e", "d", input_schema=NESTED).accept(content)
    assert content is Workflow("w", "e", "d").accept(content)
    assert content is Workflow("w", "e", "d", input_schema=True).accept(content)


def test_a_default_is_each_inputs_own() -> None:
    schema = Schema({"properties": {"tags": {"default": []}}})
    first, second = schema.filled({}), schema.filled({})
    first["tags"].append("x")  # type: ignore[index]
    assert {"tags": []} == second


def test_a_default_satisfies_what_is_required_and_a_bad_input_is_told() -> None:
    workflow = Workflow("w", "e", "d", input_schema={"required": ["a"], "properties": {"a": {"default": 1}}})
    assert {"a": 1} == workflow.accept({})
    strict = Workflow("w", "e", "d", input_schema={"required": ["a"], "properties": {"a": {"type": "string"}}})
    with pytest.raises(InputInvalid):
        strict.accept({})


def test_branches_give_no_defaults() -> None:
    schema = {
        "anyOf": [{"properties": {"a": {"default": 1}}}, {}],
        "if": {},
        "then": {"properties": {"b": {"default": 1}}},
    }
    assert {} == Schema(schema).filled({})


def test_a_schema_that_is_itself_its_ref_comes_to_an_end() -> None:
    assert {} == Schema(
        {"$ref": "#", "properties": {"a": {"$ref": "#"}, "b": {"properties": {"c": {"default": 1}}}}}
    ).filled({})


@pytest.mark.parametrize("depth", range(100, 330))
def test_content_deeper_than_defaults_can_go(depth: int) -> None:
    """Wherever the stack ends: in Python, or in what is written in Rust."""
    content: list[object] = []
    for _ in range(depth):
        content = [content]
    schema = Schema({"items": {"$ref": "#"}, "properties": {"a": {"default": 1}}, "maxItems": 1, "type": "array"})
    for work in (schema.filled, schema.violations):
        with suppress(EventMalformed):
            assert work(content) in (content, [])


def test_content_deeper_than_any_stack() -> None:
    content: list[object] = []
    for _ in range(5_000):
        content = [content]
    with pytest.raises(EventMalformed, match="too deep"):
        Schema({"items": {"$ref": "#"}, "properties": {"a": {"default": 1}}}).filled(content)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"properties": {"a": {"type": "objekt"}}}, "not a JSON Schema"),
        ({"properties": {"a": {"type": "string", "default": 1}}}, "#/properties/a: its default does not fit"),
        ({"properties": {"a": {"default": {}, "required": ["b"]}}}, "does not fit"),
        ({"properties": {"a": {"pattern": "("}}}, "is not a 'regex'"),
        ({"patternProperties": {"(": {}}}, "is not a 'regex'"),
        ({"items": {"$ref": "#/$defs/none"}}, "not within the schema"),
        ({"$ref": "https://example.com/schema.json"}, "not within the schema"),
        ({"properties": {"a": {"$ref": "#", "default": {}}}}, "again and again"),
        ({"$ref": "#"}, "#: refers to itself without an end"),
        ({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}, "#/$defs/a: refers to itself"),
        ({"properties": {"a": {"$dynamicRef": "#nope"}}}, "#/properties/a: refers to what is not within"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "is another draft"),
    ],
)
def test_a_schema_that_is_wrong_is_refused_in_words(schema: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=r".") as refusal:
        Workflow("w", "e", "d", input_schema=schema).check_schema()
    assert words in str(refusal.value)


def test_a_good_schema_passes() -> None:
    Schema(NESTED).check()
    Schema({"properties": {"a": {"default": {}, "required": ["b"], "properties": {"b": {"default": 1}}}}}).check()


@pytest.mark.parametrize(
    ("factor", "good", "bad"), [(0.01, [0.07, 0.29, 1e308, 10**400, True, "x"], [0.075, 5e-324]), (3, [9], [10])]
)
def test_multiples_are_of_decimals(factor: float, good: list[object], bad: list[object]) -> None:
    schema = Schema({"multipleOf": factor})
    assert [] == [found for value in good for found in schema.violations(value)]
    assert len(bad) == len([found for value in bad for found in schema.violations(value)])


#: A megabyte whose half a million values all break the schema, and how each of them is asked for.
MANY: list[Any] = [0] * 500_000
ROW: dict[str, Any] = {"type": "object"}


@pytest.mark.parametrize(
    ("schema", "most"),
    [
        ({"items": ROW}, 100),
        ({"anyOf": [{"items": ROW}, {"items": ROW}]}, 1),
        ({"oneOf": [{"items": ROW}, {"items": ROW}]}, 1),
        ({"allOf": [{"items": ROW}, {"items": ROW}]}, 100),
    ],
)
def test_no_more_violations_are_built_than_are_told(schema: dict[str, Any], most: int) -> None:
    compiled = Schema(schema)
    compiled.violations([1])  # what the library itself takes once
    tracemalloc.start()
    try:
        found = compiled.violations(MANY)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most == len(found)
    assert peak < 20 * 2**20


def test_objects_are_compared_once_and_not_pair_by_pair() -> None:
    unique = Schema({"uniqueItems": True})
    # Pair by pair these are two thousand million comparisons.
    rows: list[Any] = [{"id": number} for number in range(60_000)]
    assert [] == unique.violations(rows)
    (found,) = unique.violations([*rows, {"id": 59_999.0}])
    assert str(found["message"]).startswith("[{'id': 0}")


@pytest.mark.parametrize(
    ("items", "fits"),
    [
        ([1, 1.0], False),
        ([1, True], True),
        ([0, False, None, "", [], {}], True),
        ([{"a": 1, "b": [2]}, {"b": [2], "a": 1}], False),
        ([[1], [True]], True),
        (["a", "a"], False),
        ([None, None], False),
    ],
)
def test_what_is_equal_is_what_the_draft_calls_equal(items: list[Any], *, fits: bool) -> None:
    assert fits == (Schema({"uniqueItems": True}).violations(items) == [])
