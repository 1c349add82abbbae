"""What is refused of a Map of mode DISTRIBUTED, in AWS's words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from verihook.local.states.compiler import validate

SPREAD = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    "StartAt": "I",
    "States": {"I": {"Type": "Pass", "End": True}},
}


def said(reader: dict[str, Any]) -> list[str]:
    state = {"Type": "Map", "ItemReader": reader, "ItemProcessor": SPREAD, "End": True}
    return [str(one) for one in validate(json.dumps({"StartAt": "A", "States": {"A": state}}))]


@pytest.mark.parametrize(
    ("config", "finding"),
    [
        ({"InputType": "CSV"}, "The field 'CSVHeaderLocation' is required"),
        ({"InputType": "CSV", "CSVHeaderLocation": "GIVEN"}, "These fields are required: [CSVHeaders]"),
        ({"InputType": "CSV", "CSVHeaderLocation": "NONE"}, "CSVHeaderLocation is one of FIRST_ROW, GIVEN"),
        ({"InputType": "JSON", "CSVHeaderLocation": "FIRST_ROW"}, "Field 'CSVHeaderLocation' is not supported"),
        ({"InputType": "JSONL", "CSVHeaders": ["id"]}, "Field 'CSVHeaders' is not supported"),
        ({"InputType": "JSON", "ManifestType": "ATHENA_DATA"}, "Field 'ManifestType' is not supported"),
        (
            {"InputType": "JSON", "ItemsPointer": "data/items"},
            "Invalid input: JSON Pointer expression must start with '/': \"data/items\"",
        ),
        ({}, "The field 'InputType' is required"),
        ({"InputType": "JSON", "ItemsPointer": "/data/items"}, None),
        ({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["id"]}, None),
    ],
)
def test_how_objects_are_read(config: dict[str, Any], finding: str | None) -> None:
    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config, "Parameters": {"Bucket": "b"}}
    found = said(reader)
    place = "SCHEMA_VALIDATION_FAILED: {} at /States/A/ItemReader"
    assert found == ([] if finding is None else [place.format(finding)])


def test_a_list_of_objects_needs_no_type_unless_it_is_flattened() -> None:
    reader = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}}
    assert said(reader) == []
    reader["ReaderConfig"] = {"Transformation": "LOAD_AND_FLATTEN"}
    assert "The field 'InputType' is required" in said(reader)[0]
