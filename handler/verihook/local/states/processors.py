"""Checks what a Map of mode DISTRIBUTED has besides: ItemReader, ItemBatcher, ResultWriter.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from __future__ import annotations

from typing import Any

from verihook.local.states.data import MAX_BYTES, is_whole
from verihook.local.states.fields import JSONATA, JSONPATH, compile_written, number_path, only_for, within
from verihook.local.states.findings import Findings
from verihook.local.states.items import MAX_ITEMS
from verihook.local.states.jsonata import is_expression
from verihook.local.states.machine import Distributed, Reader, State
from verihook.local.states.resources import check_resource
from verihook.local.states.templates import Template, compile_payload

_READS = {"getObject", "listObjectsV2"}
_INPUT_TYPES = {"JSON", "JSONL", "CSV", "MANIFEST", "PARQUET"}
_CONFIG = {
    "InputType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter", "MaxItems", "MaxItemsPath", "ItemsPointer",
    "ManifestType", "Transformation",
}  # fmt: skip
#: The types of what is read that a field is not for.
_NOT_OF = {
    "CSVHeaderLocation": {"JSON", "JSONL", "PARQUET"},
    "CSVHeaders": {"JSON", "JSONL", "PARQUET"},
    "ManifestType": {"JSON"},
}
_BATCHER = {
    "MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath", "BatchInput",
}  # fmt: skip


def compile_distributed(
    state: State, given: dict[str, Any], processor: Any, findings: Findings, location: str
) -> Distributed | None:
    """Return what the Map has as a distributed one, or None if it is inline."""
    config = processor.get("ProcessorConfig", {}) if isinstance(processor, dict) else {}
    if not isinstance(config, dict) or config.get("Mode", "INLINE") not in {"INLINE", "DISTRIBUTED"}:
        findings.add("Mode is one of INLINE, DISTRIBUTED", f"{location}/ItemProcessor/ProcessorConfig")
        return None
    if config.get("Mode", "INLINE") == "INLINE":
        for field in ("ItemReader", "ItemBatcher", "ResultWriter", "Label"):
            if field in given:
                findings.add(f"Field '{field}' is not supported: the Map is not of mode DISTRIBUTED", location)
        return None
    if config.get("ExecutionType") not in {"STANDARD", "EXPRESS"}:
        findings.add(
            "ExecutionType is one of STANDARD, EXPRESS, and required", f"{location}/ItemProcessor/ProcessorConfig"
        )
    reader = findings.attempt(f"{location}/ItemReader", _reader, given.get("ItemReader"), state.language)
    writer = findings.attempt(f"{location}/ResultWriter", _writer, given.get("ResultWriter"), state.language)
    batcher = findings.attempt(f"{location}/ItemBatcher", _batcher, given.get("ItemBatcher"), state.language)
    return Distributed(config.get("ExecutionType") == "EXPRESS", given.get("Label"), reader, batcher, writer)


def _template(value: Any, language: str) -> Template:
    return compile_written(value) if language == JSONATA else compile_payload(value)


def _arguments(given: dict[str, Any], language: str) -> Template:
    name = "Arguments" if language == JSONATA else "Parameters"
    if name not in given:
        raise ValueError(f"These fields are required: [{name}]")
    return _template(given[name], language)


def _reader(given: Any, language: str) -> Reader | None:
    if given is None:
        return None
    if not isinstance(given, dict) or "Resource" not in given:
        raise ValueError("These fields are required: [Resource]")
    resource = check_resource(given["Resource"], express=False)
    if resource.service != "s3" or resource.action not in _READS:
        raise ValueError("Resource is one of arn:aws:states:::s3:getObject, arn:aws:states:::s3:listObjectsV2")
    config = given.get("ReaderConfig", {})
    if not isinstance(config, dict) or config.keys() - _CONFIG:
        raise ValueError(f"ReaderConfig has only {', '.join(sorted(_CONFIG))}")
    _check_config(config, of_one=resource.action == "getObject")
    return Reader(resource.arn, _arguments(given, language), _limits(config, language, {"MaxItems": MAX_ITEMS}))


def _check_config(config: dict[str, Any], *, of_one: bool) -> None:
    """Raise ValueError, in AWS's words, for a configuration that does not fit the type of what is read."""
    kind = config.get("InputType")
    if kind is None and (of_one or config.get("Transformation") == "LOAD_AND_FLATTEN"):
        raise ValueError("The field 'InputType' is required")
    if of_one and kind not in _INPUT_TYPES:
        raise ValueError(f"InputType is one of {', '.join(sorted(_INPUT_TYPES))}")
    for field in ("CSVHeaderLocation", "CSVHeaders", "ManifestType"):
        if field in config and kind in _NOT_OF[field]:
            raise ValueError(f"Field '{field}' is not supported")
    if kind == "CSV" and "CSVHeaderLocation" not in config:
        raise ValueError("The field 'CSVHeaderLocation' is required")
    if kind == "CSV" and config["CSVHeaderLocation"] not in {"FIRST_ROW", "GIVEN"}:
        raise ValueError("CSVHeaderLocation is one of FIRST_ROW, GIVEN")
    if config.get("CSVHeaderLocation") == "GIVEN" and "CSVHeaders" not in config:
        raise ValueError("These fields are required: [CSVHeaders]")
    if "CSVHeaders" in config and config.get("CSVHeaderLocation") != "GIVEN":
        raise ValueError("CSVHeaders are given if CSVHeaderLocation is GIVEN, and else not")
    if isinstance(pointer := config.get("ItemsPointer"), str) and pointer and pointer[0] not in "/{":
        raise ValueError(f"Invalid input: JSON Pointer expression must start with '/': \"{pointer}\"")


