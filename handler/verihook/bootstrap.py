"""Puts the parts together: the only file that names adapters, and imports each only where it is used."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verihook.clock import SystemClock
from verihook.errors import ConfigurationError
from verihook.handshake import BoundHandshake, Means
from verihook.hooks import Hooks, load_hooks
from verihook.observe import Observer
from verihook.ports import Engine, Ledger, Pace, Services, Telemetry
from verihook.schemes import Fetch, Scheme, Setting, Verify
from verihook.settings import Settings, aws_settings, environment
from verihook.source import Source

if TYPE_CHECKING:
    from verihook.keyring import RotatingSecrets

#: In AWS the events of the engine come first; reconcile mends what they miss.
AWS_PACE = Pace(first_ms=60_000, again_ms=900_000)

#: On one machine reconcile is what notices that an instance has ended.
LOCAL_PACE = Pace(first_ms=300, again_ms=200, longest_ms=10_000)

#: The entry points that see no delivery.
BACKGROUND = ("verihook.main.record", "verihook.main.reconcile")


def assemble(
    hooks: Hooks,
    secrets: RotatingSecrets | None,
    ledger: Ledger,
    engines: Mapping[str, Engine],
    telemetry: Telemetry,
    **rest: Any,
) -> Services:
    """Services over these adapters. ``rest``: the ``instance_key`` and ``pace`` of :class:`Services`.

    Without ``secrets`` they verify nothing. Raises ConfigurationError where a source's secret is missing or cannot be
    used, as far as that can be said without asking a store.
    """
    return Services(
        sources=hooks.sources,
        default_source=hooks.default_source,
        workflows=hooks.workflows,
        verify={} if secrets is None else _verifiers(hooks, secrets, telemetry),
        handshakes={} if secrets is None else _handshakes(hooks, secrets),
        ledger=ledger,
        engines=engines,
        clock=SystemClock(),
        telemetry=telemetry,
        observer=Observer(ledger, telemetry),
        retention_s=hooks.retention_days * 86_400,
        **rest,
    )


def on_aws() -> Services:
    """The services of a Lambda function, from its environment. Raises ConfigurationError.

    Those of :data:`BACKGROUND` verify nothing, so they are given no secret.
    """
    from verihook.engines.stepfunctions import StepFunctionsEngine
    from verihook.ledgers.dynamodb import DynamoDbLedger
    from verihook.telemetry.powertools import PowertoolsTelemetry

    settings: Settings = aws_settings(environment())
    hooks = load_hooks(settings.hooks)
    # Lambda says which entry point it runs: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    verifies = environment().get("_HANDLER") not in BACKGROUND
    return assemble(
        hooks,
        secrets_of(environment(), settings.hooks.parent) if verifies else None,
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
        secrets_of(variables, hooks.path.parent),
        SqliteLedger(data / "ledger.db"),
        {"stepfunctions": StepFunctionsEngine(local_client(endpoint), prefix)},
        ConsoleTelemetry(),
        instance_key=hashlib.sha256(instance_key.encode()).digest(),
        pace=LOCAL_PACE,
    )


def secrets_of(variables: Mapping[str, str], folder: Path) -> RotatingSecrets:
    """The secrets behind every kind of reference; ``folder`` is what relative paths are taken from."""
    from verihook.secrets.environment import EnvironmentSecrets
    from verihook.secrets.stores import StoresByKind

    def secrets_manager() -> RotatingSecrets:
        from verihook.secrets.secrets_manager import SecretsManagerSecrets

        return SecretsManagerSecrets(_client("secretsmanager", read_timeout=1))

    def parameter_store() -> RotatingSecrets:
        from verihook.secrets.parameter_store import ParameterStoreSecrets

        return ParameterStoreSecrets(_client("ssm", read_timeout=1))

    at_hand = EnvironmentSecrets(variables, folder)
    return StoresByKind(
        {"env": lambda: at_hand, "file": lambda: at_hand, "secretsmanager": secrets_manager, "ssm": parameter_store}
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


def _client(service: str, proxies: dict[str, str] | None = None, *, read_timeout: int = 3, **options: Any) -> Any:
    """A boto3 client that gives up early: a sender such as Slack waits 3 seconds in all.

    ``proxies``: None for those of the environment, {} for none. ``read_timeout`` in seconds.
    """
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=1,
        read_timeout=read_timeout,
        max_pool_connections=64,
        retries={"mode": "standard", "total_max_attempts": 2},
        parameter_validation=False,
        proxies=proxies,
    )
    make: Any = boto3.client  # its stubs have an overload for every service of AWS
    return make(service, config=config, **options)


def _verifiers(hooks: Hooks, secrets: RotatingSecrets, telemetry: Telemetry) -> dict[str, Verify]:
    from verihook.keyring import SETTINGS, Keyring

    verifiers: dict[str, Verify] = {}
    for name, source in hooks.sources.items():
        keyring = Keyring(source, secrets, setting_of(source), telemetry.failure)
        try:
            keyring.check()
        except KeyError as error:
            # A source that is pairing waits for its sender to bring the secret.
            if "pairing" not in source.parameters:
                raise ConfigurationError(hooks.path.name, f"sources.{name}.secrets", str(error.args[0])) from error
        except ValueError as error:
            key, _, mend = str(error).partition(": ")
            where = (key, mend) if key.startswith(SETTINGS) else ("secrets", str(error))
            raise ConfigurationError(hooks.path.name, f"sources.{name}.{where[0]}", where[1]) from error
        verifiers[name] = keyring.verify
    return verifiers


def _handshakes(hooks: Hooks, secrets: RotatingSecrets) -> dict[str, BoundHandshake]:
    """The handshakes of the sources whose sender has one. Raises ConfigurationError."""
    bound: dict[str, BoundHandshake] = {}
    for name, source in hooks.sources.items():
        if source.sender.handshake is None:
            continue
        # What has an end is on its way out: it answers no handshake while there is another.
        references = sorted(source.secrets, key=lambda secret: secret.until_s is not None)
        means = Means(
            tuple(secret.reference for secret in references),
            source.parameters,
            secrets.resolve,
            secrets.keep,
            _fetch(source.sender.scheme),
        )
        try:
            bound[name] = source.sender.handshake.bind(means)
        except KeyError as error:
            raise ConfigurationError(hooks.path.name, f"sources.{name}.parameters", str(error.args[0])) from error
        except ValueError as error:
            key, _, mend = str(error).partition(": ")
            raise ConfigurationError(hooks.path.name, f"sources.{name}.{key}", mend) from error
    return bound


def setting_of(source: Source) -> Setting:
    """What the source adds to its scheme, with a way to the keys that its sender publishes, where it does."""
    return Setting(source.public_url, source.parameters, _fetch(source.sender.scheme))


def _fetch(scheme: Scheme) -> Fetch | None:
    """What reads keys from the hosts that a scheme names; None for the many that name none."""
    hosts: tuple[str, ...] = getattr(scheme, "key_hosts", ())
    if not hosts:
        return None
    from verihook.fetcher import KeyFetcher

    return KeyFetcher(hosts)
