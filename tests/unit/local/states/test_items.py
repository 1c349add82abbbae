"""Items of distributed Maps: read, put into batches, written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.states.virtual import Answer, Outcome, fails, gives, run
from verihook.local.states.compiler import compile_machine
from verihook.local.states.effects import Call, End

FLOW = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}


def spread(answer: Answer, config: dict[str, Any] | None = None, **more: Any) -> Outcome:
    """Run a distributed Map whose items are read; the answer is that of the reading call."""
    reader = {
        "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON", **(config or {})},
        "Parameters": {"Bucket.$": "$.b", "Key": "k"},
    }  # fmt: skip
    processor = {**FLOW, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    state = {"Type": "Map", "ItemReader": reader, "ItemProcessor": processor, "End": True, **more}
    machine = compile_machine({"StartAt": "M", "States": {"M": state}})
    return run(
        machine, {"b": "bucket", "n": 2}, lambda call: answer if call.resource.action == "getObject" else written(call)
    )


def written(call: Call) -> Answer:
    return gives({"Bucket": call.arguments["Bucket"], "Key": call.arguments["Files"][-1]["Key"]})


@pytest.mark.parametrize(
    ("config", "text", "items"),
    [
        ({}, "[1, 2]", [1, 2]),
        ({"MaxItems": 1}, "[1, 2]", [1]),
        ({"MaxItemsPath": "$.n"}, "[1, 2, 3]", [1, 2]),
        ({}, '{"a": 1}', [{"Key": "a", "Value": 1}]),
        ({"ItemsPointer": "/x/y~1z"}, '{"x": {"y/z": [5]}}', [5]),
        ({"InputType": "JSONL"}, '{"a": 1}\n\n2\n', [{"a": 1}, 2]),
        (
            {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            'a,b\r\n1,"x,y"\r\n2\r\n',
            [{"a": "1", "b": "x,y"}, {"a": "2", "b": ""}],
        ),
        (
            {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a"], "CSVDelimiter": "TAB"},
            "1\t2\n",
            [{"a": "1"}],
        ),
    ],
)
def test_what_is_read(config: dict[str, Any], text: str, items: list[Any]) -> None:
    found = spread(gives(text), config)
    assert found.output == items
    assert found.calls[0].arguments == {"Bucket": "bucket", "Key": "k"}
    assert found.kinds[2:5] == ["MapStateStarted", "MapRunStarted", "MapRunSucceeded"]
    assert len(found.others) == len(items)


@pytest.mark.parametrize(
    ("config", "answer", "cause"),
    [
        ({}, gives("5"), "Attempting to map over non-iterable node."),
        ({}, gives("{"), "Unable to parse"),
        (
            {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            gives("a,a\n"),
            "CSV headers cannot contain duplicates.",
        ),
        ({}, fails("S3.NoSuchKeyException", "no such key"), "no such key"),
        ({"InputType": "PARQUET"}, gives("x"), "cannot be read on one machine"),
    ],
)
def test_what_cannot_be_read_fails_the_map_run(config: dict[str, Any], answer: Answer, cause: str) -> None:
    found = spread(answer, config)
    assert found.end is not None
    assert (found.end.status, found.end.error) == ("FAILED", "States.ItemReaderFailed")
    assert cause in str(found.end.cause)
    assert found.kinds[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("$.b", 'The MaxItemsPath field refers to value "bucket" which is not a valid integer: $.b'),
        ("$.none", "The JSONPath '$.none' specified for the field 'MaxItemsPath' could not be found in the input"),
    ],
)
def test_a_limit_that_the_input_does_not_give_is_no_fault_of_the_reader(path: str, cause: str) -> None:
    found = spread(gives("[1]"), {"MaxItemsPath": path})
    assert found.end is not None
    assert (found.end.status, found.end.error) == ("FAILED", "States.Runtime")
    assert cause in str(found.end.cause)


def test_batches_are_as_large_as_they_may_be() -> None:
    text = json.dumps(["a" * 10] * 5)
    by_size = spread(gives(text), ItemBatcher={"MaxInputBytesPerBatch": 45})
    assert [len(batch["Items"]) for batch in by_size.output] == [2, 2, 1]
    assert all(len(json.dumps(batch, separators=(",", ":"))) <= 45 for batch in by_size.output)
    too_small = spread(gives(text), ItemBatcher={"MaxInputBytesPerBatch": 15})
    assert too_small.end is not None
    assert too_small.end.error == "States.ItemBatcherFailed"


def test_results_are_written_and_their_place_is_the_output() -> None:
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "out", "Prefix": "p"}}
    found = spread(gives("[1, 2]"), ResultWriter=writer)
    details = found.output["ResultWriterDetails"]
    files = {file["Key"].rpartition("/")[2]: json.loads(file["Body"]) for file in found.calls[1].arguments["Files"]}
    assert details["Key"].startswith("p/")
    assert [row["Output"] for row in files["SUCCEEDED_0.json"]] == ["1", "2"]
    assert files["manifest.json"]["MapRunArn"] == found.output["MapRunArn"]
    assert len(files["manifest.json"]["ResultFiles"]["SUCCEEDED"]) == 1


def test_children_have_histories_of_their_own() -> None:
    found = spread(gives("[1]"))
    (events,) = found.others.values()
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert [event["id"] for event in events] == [1, 2, 3, 4]
    assert found.end == End("SUCCEEDED", [1])
