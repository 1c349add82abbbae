"""Services of AWS that a Task calls: which, under which names, and that none is called without an endpoint."""

from __future__ import annotations

import gzip
import importlib
import json
import re
from pathlib import Path
from typing import Any

import botocore
import pytest

from verihook.config.settings import aws_endpoint
from verihook.errors import ConfigurationError
from verihook.local.runner.aws_services import AwsServices
from verihook.local.runner.integrations import Integrations
from verihook.local.runner.refusals import refusals_of
from verihook.local.runner.sdk_names import client_name, pascal, service_name
from verihook.local.states.effects import Call, Failed
from verihook.local.states.resources import Resource, check_resource

#: Nothing listens there.
NOWHERE = "http://127.0.0.1:1"


def resource(name: str) -> Resource:
    return check_resource(f"arn:aws:states:::{name}", express=False)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("dynamodb:putItem", "set AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL to the URL"),
        ("events:putEvents", "set AWS_ENDPOINT_URL_EVENTBRIDGE or AWS_ENDPOINT_URL to the URL"),
        ("aws-sdk:sqs:deleteMessage", "set AWS_ENDPOINT_URL_SQS or AWS_ENDPOINT_URL to the URL"),
        ("aws-sdk:ssm:getParameter", "set AWS_ENDPOINT_URL to the URL"),
        ("sqs:deleteMessage", "is not offered on one machine"),
        ("dynamodb:getItem.waitForTaskToken", "is not offered on one machine"),
        ("sqs:sendMessage.waitForTaskToken", "set VERIHOOK_STATES_PORT and VERIHOOK_STATES_KEY"),
        ("ecs:runTask.sync", "is not offered on one machine"),
    ],
)
def test_without_an_endpoint_nothing_is_called_and_the_mend_is_named(
    name: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib, "import_module", pytest.fail)  # boto3 is not imported
    ignored = {"AWS_ENDPOINT_URL": ""}
    assert words in str(AwsServices(ignored).why_not(resource(name)))


def test_what_has_an_endpoint_is_called_and_what_is_not_in_its_model_is_not() -> None:
    some = AwsServices({"AWS_ENDPOINT_URL_DYNAMODB": NOWHERE, "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": NOWHERE})
    some_more = AwsServices({"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": NOWHERE})
    assert some_more.why_not(resource("aws-sdk:cognitoidentityprovider:adminGetUser")) is None
    for name in ("dynamodb:getItem", "aws-sdk:dynamodb:createTable", "aws-sdk:cloudwatchlogs:putLogEvents"):
        assert some.why_not(resource(name)) is None
    for name, words in {
        "sqs:sendMessage": "set AWS_ENDPOINT_URL_SQS or",
        "aws-sdk:logs:putLogEvents": "boto3 knows no service 'logs'",
        "aws-sdk:nothing:at": "boto3 knows no service 'nothing'",
        "aws-sdk:dynamodb:conjure": "dynamodb has no action 'conjure'",
        "aws-sdk:cloudwatchlogs:startLiveTail": "has no action",  # its answer is a stream
    }.items():
        assert words in str(some.why_not(resource(name)))


def test_a_field_that_an_action_has_not_is_refused_as_aws_refuses_it() -> None:
    given = {"TableName": "t", "Key.$": "$.key", "Keys": {}}
    task = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": given, "End": True}
    asl = json.dumps({"StartAt": "A", "States": {"A": task}})
    (found,) = refusals_of(asl, services=AwsServices({"AWS_ENDPOINT_URL": NOWHERE}))
    assert (str(found), found.here_alone) == (
        "States.A.Parameters.Keys: The field 'Keys' is not supported by Step Functions",
        False,
    )
    assert "AWS_ENDPOINT_URL_DYNAMODB" in str(refusals_of(asl)[0])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([1], "[Expected value of type Object]"),
        ({"TableName": "t", "Key": {"k": {"N": 1}}}, "Invalid type for parameter Key.k.N"),
        ({"TableName": "t", "Key": {"k": {"B": "é"}}}, "[bytes must be given in base64]"),
        ({"TableName": "t", "Key": {"k": {"Z": "1"}}}, "[The field 'Z' is not supported by Step Functions]"),
        ({"TableName": "t"}, 'Missing required parameter in input: "Key"'),
    ],
)
def test_parameters_that_cannot_be_sent_fail_the_task(given: Any, words: str) -> None:
    call = Call("1.1", resource("dynamodb:getItem"), given)
    failed = Integrations(services=AwsServices({"AWS_ENDPOINT_URL": NOWHERE})).make(call)
    assert isinstance(failed, Failed)
    assert (failed.error, words in str(failed.cause)) == ("States.Runtime", True)


def test_names_of_the_sdk_for_java() -> None:
    names = {
        "DynamoDB": "DynamoDb", "SQS": "Sqs", "S3": "S3", "ACM PCA": "AcmPca", "SESv2": "SesV2", "ETag": "ETag",
        "EventBridge": "EventBridge", "MD5OfMessageBody": "Md5OfMessageBody", "SSEKMSKeyId": "SsekmsKeyId",
        "stateMachineArn": "StateMachineArn", "ACL": "Acl",
    }  # fmt: skip
    assert {name: pascal(name) for name in names} == names


def test_every_service_that_boto3_knows_is_found_by_its_name_in_step_functions() -> None:
    ids = {}
    for path in Path(botocore.__file__).parent.glob("data/*/*/service-2.json.gz"):
        with gzip.open(path) as model:  # of which the beginning is enough
            found = re.search(rb'"serviceId" *: *"([^"]+)"', model.read(4000))
        assert found, path
        ids[path.parts[-3]] = found[1].decode()
    assert len(ids) > 300
    of_name = {name: client_name(service_name(each).lower(), [*ids]) for name, each in ids.items()}
    # An alias of sms-voice has the id of it.
    assert {name for name, each in of_name.items() if name != each} <= {"pinpoint-sms-voice"}
    # As AWS's list has them.
    names = [service_name(ids[name]) for name in ("config", "dms", "ds-data")]
    assert names == ["Config", "DatabaseMigration", "DirectoryServiceData"]


def test_the_endpoint_of_a_service_goes_before_that_of_all() -> None:
    both = {"AWS_ENDPOINT_URL": "http://all:1", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": "https://logs/x"}
    assert (aws_endpoint(both, "CloudWatch Logs"), aws_endpoint(both, "SQS")) == ("https://logs/x", "http://all:1")
    assert aws_endpoint({**both, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "True"}, "SQS") == ""
    with pytest.raises(ConfigurationError, match="AWS_ENDPOINT_URL_SQS: must be an http or https URL"):
        aws_endpoint({**both, "AWS_ENDPOINT_URL_SQS": "localhost:4566"}, "SQS")
