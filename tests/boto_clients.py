"""boto3's clients as our adapters are given them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.stub import Stubber

from verihook.adapters.aws.boto import Boto, client
from verihook.adapters.engines.stepfunctions import StepFunctionsEngine


@cache
def boto_session() -> boto3.Session:
    """One for all tests. moto forgets boto3's own after each, and to read the descriptions again takes 0.1 s."""
    # Its handler is in the sessions that come after its import.
    importlib.import_module("moto.core.models")
    return boto3.Session()


def translated(given: Any) -> Any:
    """A client whose errors are ours. Of any type: each adapter names the client of its own service."""
    return Boto(given)


def loopback_client(service: str, url: str, *, read_timeout: int = 3, attempts: int = 2) -> Any:
    """A client, as our adapters have it, of what listens on this machine."""
    return client(
        service,
        read_timeout=read_timeout,
        attempts=attempts,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        proxies={},
    )


@contextmanager
def stubbed_stepfunctions(prefix: str) -> Iterator[tuple[StepFunctionsEngine, Stubber]]:
    """The engine over a client whose answers a test gives; it asks once. ``prefix``: of the machines' ARNs."""
    states = boto3.client(
        "stepfunctions",
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with Stubber(states) as stubber:
        yield StepFunctionsEngine(translated(states), prefix), stubber
