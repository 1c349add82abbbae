"""The gateway itself: what a role does not allow is refused, and the test fails by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.adapters.dynamodb_local import dynamodb_local
from tests.deployed.cloud import Cloud
from tests.deployed.emulator import Deployment, deployed
from tests.deployed.events import delivery
from tests.deployed.gateway import SESSION, Gateway
from tests.deployed.iam import Grant, Role

__all__ = ["dynamodb_local"]

NOT_THERE = {"pk": {"S": "instance#none"}, "sk": {"S": "instance"}}


@pytest.fixture(scope="module")
def deployment(dynamodb_local: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(dynamodb_local, tmp_path_factory.mktemp("gateway")) as deployment:
        yield deployment


@pytest.fixture
def clouded(deployment: Deployment) -> Cloud:
    return deployment.cloud


@pytest.fixture
def receivers(clouded: Cloud) -> Iterator[Gateway]:
    """AWS as the receiver sees it."""
    with Gateway(Role(clouded.stack.statements("Receiver")), clouded.behind) as gateway:
        yield gateway


def client(gateway: Gateway, service: str, **options: Any) -> Any:
    config = Config(retries={"total_max_attempts": 1}, **options)
    access = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "aws_session_token": SESSION}
    return boto3.client(service, "us-east-1", endpoint_url=gateway.url, config=config, **access)  # type: ignore[call-overload]


def test_what_the_role_allows_goes_through_and_is_noted(receivers: Gateway, clouded: Cloud) -> None:
    dynamodb = client(receivers, "dynamodb")
    assert "Item" not in dynamodb.get_item(TableName=clouded.table, Key=NOT_THERE)
    assert [] == receivers.refused
    table = clouded.stack.arn("Ledger")
    assert {Grant("dynamodb:GetItem", table, "instance#*")} == receivers.role.used


@pytest.mark.parametrize("pk", ["document#keys#1", "instance", "label#x"])
def test_a_row_that_is_not_the_functions_is_refused(pk: str, receivers: Gateway, clouded: Cloud) -> None:
    dynamodb = client(receivers, "dynamodb")
    with pytest.raises(ClientError, match="not authorized to perform: dynamodb:GetItem") as caught:
        dynamodb.get_item(TableName=clouded.table, Key=NOT_THERE | {"pk": {"S": pk}})
    assert "AccessDeniedException" == caught.value.response["Error"]["Code"]
    assert [f"the role does not allow dynamodb:GetItem on {clouded.stack.arn('Ledger')} ({pk})"] == receivers.refused


def test_every_row_of_a_transaction_has_to_be_allowed(receivers: Gateway, clouded: Cloud) -> None:
    rows = [{"pk": {"S": pk}, "sk": {"S": "instance"}} for pk in ("instance#1", "document#keys")]
    writes = [{"Put": {"TableName": clouded.table, "Item": row}} for row in rows]
    with pytest.raises(ClientError, match="AccessDenied"):
        client(receivers, "dynamodb").transact_write_items(TransactItems=writes)


def test_an_object_that_is_gone_is_told_to_those_who_may_list(receivers: Gateway, clouded: Cloud) -> None:
    bucket = clouded.stack.name("Payloads")
    with pytest.raises(ClientError, match="NoSuchKey"):
        client(receivers, "s3").get_object(Bucket=bucket, Key="gone")
    statements = [each for each in receivers.role.statements if "s3:ListBucket" not in each["Action"]]
    receivers.role.statements = statements
    with pytest.raises(ClientError, match="AccessDenied"):
        client(receivers, "s3").get_object(Bucket=bucket, Key="gone")


def test_parameters_that_the_service_would_refuse_fail(receivers: Gateway, clouded: Cloud) -> None:
    dynamodb = client(receivers, "dynamodb", parameter_validation=False)
    with pytest.raises(ClientError):
        dynamodb.get_item(TableName=clouded.table, Key=NOT_THERE, ConsistentRead="yes")
    assert "Invalid type for parameter ConsistentRead" in receivers.refused[0]


@pytest.mark.parametrize("lost", ["states:StartExecution", "dynamodb:PutItem"])
def test_a_right_that_is_taken_out_of_the_template_is_missed(lost: str, deployment: Deployment) -> None:
    role = deployment.gateway("Receiver").role
    whole = role.statements
    without = [{**each, "Action": [action for action in _list(each["Action"]) if action != lost]} for each in whole]
    role.statements = without
    try:
        with pytest.raises(pytest.fail.Exception, match=f"the role does not allow {lost} on arn:"):
            deployment.invoke("Receiver", delivery(f"evt_{lost}"))
    finally:
        role.statements = whole


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
