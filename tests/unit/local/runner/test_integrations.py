"""What Tasks call on one machine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from verihook.local.runner.integrations import Integrations, why_not_offered
from verihook.local.states.effects import Call, Failed, Submitted, Succeeded
from verihook.local.states.resources import check_resource


def call(arn: str, arguments: Any) -> Call:
    return Call("1.1", check_resource(arn, express=False), arguments)


def broken(event: Any) -> None:
    raise LookupError(event)


OBJECTS = {("b", "k"): "é"}
HERE = Integrations(
    {"f": lambda event: {"got": event}, "broken": broken, "odd": lambda event: object()},
    lambda bucket, key: OBJECTS.get((bucket, key)),
)


def test_a_function_by_its_name_and_by_its_arn() -> None:
    by_name = HERE.make(call("arn:aws:states:::lambda:invoke", {"FunctionName": "f:1", "Payload": [1]}))
    assert isinstance(by_name, Succeeded)
    assert (by_name.output["Payload"], by_name.output["StatusCode"]) == ({"got": [1]}, 200)
    by_arn = HERE.make(call("arn:aws:lambda:us-east-1:1:function:f", {"a": 1}))
    assert by_arn == Succeeded("1.1", {"got": {"a": 1}})
    callback = HERE.make(call("arn:aws:states:::lambda:invoke.waitForTaskToken", {"FunctionName": "f"}))
    assert isinstance(callback, Submitted)


def test_what_a_function_raises_is_the_tasks_error_without_its_stack() -> None:
    failed = HERE.make(call("arn:aws:lambda:us-east-1:1:function:broken", "why"))
    assert isinstance(failed, Failed)
    assert failed.error == "LookupError"
    cause = json.loads(failed.cause or "")
    assert (cause["errorMessage"], cause["stackTrace"]) == ("why", [])
    odd = HERE.make(call("arn:aws:lambda:us-east-1:1:function:odd", None))
    assert isinstance(odd, Failed)
    assert odd.error == "TypeError"


def test_a_function_that_there_is_not() -> None:
    missing = HERE.make(call("arn:aws:states:::lambda:invoke", {"FunctionName": "none"}))
    assert isinstance(missing, Failed)
    assert missing.error == "Lambda.ResourceNotFoundException"
    nameless = HERE.make(call("arn:aws:states:::lambda:invoke", {}))
    assert isinstance(nameless, Failed)
    assert nameless.error == "States.Runtime"


def test_a_payload_as_a_tasks_result_and_as_items() -> None:
    place = {"Bucket": "b", "Key": "k"}
    assert HERE.make(call("arn:aws:states:::s3:getObject", place)) == Succeeded("1.1", "é")
    read = HERE.make(call("arn:aws:states:::aws-sdk:s3:getObject", place))
    assert read == Succeeded("1.1", {"Body": "é", "ContentLength": 2})
    gone = HERE.make(call("arn:aws:states:::s3:getObject", {"Bucket": "b"}))
    assert gone == Failed("1.1", "S3.NoSuchKeyException", "The specified key does not exist.")


@pytest.mark.parametrize(
    ("arn", "words"),
    [
        ("arn:aws:states:::sqs:sendMessage", "set AWS_ENDPOINT_URL_SQS"),
        ("arn:aws:states:::glue:startJobRun", "is not offered on one machine"),
        ("arn:aws:states:us-east-1:1:activity:pay", "set VERIHOOK_STATES_PORT and VERIHOOK_STATES_KEY"),
        ("arn:aws:states:::http:invoke", "hooks.toml has no [connections.NAME]"),
        ("arn:aws:states:::lambda:invoke", None),
        ("arn:aws:states:::states:startExecution.sync:2", None),
        ("arn:aws:states:::aws-sdk:s3:getObject", None),
    ],
)
def test_what_cannot_be_called_here_is_told_and_fails(arn: str, words: str | None) -> None:
    resource = check_resource(arn, express=False)
    why = why_not_offered(resource)
    assert (words is None) == (why is None)
    if words is not None:
        assert words in str(why)
        assert HERE.make(call(arn, {})) == Failed("1.1", "States.Runtime", why)
