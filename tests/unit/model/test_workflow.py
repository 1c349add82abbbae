"""Input schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from verihook.errors import InputInvalid, NotConfigured
from verihook.model.schema import MAX_VIOLATIONS
from verihook.model.workflow import Workflow


def workflow(schema: Mapping[str, Any] | None) -> Workflow:
    return Workflow("w", "stepfunctions", "w", input_schema=None if schema is None else dict(schema))


def test_without_a_schema_everything_goes() -> None:
    workflow(None).validate(float("inf"))
    workflow(None).check_schema()


def test_every_violation_with_path_and_pointer() -> None:
    schema = {"properties": {"a/b": {"items": {"type": "string"}}, "~": {"minimum": 1}}, "required": ["c"]}
    with pytest.raises(InputInvalid) as refusal:
        workflow(schema).validate({"a/b": ["x", 1, 2], "~": 0})
    assert [
        ([], ""),
        (["a/b", 1], "/a~1b/1"),
        (["a/b", 2], "/a~1b/2"),
        (["~"], "/~0"),
    ] == sorted((violation["path"], violation["pointer"]) for violation in refusal.value.violations)


def test_a_list_of_violations_has_an_end() -> None:
    with pytest.raises(InputInvalid) as refusal:
        workflow({"items": {"type": "string"}}).validate([1] * 10_000)
    assert MAX_VIOLATIONS == len(refusal.value.violations)


def test_a_fault_deeper_than_is_looked_is_told_where_the_looking_ends() -> None:
    content: list[object] = [1]
    for _ in range(5_000):
        content = [content]
    with pytest.raises(InputInvalid) as refusal:
        workflow({"type": "array", "items": {"$ref": "#"}}).validate(content)
    (found,) = refusal.value.violations
    assert found == {"path": [0] * 32, "pointer": "/0" * 32, "message": "an array of 1 does not fit the schema"}


def test_a_schema_never_fetches() -> None:
    schema = {"$ref": "http://127.0.0.1:9/schema.json"}
    with pytest.raises(NotConfigured) as caught:
        workflow(schema).validate({})
    assert "is not within the schema" in str(caught.value.__cause__)


@pytest.mark.parametrize("schema", [{"pattern": "(?=a)"}, {"type": "objekt"}])
def test_a_schema_that_cannot_be_used_is_our_fault_and_none_of_the_inputs(schema: dict[str, Any]) -> None:
    for judge in (workflow(schema).accept, workflow(schema).validate):
        with pytest.raises(NotConfigured, match="cannot be used; the log says why"):
            judge("text")
    with pytest.raises(ValueError, match=r"\w"):
        workflow(schema).compile_schema()


def test_a_schema_that_is_itself_wrong() -> None:
    with pytest.raises(ValueError, match=r"not a JSON Schema: \$\.type: "):
        workflow({"type": "objekt"}).check_schema()
