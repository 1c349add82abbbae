"""Defaults, and schemas that are wrong."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from verihook.errors import EventMalformed, InputInvalid
from verihook.model.schema import Schema
from verihook.model.workflow import Workflow

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
        ({"properties": {"a": {"pattern": "("}}}, "#/properties/a/pattern: '(' is not a regular expression"),
        ({"patternProperties": {"(": {}}}, "#/patternProperties/(: '(' is not a regular expression"),
        ({"propertyNames": {"pattern": "^(?!x)"}}, "#/propertyNames/pattern: '^(?!x)' is not a regular expression"),
        ({"$defs": {"a": {"pattern": r"(a)\1"}}}, "can be matched in bounded time"),
        ({"items": {"pattern": "(?<=a)b"}}, "can be matched in bounded time"),
        ({"items": {"pattern": "((a{1000}){1000}){1000}"}}, "can be matched in bounded time"),
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
MANY: list[Any] = [0] * 499_999
ROW: dict[str, Any] = {"type": "object"}


@pytest.mark.parametrize(
    ("schema", "content", "most"),
    [
        ({"items": ROW}, MANY, 100),
        ({"anyOf": [{"items": ROW}, {"items": ROW}]}, MANY, 1),
        ({"oneOf": [{"items": ROW}, {"items": ROW}]}, MANY, 1),
        ({"allOf": [{"items": ROW}, {"items": ROW}]}, MANY, 100),
        ({"items": {"type": "integer"}}, [*MANY, "x"], 1),
        ({"type": "object"}, MANY, 1),
        ({"additionalProperties": False}, {str(number): 0 for number in range(100_000)}, 100),
        ({"propertyNames": {"pattern": "^9"}}, {str(number): 0 for number in range(100_000)}, 100),
        ({"uniqueItems": True}, [*range(100_000), 1], 1),
    ],
)
def test_no_more_violations_are_built_than_are_told(schema: dict[str, Any], content: Any, most: int) -> None:
    compiled = Schema(schema)
    compiled.violations([1])  # what the library itself takes once
    tracemalloc.start()
    try:
        found = compiled.violations(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most == len(found)
    assert peak < 2 * 2**20
    assert all(len(str(each["message"])) < 300 for each in found)


def test_the_one_that_is_wrong_is_found_among_half_a_million() -> None:
    rows: list[Any] = [{"id": 1}] * 200_000
    (found,) = Schema({"properties": {"rows": {"items": {"required": ["id"]}}}}).violations({"rows": [*rows, {}]})
    assert found == {"path": ["rows", 200_000], "pointer": "/rows/200000", "message": "'id' is a required property"}


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": r"^([a-zA-Z0-9]+\s?)*$"},
        {"properties": {"a": {"pattern": "^(a|a)*$"}}},
        {"patternProperties": {"^(a+)+$": False}, "additionalProperties": {"type": "integer"}},
        {"propertyNames": {"pattern": "^(a+)+$"}},
        {
            "patternProperties": {"^(a+)+$": {"default": 1}},
            "additionalProperties": {"properties": {"b": {"default": 1}}},
        },
    ],
)
def test_no_pattern_takes_longer_than_the_text(schema: dict[str, Any]) -> None:
    """Python's own engine would take longer than the universe for each."""
    text = "a" * 100_000 + "!"
    judged = Schema(schema)
    judged.check()
    contents: tuple[Any, ...] = (text, {"a": text}, {text: 1}, {text: {}})
    for content in contents:
        assert isinstance(judged.violations(judged.filled(content)), list)


def test_a_pattern_is_that_of_the_draft_in_every_keyword() -> None:
    """A dollar is the end alone, a digit is ASCII, unlike Python's: https://262.ecma-international.org/#sec-patterns"""
    for text in ("1\n", "٣"):
        assert Schema({"pattern": r"^\d$"}).violations(text)
        assert Schema({"propertyNames": {"pattern": r"^\d$"}}).violations({text: 0})
        assert Schema({"patternProperties": {r"^\d$": {}}, "additionalProperties": False}).violations({text: 0})
        added = Schema({"patternProperties": {r"^\d$": {"properties": {"a": {"default": 1}}}}})
        assert added.filled({text: {}}) == {text: {}}
        assert added.filled({"1": {}}) == {"1": {"a": 1}}


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 12) | st.sampled_from(["", "a", "ab", "x1", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "x1", "/~ %"]), inner, max_size=3)
    ),
    max_leaves=12,
)
SCHEMAS: list[dict[str, Any]] = [
    {"type": ["object", "array"], "properties": {"a": {"type": "integer", "maximum": 3}, "/~ %": {"const": 1}}},
    {"$defs": {"/~ %": {"minimum": 2}}, "items": {"$ref": "#/$defs/~1~0%20%25"}, "minItems": 1, "maxItems": 2},
    {"prefixItems": [{"type": "string"}, False], "items": {"enum": [1, "a"]}, "uniqueItems": True},
    {"patternProperties": {"^x": {"multipleOf": 3}}, "additionalProperties": {"maxLength": 1}, "required": ["a"]},
    {"propertyNames": {"pattern": "^[ab]$"}, "minProperties": 1, "dependentRequired": {"a": ["b"]}},
    {"if": {"type": "object"}, "then": {"additionalProperties": False}, "else": {"not": {"type": "array"}}},
    {"anyOf": [{"type": "string"}, {"items": {"$ref": "#"}, "type": "array"}], "contains": {"type": "string"}},
    {"oneOf": [{"type": "integer"}, {"minimum": 5}], "allOf": [{"type": ["integer", "array"]}]},
    {"$dynamicAnchor": "n", "properties": {"a": {"$dynamicRef": "#n"}}, "unevaluatedProperties": {"type": "integer"}},
    {"dependentSchemas": {"a": {"required": ["b"]}}, "unevaluatedItems": False, "prefixItems": [True]},
    {
        "$defs": {"n": {"$id": "urn:x:n", "items": {"type": "integer"}}},
        "properties": {"a": {"$ref": "urn:x:n"}},
        "additionalProperties": {"$ref": "#/$defs/n"},
    },
]


@given(st.sampled_from(SCHEMAS), ANY)
def test_what_is_refused_is_told_and_stands_where_it_is_told(schema: dict[str, Any], content: Any) -> None:
    """The judge is held against the draft's reference in Python; the words never contradict the judge."""
    judged = Schema(schema)
    judged.check()
    found = judged.violations(content)
    assert bool(found) != Draft202012Validator(schema).is_valid(content)
    for each in found:
        value = content
        for name in each["path"]:  # type: ignore[attr-defined]
            value = value[name]


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
