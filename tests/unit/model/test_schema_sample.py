from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.flows.deployment import ROOT
from verihook.config import load_hooks
from verihook.model.schema_sample import sample_of

ITEM = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}, "required": ["n"]}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "string", "minLength": 9}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "array", "items": ITEM, "minItems": 2}}, "required": ["a"]},
        {"type": "object", "properties": {"at": {"type": "string", "format": "date-time"}}, "required": ["at"]},
        {"$ref": "#/$defs/item", "$defs": {"item": ITEM}},
        {"oneOf": [ITEM, {"type": "string"}]},
        {"type": ["null", "boolean"]},
        {"type": "number", "exclusiveMinimum": 0},
        {"enum": ["b", "a"]},
        {"const": 7},
        {"type": "object", "default": {"x": 1}},
        {"type": "string", "maxLength": 2},
    ],
)
def test_a_sample_fits_its_schema(schema: dict[str, Any]) -> None:
    Draft202012Validator(schema).validate(sample_of(schema))


def test_every_workflow_that_comes_with_verihook_takes_its_sample() -> None:
    for workflow in load_hooks(ROOT / "handler" / "hooks.toml").workflows.values():
        workflow.validate(sample_of(workflow.input_schema))


@pytest.mark.parametrize("schema", [None, True, False, {"$ref": "#/nowhere"}, {"$ref": "https://a.example"}])
def test_what_says_nothing_is_an_empty_object(schema: Any) -> None:
    assert sample_of(schema) in ({}, None)


def test_a_schema_that_refers_to_itself_ends() -> None:
    node: dict[str, Any] = {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}
    assert "next" in sample_of(node)
