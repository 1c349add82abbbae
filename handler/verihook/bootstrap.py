"""Puts the parts together: the only file that names adapters, and imports each only where it is used."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verihook.clock import SystemClock
from verihook.errors import ConfigurationError
from verihook.hooks import Hooks, load_hooks
from verihook.ports import Engine, Ledger, Pace, Secrets, Services, Telemetry
from verihook.schemes import Setting, Verify
from verihook.secrets.environment import EnvironmentSecrets
from verihook.settings import Settings, aws_settings, environment

#: In AWS the events of the engine come first; reconcile mends what they miss.
AWS_PACE = Pace(first_ms=60_000, again_ms=900_000)

#: On one machine reconcile is what notices that an instance has ended.
LOCAL_PACE = Pace(first_ms=300, again_ms=200, longest_ms=10_000)


def assemble(
    hooks: Hooks, secrets: Secrets, ledger: Ledger, engines: Mapping[str, Engine], telemetry: Telemetry, **rest: Any
) -> Services:
    """Services over these adapters. ``rest``: the ``instance_key`` and ``pace`` of :class:`Services`.

    Raises ConfigurationError where a source's secret is missing or cannot be used.
    """
    return Services(
        sources=hooks.sources,
        default_source=hooks.default_source,
        workflows=hooks.workflows,
        verify={name: _verify(name, hooks, secrets) for name in hooks.sources},
        ledger=ledger,
        engines=engines,
        clock=SystemClock(),
        telemetry=telemetry,
        retention_s=hooks.retention_days * 86_400,
        **rest,
    )


def on_aws() -> Services:
    """The services of a Lambda function, from its environment. Raises ConfigurationError."""
    from verihook.engines.stepfunctions import StepFunctionsEngine
    from verihook.ledgers.dynamodb import DynamoDbLedger
    from verihook.telemetry.powertools import PowertoolsTelemetry

    settings: Settings = aws_settings(environment())
    hooks = load_hooks(settings.hooks)
    return assemble(
        hooks,
        EnvironmentSecrets(environment(), settings.hooks.parent),
        DynamoDbLedger(_client("dynamodb"), settings.table),
        {"stepfunctions": StepFunctionsEngine(_client("stepfunctions"), settings.state_machine_prefix)},
        PowertoolsTelemetry(),
        instance_key=settings.instance_key.encode(),
        pace=AWS_PACE,
    )


def on_one_machine(
    hooks: Hooks, variables: Mapping[str, str], data: Path, endpoint: str, prefix: str, instance_key: str
) -> Services:
    """The services of one machine: SQLite in ``data``, Step Functions at the interpreter's ``endpoint``.

    Raises ConfigurationError, also for an input schema that is itself wrong.
    """
    from verihook.engines.stepfunctions import StepFunctionsEngine
    from verihook.ledgers.sqlite import SqliteLedger
    from verihook.telemetry.console import ConsoleTelemetry

    check_schemas(hooks)
    return assemble(
        hooks,
        EnvironmentSecrets(variables, hooks.path.parent),
        SqliteLedger(data / "ledger.db"),
        {"stepfunctions": StepFunctionsEngine(local_client(endpoint), prefix)},
        ConsoleTelemetry(),
        instance_key=hashlib.sha256(instance_key.encode()).digest(),
        pace=LOCAL_PACE,
    )


def check_schemas(hooks: Hooks) -> None:
    """Raises ConfigurationError for an input schema that is itself wrong. Imports jsonschema."""
    for name, workflow in hooks.workflows.items():
        try:
            workflow.check_schema()
        except ValueError as error:
            raise ConfigurationError(hooks.path.name, f"workflows.{name}.input_schema", str(error)) from error


def local_client(endpoint: str) -> Any:
    """A Step Functions client for the interpreter: loopback, made-up credentials, never AWS."""
    return _client(
        "stepfunctions",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106  # not a secret: the interpreter checks none
        proxies={},
    )


def _client(service: str, proxies: dict[str, str] | None = None, **options: Any) -> Any:
    """A boto3 client that gives up early: a sender such as Slack waits 3 seconds in all.

    ``proxies``: None for those of the environment, {} for none.
    """
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=1,
        read_timeout=3,
        max_pool_connections=64,
        retries={"mode": "standard", "total_max_attempts": 2},
        parameter_validation=False,
        proxies=proxies,
    )
    make: Any = boto3.client  # its stubs have an overload for every service of AWS
    return make(service, config=config, **options)


def _verify(name: str, hooks: Hooks, secrets: Secrets) -> Verify:
    source = hooks.sources[name]
    key = f"sources.{name}.secrets"
    try:
        values = [value for reference in source.secrets for value in secrets.resolve(reference)]
        setting = Setting(source.public_url, source.parameters)
        return source.sender.scheme.bind(tuple(values), setting)
    except KeyError as error:
        raise ConfigurationError(hooks.path.name, key, str(error.args[0])) from error
    except ValueError as error:
        raise ConfigurationError(hooks.path.name, key, str(error)) from error