def _writer(given: Any, language: str) -> Reader | None:
    if given is None:
        return None
    if not isinstance(given, dict) or not given.keys() & {"Resource", "WriterConfig"}:
        raise ValueError("These fields are required: [Resource]")
    if "Resource" in given and not str(given["Resource"]).endswith(":states:::s3:putObject"):
        raise ValueError("Resource is arn:aws:states:::s3:putObject")
    return Reader(str(given.get("Resource", "")), _arguments(given, language), dict(given.get("WriterConfig", {})))


def _batcher(given: Any, language: str) -> dict[str, Any] | None:
    if given is None:
        return None
    if not isinstance(given, dict) or given.keys() - _BATCHER:
        raise ValueError(f"ItemBatcher has only {', '.join(sorted(_BATCHER))}")
    if not given.keys() - {"BatchInput"}:
        raise ValueError("ItemBatcher has a size: MaxItemsPerBatch or MaxInputBytesPerBatch")
    compiled = _limits(given, language, {"MaxItemsPerBatch": MAX_ITEMS, "MaxInputBytesPerBatch": MAX_BYTES})
    if "BatchInput" in given:
        compiled["BatchInput"] = _template(given["BatchInput"], language)
    return compiled


def _limits(given: dict[str, Any], language: str, most: dict[str, int]) -> dict[str, Any]:
    """The fields, of which the named numbers, with the most that they may be, are templates; paths are compiled."""
    compiled = dict(given)
    for name, limit in most.items():
        if name in given:
            if name + "Path" in given:
                raise ValueError(f"There should only be one of the following fields: [{name}, {name}Path]")
            if not (language == JSONATA and is_expression(given[name])):
                if not is_whole(given[name]):
                    raise ValueError("Expected value of type Integer")
                within(given[name], 0, limit)
            compiled[name] = _template(given[name], language)
        if f"{name}Path" in given:
            if language == JSONATA:
                raise ValueError(only_for(JSONATA, f"{name}Path", JSONPATH))
            compiled[f"{name}Path"] = number_path(given[f"{name}Path"])
    return compiled
