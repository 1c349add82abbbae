"""Long lists: what is told of them is what is told of short ones, and each item is judged once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verihook.model import schema_faults, schema_lists
from verihook.model.schema import Schema

ROW: dict[str, Any] = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
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
]

items = st.lists(st.sampled_from([{"id": 1}, {"id": "x"}, {}, 0, [], [{"id": 1}], [{}] * 6]), max_size=12)
contents = st.one_of(
    items,
    st.dictionaries(st.sampled_from("abcc"), st.one_of(items, st.dictionaries(st.just("b"), items), st.none())),
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
        patch.setattr(schema_lists, "LONG", 5)
        patch.setattr(schema_lists, "TOGETHER", 4)
        assert told(schema, content) == before
    assert (before == []) == schema_faults.compiled(schema)(content)


@pytest.mark.parametrize("fault", [True, False])
def test_each_item_is_judged_once(fault: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for those that stand beside the one that is wrong."""
    judged = 0
    compiled = schema_faults.compiled

    def counting(*given: Any) -> Callable[[object], bool]:
        fits = compiled(*given)

        def count(value: Any) -> bool:
            nonlocal judged
            inner = value.get("items", ()) if isinstance(value, dict) else value
            judged += len(inner or ()) if isinstance(inner, list) else 0
            return fits(value)

        return count

    monkeypatch.setattr(schema_faults, "compiled", counting)
    monkeypatch.setattr("verihook.model.schema.compiled", counting)
    rows: list[Any] = [{"id": 1}] * 40_000
    found = Schema({"properties": {"items": {"items": ROW}}, "required": ["items"]}).violations(
        {"items": [*rows, {"id": "x"}] if fault else rows}
    )
    assert [each["path"] for each in found] == [["items", 40_000, "id"]] * fault
    assert judged < 45_000


def test_lists_beyond_the_looks_are_judged_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is taken because there was no look left for it."""
    monkeypatch.setattr(schema_faults, "MAX_LOOKS", 3)
    schema = Schema({"properties": {"items": {"items": {"type": "integer"}}}})
    assert schema.violations({"items": [0] * 20_000}) == []
    assert schema.violations({"items": [*[0] * 20_000, "x"]}) != []
