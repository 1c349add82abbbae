"""boto3's clients as our adapters are given them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.stub import Stubber

from verihook.adapters.aws.boto import Boto
from verihook.adapters.engines.stepfunctions import StepFunctionsEngine


def translated(client: Any) -> Any:
    """``client``, whose errors are ours. Of any type: each adapter names the client of its own service."""
    return Boto(client)


@contextmanager
def stubbed_stepfunctions(prefix: str) -> Iterator[tuple[StepFunctionsEngine, Stubber]]:
    """The engine over a client whose answers a test gives; it asks once. ``prefix``: of the machines' ARNs."""
    client = boto3.client(
        "stepfunctions",
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with Stubber(client) as stubber:
        yield StepFunctionsEngine(translated(client), prefix), stubber
