"""Long lists and large objects: what is said of them is what is said of short ones, and each value is judged once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verihook.model import schema_faults, schema_judges
from verihook.model.schema import Schema

ROW: dict[str, Any] = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
ROWS: dict[str, Any] = {"items": ROW}
SCHEMAS: list[Any] = [
    {"items": ROW},
    {"type": "array", "items": ROW, "minItems": 7, "maxItems": 9},
    {"items": ROW, "uniqueItems": True},
    {"items": {"$ref": "#/$defs/row"}, "$defs": {"row": ROW}},
    {"items": False},
    {"properties": {"a": {"items": ROW}, "b": {"items": ROW, "maxItems": 6}}, "required": ["a"]},
    {"properties": {"a": {"items": ROW}, "b": False}, "additionalProperties": False},
    {"properties": {"a": {"items": ROW}}, "additionalProperties": {"type": "integer"}},
    {"properties": {"a": {"prefixItems": [ROW], "items": False}}, "propertyNames": {"maxLength": 1}},
    {"properties": {"a": {"properties": {"b": {"items": {"items": ROW}}}, "minProperties": 1}}, "type": "object"},
    {"allOf": [{"items": ROW}], "items": {"minProperties": 2}},
    {"$id": "urn:a", "items": ROW},
    {
        "allOf": [{"items": ROW}, {"maxItems": 6}],
        "properties": {"a": {"$ref": "#/$defs/rows"}},
        "$defs": {"rows": ROWS},
    },
    {"if": {"minItems": 7}, "then": ROWS, "else": {"items": {"type": "object"}}, "contains": {"minProperties": 1}},
    {"additionalProperties": ROWS, "properties": {"b": {"type": "null"}}, "patternProperties": {"^c": True}},
    {"patternProperties": {"^[ac]": ROWS, "b": {"$ref": "#/$defs/row"}}, "$defs": {"row": ROW}},
    {"propertyNames": {"maxLength": 1, "pattern": "[a-d]"}, "additionalProperties": False, "properties": {"a": True}},
    {"dependentSchemas": {"a": {"required": ["b"], "minProperties": 3}}, "dependentRequired": {"c": ["d"]}},
    {"anyOf": [ROWS, {"maxProperties": 2}], "not": {"required": ["f"]}, "unevaluatedProperties": {"type": "array"}},
]

items = st.lists(st.sampled_from([{"id": 1}, {"id": "x"}, {}, 0, [], [{"id": 1}], [{}] * 6]), max_size=12)
contents = st.one_of(
    items,
    st.dictionaries(
        st.sampled_from(["a", "b", "c", "d", "e", "f", "cc"]),
        st.one_of(items, st.dictionaries(st.just("b"), items), st.none(), st.just({"id": 1})),
    ),
    st.none(),
)


def told(schema: Any, content: Any) -> list[tuple[object, object]]:
    return [(each["path"], each["message"]) for each in Schema(schema).violations(content)]


@pytest.mark.parametrize("schema", SCHEMAS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=contents)
def test_a_long_list_is_judged_as_a_short_one(schema: Any, content: Any) -> None:
    before = told(schema, content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema_faults, "LONG", 5)
        patch.setattr(schema_faults, "TOGETHER", 4)
        assert told(schema, content) == before
    assert (before == []) == schema_judges.compiled(schema)(content)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many items and members each judge was given of the long list, or of the large object, ``many``."""
    sizes: list[int] = []
    compiled = schema_judges.compiled

    def counting(*given: Any) -> Callable[[object], bool]:
        fits = compiled(*given)

        def count(value: Any) -> bool:
            inner = value.get("many", value) if isinstance(value, dict) else value
            sizes.append(len(inner) if isinstance(inner, list | dict) else 0)
            return fits(value)

        return count

    monkeypatch.setattr(schema_judges, "compiled", counting)
    return sizes


@pytest.mark.parametrize("fault", [True, False])
@pytest.mark.parametrize(
    "rows",
    [
        {"items": ROW},
        {"allOf": [{"items": ROW}]},
        {"$ref": "#/$defs/rows"},
        {"allOf": [{"$ref": "#/$defs/rows"}, {"allOf": [{"title": "rows"}]}]},
    ],
)
def test_each_item_is_judged_once(fault: bool, rows: dict[str, Any], judged: list[int]) -> None:
    """But for those that stand beside the one that is wrong."""
    schema = Schema({"properties": {"many": rows}, "required": ["many"], "$defs": {"rows": {"allOf": [ROWS]}}})
    many: list[Any] = [{"id": 1}] * 40_000
    found = schema.violations({"many": [*many, {"id": "x"}] if fault else many})
    assert [each["path"] for each in found] == [["many", 40_000, "id"]] * fault
    assert 40_000 <= sum(judged) < 45_000


@pytest.mark.parametrize("fault", [True, False])
@pytest.mark.parametrize(
    "members",
    [
        {"additionalProperties": {"type": "integer"}},
        {"allOf": [{"patternProperties": {"[0-9]": {"type": "integer"}}}]},
        {"propertyNames": {"pattern": "^[0-9]+$"}},
        {"additionalProperties": {"type": "integer"}, "properties": {"0": True}},
    ],
)
def test_each_member_is_judged_twice_at_most(fault: bool, members: dict[str, Any], judged: list[int]) -> None:
    """Once with all others, then with fewer; and those beside the one that is wrong."""
    schema = Schema({"properties": {"many": members}, "required": ["many"]})
    many: dict[str, Any] = {str(number): 1 for number in range(40_000)}
    found = schema.violations({"many": {**many, "x1": "x"} if fault else many})
    assert len(found) == fault
    assert 40_000 <= sum(judged) < (86_000 if fault else 41_000)


def test_lists_beyond_the_looks_are_judged_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is taken because there was no look left for it."""
    monkeypatch.setattr(schema_faults, "MAX_LOOKS", 3)
    schema = Schema({"properties": {"items": {"items": {"type": "integer"}}}})
    assert schema.violations({"items": [0] * 20_000}) == []
    assert schema.violations({"items": [*[0] * 20_000, "x"]}) != []
