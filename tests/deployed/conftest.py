"""Deployments of the built template: as it was built, and with what an operator may add to hooks.toml."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.adapters.dynamodb_local import dynamodb_local
from tests.deployed.emulator import Deployment, deployed
from tests.deployed.events import now_ms
from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments
from verihook.instances import api_keys
from verihook.model.scopes import SCOPES

__all__ = ["dynamodb_local"]


@pytest.fixture(scope="module")
def aws(dynamodb_local: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    more = (Path(__file__).parent / "operated.toml").read_text("utf-8")
    with deployed(dynamodb_local, tmp_path_factory.mktemp("operated"), more) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def authorization(aws: Deployment) -> dict[str, str]:
    """The header with an API key, which is written into the ledger as `verihook keys create` does it."""
    documents = DynamoDbDocuments(aws.cloud.dynamodb, aws.cloud.table)
    _, secret = api_keys.create("artifact", list(SCOPES), documents, now_ms())
    return {"authorization": f"Bearer {secret}"}


@pytest.fixture(scope="module")
def lambdas(aws: Deployment) -> Iterator[Any]:
    """A client of the service that keeps durable executions."""
    access: Any = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    with closing(boto3.client("lambda", endpoint_url=aws.cloud.runner.endpoint_url, **access)) as client:
        yield client
