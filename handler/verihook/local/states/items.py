"""The items of a distributed Map: read from an object of S3, put into batches, written back.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from verihook.local.states.data import MAX_BYTES, size, text_of, value_of
from verihook.local.states.processing import evaluated_number, whole_number_at

if TYPE_CHECKING:
    from verihook.local.states.machine import Reader
    from verihook.local.states.scope import Scope

#: AWS's limit of MaxItems.
MAX_ITEMS = 100_000_000

_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


def read_items(reader: Reader | None, answer: Any, scope: Scope) -> list[dict[str, Any]]:
    """Return the items, each with its Value and, if it was a member of an object, its Key.

    ``answer`` is the text of the object, or the list of what a bucket has. Raises ValueError, as AWS words it.
    """
    if reader is None:
        raise ValueError("nothing was to be read")
    most = _limit(reader.config, "ItemReader/ReaderConfig", "MaxItems", scope) or MAX_ITEMS
    if reader.resource.endswith("listObjectsV2"):
        return [{"Value": entry} for entry in answer[:most]]
    if not isinstance(answer, str):
        raise ValueError("the object is no text")
    kind = reader.config["InputType"]
    if kind == "CSV":
        return [{"Value": row} for row in _csv(answer, reader.config, most)]
    if kind == "JSONL":
        lines = [line for line in answer.split("\n") if line.strip()]
        return [{"Value": _json(line)} for line in lines[:most]]
    if kind != "JSON":
        raise ValueError(f"an object of InputType {kind} cannot be read on one machine; JSON, JSONL and CSV can")
    return _json_items(_json(answer), reader.config.get("ItemsPointer"))[:most]


def _json(text: str) -> Any:
    try:
        return value_of(text)
    except ValueError as error:
        raise ValueError(f"Unable to parse the object as JSON: {error}") from None


def _json_items(document: Any, pointer: str | None) -> list[dict[str, Any]]:
    for key in (pointer or "").split("/")[1:]:
        name = key.replace("~1", "/").replace("~0", "~")
        document = document.get(name) if isinstance(document, dict) else None
    if isinstance(document, list):
        return [{"Value": item} for item in document]
    if isinstance(document, dict):
        return [{"Key": key, "Value": {"Key": key, "Value": value}} for key, value in document.items()]
    raise ValueError("Attempting to map over non-iterable node.")


def _csv(text: str, config: dict[str, Any], most: int) -> list[dict[str, str]]:
    delimiter = _DELIMITERS.get(config.get("CSVDelimiter", "COMMA"), ",")
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=delimiter)
    headers = config["CSVHeaders"] if config["CSVHeaderLocation"] == "GIVEN" else next(rows, [])
    if len(set(headers)) < len(headers):
        raise ValueError("CSV headers cannot contain duplicates.")
    found: list[dict[str, str]] = []
    for row in rows:
        if len(found) == most:
            break
        if row:
            padded = [*row, *[""] * (len(headers) - len(row))]
            found.append(dict(zip(headers, padded, strict=False)))
    return found


def _limit(config: dict[str, Any], place: str, field: str, scope: Scope) -> int | None:
    if f"{field}Path" in config:
        value = whole_number_at(config[f"{field}Path"], f"{field}Path", scope)
    elif field in config:
        value = evaluated_number(config[field], f"{place}/{field}", scope)
    else:
        return None
    if value < 0:
        raise ValueError(f"field {field} must be positive")
    return value


def batches(batcher: dict[str, Any], items: list[Any], scope: Scope) -> list[tuple[dict[str, Any], int]]:
    """Return the inputs of the children, each with the number of its items. Raises ValueError."""
    fixed = (
        {"BatchInput": batcher["BatchInput"].render(scope, "ItemBatcher/BatchInput")} if "BatchInput" in batcher else {}
    )
    most_items = _limit(batcher, "ItemBatcher", "MaxItemsPerBatch", scope) or MAX_ITEMS
    most_bytes = min(_limit(batcher, "ItemBatcher", "MaxInputBytesPerBatch", scope) or MAX_BYTES, MAX_BYTES)
    frame = size({**fixed, "Items": []})
    found: list[list[Any]] = []
    filled = most_bytes + 1
    for item in items:
        added = size(item) + 1
        if filled + added > most_bytes or len(found[-1]) >= most_items:
            if frame + added > most_bytes:
                raise ValueError(f"an item of {added} bytes does not fit into a batch of {most_bytes}")
            found.append([])
            filled = frame
        found[-1].append(item)
        filled += added
    return [({**fixed, "Items": batch}, len(batch)) for batch in found]


def written_results(place: dict[str, Any], map_run: str, results: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the files of a ResultWriter: the manifest last, and one for the children of each outcome."""
    run = map_run.rpartition(":")[2]
    folder = f"{str(place.get('Prefix', '')).strip('/')}/{run}".lstrip("/")
    files, listed = [], {"FAILED": [], "PENDING": [], "SUCCEEDED": []}  # type: ignore[var-annotated]
    for status in ("SUCCEEDED", "FAILED"):
        chosen = [_row(result) for result in results if result["Status"] == status]
        if chosen:
            body = text_of(chosen)
            files.append({"Key": f"{folder}/{status}_0.json", "Body": body})
            listed[status].append({"Key": files[-1]["Key"], "Size": len(body.encode())})
    manifest = {"DestinationBucket": place.get("Bucket"), "MapRunArn": map_run, "ResultFiles": listed}
    return [*files, {"Key": f"{folder}/manifest.json", "Body": text_of(manifest)}]


def _row(result: dict[str, Any]) -> dict[str, Any]:
    """A child as DescribeExecution shows it: its data as texts."""
    row = {**result, "Input": text_of(result["Input"])}
    return {**row, "Output": text_of(row["Output"])} if "Output" in row else row
