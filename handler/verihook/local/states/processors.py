"""Checks what a Map of mode DISTRIBUTED has besides: ItemReader, ItemBatcher, ResultWriter.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from __future__ import annotations

from typing import Any

from verihook.local.states.data import is_whole
from verihook.local.states.fields import JSONATA, compile_written
from verihook.local.states.findings import Findings
from verihook.local.states.jsonata import is_expression
from verihook.local.states.machine import Distributed, Reader, State
from verihook.local.states.paths import compile_path
from verihook.local.states.resources import check_resource
from verihook.local.states.templates import Template, compile_payload

_READS = {"getObject", "listObjectsV2"}
_INPUT_TYPES = {"JSON", "JSONL", "CSV", "MANIFEST", "PARQUET"}
_CONFIG = {
    "InputType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter", "MaxItems", "MaxItemsPath", "ItemsPointer",
    "ManifestType", "Transformation",
}  # fmt: skip
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
                findings.add("Field is not supported: the Map is not of mode DISTRIBUTED", f"{location}/{field}")
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
    if resource.action == "getObject" and config.get("InputType") not in _INPUT_TYPES:
        raise ValueError(f"InputType is one of {', '.join(sorted(_INPUT_TYPES))}")
    if config.get("InputType") == "CSV" and config.get("CSVHeaderLocation") not in {"FIRST_ROW", "GIVEN"}:
        raise ValueError("CSVHeaderLocation is one of FIRST_ROW, GIVEN")
    if (config.get("CSVHeaderLocation") == "GIVEN") != ("CSVHeaders" in config):
        raise ValueError("CSVHeaders are given if CSVHeaderLocation is GIVEN, and else not")
    if "MaxItems" in config and "MaxItemsPath" in config:
        raise ValueError("Only one of these fields is allowed: [MaxItems, MaxItemsPath]")
    return Reader(resource.arn, _arguments(given, language), _limits(config, language, ["MaxItems"]))


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
    limits = ["MaxItemsPerBatch", "MaxInputBytesPerBatch"]
    for name in limits:
        if name in given and f"{name}Path" in given:
            raise ValueError(f"Only one of these fields is allowed: [{name}, {name}Path]")
    if not given.keys() - {"BatchInput"}:
        raise ValueError("ItemBatcher has a size: MaxItemsPerBatch or MaxInputBytesPerBatch")
    compiled = _limits(given, language, limits)
    if "BatchInput" in given:
        compiled["BatchInput"] = _template(given["BatchInput"], language)
    return compiled


def _limits(given: dict[str, Any], language: str, names: list[str]) -> dict[str, Any]:
    """The fields, of which the named numbers are templates and their paths are compiled."""
    compiled = dict(given)
    for name in names:
        if name in given:
            if not is_expression(given[name]) and not (is_whole(given[name]) and given[name] > 0):
                raise ValueError(f"{name} is an integer of at least 1")
            compiled[name] = _template(given[name], language)
        if f"{name}Path" in given:
            compiled[f"{name}Path"] = compile_path(given[f"{name}Path"])
    return compiled
