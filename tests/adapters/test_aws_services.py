"""What a state machine of one machine calls in AWS: DynamoDB Local, and SQS, SNS, EventBridge and S3 of moto."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from tests.adapters.dynamodb_local import client as dynamodb_client
from tests.adapters.dynamodb_local import dynamodb_local
from tests.adapters.moto_over_http import MotoOverHttp
from tests.flows.waiting import PATIENCE_S, wait_until
from tests.unit.local.runner.interpreter.machines import client_of, end_of, start
from verihook.local.runner import AwsServices, Interpreter
from verihook.local.runner.integrations import Integrations
from verihook.local.states.effects import Call, Failed, Stimulus, Succeeded
from verihook.local.states.resources import check_resource

__all__ = ["dynamodb_local"]

ARNS = ("arn:aws:states:us-east-1:1:stateMachine:m", "arn:aws:states:us-east-1:1:execution:m:order-7")
REQUEST = r"Request ID: \w+"


def task(resource: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, **more}


class Cloud:
    """``queue``, ``topic``, ``bucket``; ``make`` calls what is in it as a Task does."""

    bucket = "things"

    def __init__(self, variables: dict[str, str]) -> None:
        self.services = AwsServices(variables)
        named: Any = {"region_name": "us-east-1"}
        self.sqs = boto3.client("sqs", **named)
        self.queue = self.sqs.create_queue(QueueName="orders")["QueueUrl"]
        self.topic = boto3.client("sns", **named).create_topic(Name="orders")["TopicArn"]
        boto3.client("s3", **named).create_bucket(Bucket=self.bucket)

    def make(self, resource: str, given: dict[str, Any]) -> Stimulus:
        call = Call("1.1", check_resource(f"arn:aws:states:::{resource}", express=False), given)
        return Integrations(services=self.services).make(call, ARNS)

    def output(self, resource: str, given: dict[str, Any]) -> Any:
        made = self.make(resource, given)
        assert isinstance(made, Succeeded), made
        return made.output

    def failure(self, resource: str, given: dict[str, Any]) -> tuple[str | None, str]:
        made = self.make(resource, given)
        assert isinstance(made, Failed), made
        return made.error, re.sub(REQUEST, "Request ID: R", made.cause or "")


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with ExitStack() as parts:
        parts.enter_context(mock_aws())
        urls = {name: parts.enter_context(MotoOverHttp(host)).url for name, host in HOSTS.items()}
        yield Cloud({f"AWS_ENDPOINT_URL_{name}": url for name, url in urls.items()} | DOOR)


DOOR = {"VERIHOOK_STATES_PORT": "8083", "VERIHOOK_STATES_KEY": "k" * 16}
HOSTS = {"SQS": "sqs", "SNS": "sns", "EVENTBRIDGE": "events", "S3": "s3"}


def test_items_of_dynamodb(dynamodb_local: str, tmp_path: Path) -> None:
    table = f"orders-{uuid4()}"
    dynamodb_client(dynamodb_local).create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    key = {"TableName": table, "Key": {"id": {"S": "1"}}}
    once = {"TableName": table, "Item": {"id": {"S": "1"}, "raw": {"B": "AAE="}}}
    once["ConditionExpression"] = "attribute_not_exists(id)"
    add = {**key, "UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "7"}}}
    there = {"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "ResultPath": "$.error", "Next": "Get"}
    states = {
        "Put": task("dynamodb:putItem", once, ResultPath="$.put", Catch=[there], Next="Add"),
        "Add": task("dynamodb:updateItem", add, ResultPath="$.add", Next="Get"),
        "Get": task("dynamodb:getItem", key, ResultPath="$.got", Next="Sdk"),
        "Sdk": task("aws-sdk:dynamodb:getItem", key, ResultPath="$.sdk", Next="Bad"),
        "Bad": task(
            "aws-sdk:dynamodb:putItem",
            {**once, "Item": {"id": {"S": "1"}}},
            Catch=[{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.bad", "Next": "End"}],
            End=True,
        ),
        "End": {"Type": "Pass", "End": True},
    }
    services = AwsServices({"AWS_ENDPOINT_URL_DYNAMODB": dynamodb_local, "AWS_REGION": "eu-central-1"})
    with Interpreter(tmp_path / "e.db", integrations=Integrations(services=services)) as interpreter:
        interpreter.deploy({"items": json.dumps({"StartAt": "Put", "States": states})})
        client = client_of(interpreter)
        first, second = (end_of(client, start(client, "items")) for _ in range(2))
        history = client.get_execution_history(executionArn=second["executionArn"])["events"]
    output, again = json.loads(first["output"]), json.loads(second["output"])
    item = {"id": {"S": "1"}, "raw": {"B": "AAE="}, "n": {"N": "7"}}
    assert (output["got"]["Item"], output["sdk"]) == (item, {"Item": item})
    assert [*output["put"]] == ["SdkHttpMetadata", "SdkResponseMetadata"]
    assert output["put"]["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert again["error"]["Error"] == "DynamoDB.ConditionalCheckFailedException"
    said = "Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ConditionalCheckFailedException; Request ID: "
    assert re.fullmatch(rf".*failed \({said}[\w-]+; Proxy: null\)", again["error"]["Cause"])
    assert again["bad"]["Error"] == "DynamoDb.ConditionalCheckFailedException"
    assert "(Service: DynamoDb, Status Code: 400, Request ID: " in again["bad"]["Cause"]
    told = [(each["type"], next(value for name, value in each.items() if name.endswith("Details")))
            for each in history if each["type"].startswith("Task") and "State" not in each["type"]]  # fmt: skip
    assert [(kind, each["resourceType"], each["resource"]) for kind, each in told[:4]] == [
        ("TaskScheduled", "dynamodb", "putItem"),
        ("TaskStarted", "dynamodb", "putItem"),
        ("TaskFailed", "dynamodb", "putItem"),
        ("TaskScheduled", "dynamodb", "getItem"),
    ]
    assert json.loads(told[0][1]["parameters"]) == once


def test_a_message_that_waits_for_its_token(cloud: Cloud, tmp_path: Path) -> None:
    body = {"order": 1, "token.$": "$$.Task.Token"}
    send = task("sqs:sendMessage.waitForTaskToken", {"QueueUrl": cloud.queue, "MessageBody": body}, End=True)
    with Interpreter(tmp_path / "e.db", integrations=Integrations(services=cloud.services)) as interpreter:
        interpreter.deploy({"asks": json.dumps({"StartAt": "Ask", "States": {"Ask": send}})})
        client = client_of(interpreter)
        arn = start(client, "asks")
        (message,) = cloud.sqs.receive_message(QueueUrl=cloud.queue, WaitTimeSeconds=20)["Messages"]
        asked = json.loads(message["Body"])
        assert asked["order"] == 1

        def submitted() -> list[dict[str, Any]]:
            events = client.get_execution_history(executionArn=arn)["events"]
            return [each["taskSubmittedEventDetails"] for each in events if each["type"] == "TaskSubmitted"]

        wait_until(submitted)
        (taken,) = submitted()
        client.send_task_success(taskToken=asked["token"], output='"yes"')
        assert end_of(client, arn)["output"] == '"yes"'
    assert (taken["resourceType"], taken["resource"]) == ("sqs", "sendMessage.waitForTaskToken")
    told = json.loads(taken["output"])
    assert (told["MessageId"], told["MD5OfMessageBody"]) == (message["MessageId"], message["MD5OfBody"])


def test_a_call_without_an_answer_is_made_again_after_a_crash(cloud: Cloud, tmp_path: Path) -> None:
    send = task("sqs:sendMessage", {"QueueUrl": cloud.queue, "MessageBody": "once more"}, End=True)
    asl = json.dumps({"StartAt": "Send", "States": {"Send": send}})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE_S)
        nowhere = AwsServices({"AWS_ENDPOINT_URL_SQS": f"http://127.0.0.1:{silent.getsockname()[1]}"})
        with Interpreter(tmp_path / "e.db", integrations=Integrations(services=nowhere)) as first:
            first.deploy({"sends": asl})
            arn = start(client_of(first), "sends")
            asked, _ = silent.accept()
        asked.close()
    with Interpreter(tmp_path / "e.db", integrations=Integrations(services=cloud.services)) as second:
        second.deploy({"sends": asl})
        second.resume()
        assert end_of(client_of(second), arn)["status"] == "SUCCEEDED"
    (message,) = cloud.sqs.receive_message(QueueUrl=cloud.queue, WaitTimeSeconds=20)["Messages"]
    cloud.sqs.delete_message(QueueUrl=cloud.queue, ReceiptHandle=message["ReceiptHandle"])
    assert message["Body"] == "once more"


def test_queues_and_topics(cloud: Cloud) -> None:
    sent = cloud.output("aws-sdk:sqs:sendMessage", {"QueueUrl": cloud.queue, "MessageBody": "x"})
    assert [*sent] == ["Md5OfMessageBody", "MessageId"]
    (message,) = cloud.output("aws-sdk:sqs:receiveMessage", {"QueueUrl": cloud.queue})["Messages"]
    assert (message["Body"], message["Md5OfBody"]) == ("x", sent["Md5OfMessageBody"])
    published = cloud.output("sns:publish", {"TopicArn": cloud.topic, "Message": {"a": 1}})
    assert [*published] == ["MessageId", "SdkHttpMetadata", "SdkResponseMetadata"]
    nowhere = {"QueueUrl": f"{cloud.queue}-too", "MessageBody": "x"}
    assert cloud.failure("aws-sdk:sqs:sendMessage", nowhere) == (
        "Sqs.QueueDoesNotExistException",
        "The specified queue does not exist. (Service: Sqs, Status Code: 400, Request ID: R)",
    )
    assert cloud.failure("sqs:sendMessage", nowhere)[0] == "SQS.QueueDoesNotExistException"
    error, cause = cloud.failure("sns:publish", {"TopicArn": f"{cloud.topic}-too", "Message": "x"})
    assert (error, "Service: AmazonSNS; Status Code: 404; Error Code: NotFound;" in cause) == (
        "SNS.NotFoundException",
        True,
    )


def test_events_say_where_they_are_from_and_one_that_is_refused_fails_the_task(cloud: Cloud) -> None:
    events: Any = boto3.client("events", region_name="us-east-1")
    events.put_rule(Name="all", EventPattern='{"source": ["shop"]}')
    arn = cloud.sqs.get_queue_attributes(QueueUrl=cloud.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": arn}])
    entry = {"Source": "shop", "DetailType": "order", "Detail": {"id": 1}, "Resources": ["mine"]}
    told = cloud.output("events:putEvents", {"Entries": [entry]})
    assert (told["FailedEntryCount"], len(told["Entries"])) == (0, 1)
    (message,) = cloud.sqs.receive_message(QueueUrl=cloud.queue, WaitTimeSeconds=20)["Messages"]
    seen = json.loads(message["Body"])
    assert (seen["detail"], seen["resources"]) == ({"id": 1}, ["mine", *ARNS])
    error, cause = cloud.failure("events:putEvents", {"Entries": [{"Source": "shop", "DetailType": "order"}]})
    assert (error, json.loads(cause)["FailedEntryCount"]) == ("EventBridge.FailedEntry", 1)


def test_objects_of_s3(cloud: Cloud) -> None:
    place = {"Bucket": cloud.bucket, "Key": "a.json"}
    cloud.output("aws-sdk:s3:putObject", {**place, "Body": [1, "é"]})
    got = cloud.output("aws-sdk:s3:getObject", place)
    assert (got["Body"], got["ContentLength"]) == ('[1,"é"]', 8)
    assert cloud.output("s3:getObject", place) == '[1,"é"]'  # of an ItemReader
    (listed,) = cloud.output("aws-sdk:s3:listObjectsV2", {"Bucket": cloud.bucket})["Contents"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", listed["LastModified"])
    error, cause = cloud.failure("aws-sdk:s3:getObject", {**place, "Key": "none"})
    assert (error, "(Service: S3, Status Code: 404, " in cause) == ("S3.NoSuchKeyException", True)


def test_an_endpoint_that_does_not_answer() -> None:
    services = AwsServices({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    call = Call("1.1", check_resource("arn:aws:states:::sqs:sendMessage", express=False), {})
    given = {"QueueUrl": "http://127.0.0.1:1/1/q", "MessageBody": "x"}
    made = Integrations(services=services).make(Call(call.call, call.resource, given))
    assert isinstance(made, Failed)
    assert made.error == "SQS.SdkClientException"
