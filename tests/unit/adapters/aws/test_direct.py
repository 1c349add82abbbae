"""Which client an environment gets, and where it goes."""

from __future__ import annotations

from inspect import getclosurevars
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.direct_clients import direct
from tests.unit.adapters.aws.scripted import KEYS, Scripted, answer
from verihook.adapters.aws.direct import Direct, suits
from verihook.adapters.aws.errors import Unreachable

SNAPSTART = {"AWS_REGION": "eu-central-1", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9001/v1"}


@pytest.mark.parametrize("variables", [KEYS, SNAPSTART, {**KEYS, "AWS_USE_FIPS_ENDPOINT": "false"}])
def test_what_ours_do(variables: dict[str, str]) -> None:
    assert suits(variables)


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"AWS_REGION": "eu-central-1"},
        {**KEYS, "AWS_REGION": ""},
        {**KEYS, "AWS_REGION": "us-iso-east-1"},
        {**KEYS, "AWS_REGION": "eusc-de-east-1"},
        {**KEYS, "HTTPS_PROXY": "http://proxy:3128"},
        {**KEYS, "https_proxy": "http://proxy:3128"},
        {**KEYS, "AWS_USE_FIPS_ENDPOINT": "true"},
        {**KEYS, "AWS_USE_DUALSTACK_ENDPOINT": "true"},
    ],
)
def test_what_is_left_to_boto3(variables: dict[str, str]) -> None:
    assert not suits(variables)


@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1", "cn-north-1", "us-gov-west-1"])
@pytest.mark.parametrize("service", ["dynamodb", "stepfunctions", "secretsmanager", "ssm", "lambda"])
def test_the_endpoint_is_boto3s(service: str, region: str) -> None:
    make: Any = boto3.client
    off = Config(account_id_endpoint_mode="disabled")
    theirs = make(service, region_name=region, aws_access_key_id="a", aws_secret_access_key="b", config=off)
    client = Direct({**KEYS, "AWS_REGION": region}).client(service)
    assert theirs.meta.endpoint_url == f"https://{client._service._host}"


def test_a_synchronous_execution_has_an_endpoint_of_its_own() -> None:
    client = Direct(KEYS).client("stepfunctions")
    calls = (client.start_execution, client.start_sync_execution)
    hosts = [getclosurevars(call).nonlocals["service"]._host for call in calls]
    assert ["states.eu-central-1.amazonaws.com", "sync-states.eu-central-1.amazonaws.com"] == hosts


@pytest.mark.parametrize(
    ("variables", "goes"),
    [
        ({"AWS_ENDPOINT_URL": "URL"}, True),
        ({"AWS_ENDPOINT_URL_SECRETS_MANAGER": "URL"}, True),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ENDPOINT_URL_SECRETS_MANAGER": "URL/with/a/path"}, True),
        ({"AWS_ENDPOINT_URL": "URL", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, False),
    ],
)
def test_an_endpoint_that_the_environment_names(variables: dict[str, str], goes: bool) -> None:
    with Scripted(answer({"SecretString": "s"})) as server:
        named = {name: value.replace("URL", server.url) for name, value in variables.items()}
        client = Direct({**KEYS, **named}).client("secretsmanager")
        if not goes:
            assert "secretsmanager.eu-central-1.amazonaws.com" == client._service._host
            return
        assert "s" == client.get_secret_value(SecretId="a")["SecretString"]
        path = "/with/a/path/" if "path" in str(variables) else "/"
        assert server.requests[0].startswith(f"POST {path} HTTP/1.1\r\n".encode())


def test_the_region_is_boto3s() -> None:
    client = Direct({**KEYS, "AWS_DEFAULT_REGION": "us-east-1"}).client("ssm")
    assert "ssm.us-east-1.amazonaws.com" == client._service._host


def test_a_connection_is_at_hand_before_the_first_request() -> None:
    with Scripted(answer({}), answer({})) as server:
        ours = direct({"AWS_ENDPOINT_URL": server.url})
        client = ours.client("dynamodb")
        ours.open("dynamodb", "stepfunctions")()
        ours.open("dynamodb")()
        assert (1, []) == (server.connected(1), server.requests)
        client.put_item(TableName="a", Item={})
        client.put_item(TableName="a", Item={})
        assert (1, 2) == (server.connections, len(server.requests))


def test_a_server_that_is_not_there_is_told_by_the_first_request() -> None:
    ours = direct({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    ours.open("dynamodb")()
    with pytest.raises(Unreachable, match="refused"):
        ours.client("dynamodb").put_item(TableName="a", Item={})
