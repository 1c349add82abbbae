"""Puts the parts together: the only file that names adapters. Each adapter is imported only when it is used."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from verihook.adapters.aws.direct import OWN_CLIENT, Direct, suits
from verihook.adapters.aws.service import Patience
from verihook.adapters.clock import SystemClock
from verihook.adapters.engine_parts import Endpoints, EngineParts
from verihook.config import Hooks, load_hooks
from verihook.config.schemas import check_schemas, compile_schemas
from verihook.config.settings import Settings, aws_settings, environment, handler, xray_daemon
from verihook.config.workflows import ENGINES, INTERNAL
from verihook.model.changes import Changes
from verihook.model.ports import Documents, Engine, Ledger, Pace, Payloads, Services, Telemetry
from verihook.parts import Lazy, make_now
from verihook.records import replace
from verihook.webhooks.captures import Capture
from verihook.webhooks.observe import Observer

if TYPE_CHECKING:
    from verihook.adapters.counts import Counts
    from verihook.model.ports import RotatingSecrets

#: For express executions: the answer comes when it has ended (5 minutes at most), and a second attempt starts another.
EXPRESS: dict[str, Any] = {"read_timeout": 310, "attempts": 1}

#: For a store of secrets: a delivery, or the start of a function, waits for its answer.
SECRET_STORE: dict[str, Any] = {"read_timeout": 1}

#: The alias of durable functions in template.yaml. With it, an execution keeps the version that it began with.
ALIAS = "live"

#: In AWS, the engines' own events report an end first; reconcile finds the ends that they miss.
AWS_PACE = Pace(first_ms=60_000, again_ms=900_000)

#: On one machine reconcile is what notices that an instance has ended.
LOCAL_PACE = Pace(first_ms=300, again_ms=200, longest_ms=10_000)

#: The entry points that verify deliveries. No other entry point, and no workflow, has the secret of a source.
FOREGROUND = ("verihook.main.receive", "verihook.main.api")

#: The entry points that derive instance ids or sign callbacks, and so have the instance key. None runs workflow code.
KEYED = (*FOREGROUND, "verihook.main.reconcile", "verihook.main.feed")


def assemble(
    hooks: Hooks,
    secrets: RotatingSecrets,
    ledger: Ledger,
    documents: Documents,
    telemetry: Telemetry,
    *,
    verifies: bool = True,
    strict: bool = True,
    **rest: Any,
) -> Services:
    """Return Services over these adapters. ``rest``: the other fields of :class:`Services`.

    Without ``verifies``, no secret of a source is read. ``strict``: raises ConfigurationError if a secret that is
    in no store is missing or cannot be used. Else stores are asked, too, and telemetry gets what is missing.
    """
    from verihook.verification import handshakes, keyrings

    whole: dict[str, Any] = {"policy": hooks.policy, "routes": hooks.routes, "front": hooks.front, **rest}
    whole["configuration"] = hooks.digest
    clock = SystemClock()
    now = None if strict else clock.now_ms() // 1000
    rings = keyrings(hooks, secrets, telemetry.failure, now) if verifies else {}
    return Services(
        sources=hooks.sources,
        default_source=hooks.default_source,
        workflows=hooks.workflows,
        verify={name: ring.verify for name, ring in rings.items()},
        without_secret=lambda: [name for name in rings if not rings[name].has_usable_secret(clock.now_ms() // 1000)],
        handshakes=handshakes(hooks, secrets, strict=strict) if verifies else {},
        ledger=ledger,
        documents=documents,
        clock=clock,
        telemetry=telemetry,
        observer=Observer(ledger, telemetry, Capture(documents, hooks.sources)),
        connections=hooks.connections,
        secrets=secrets,
        **whole,
    )


def on_aws() -> Services:
    """Return the services of a Lambda function, from its environment. Raises ConfigurationError.

    Only entry points of :data:`FOREGROUND` read the secrets of sources, and only those of :data:`KEYED` the instance
    key. Raises SecretsUnavailable if the instance key cannot be read just now.
    """
    from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments, DynamoDbLedger
    from verihook.adapters.secrets.stores import instance_key, read_ahead, stores

    entry = handler(environment()) or FOREGROUND[0]
    settings = aws_settings(environment(), keyed=entry in KEYED, verifies=entry in FOREGROUND)
    clients = cache(partial(client_of, **SECRET_STORE))
    key, shared = read_ahead(clients, settings.instance_key_arn, settings.secrets_arn)
    hooks = load_hooks(settings.hooks)
    client = client_of("dynamodb")
    ledger = DynamoDbLedger(client, settings.table)
    made = assemble(
        hooks,
        stores(environment(), settings.hooks.parent, clients, shared),
        ledger,
        DynamoDbDocuments(client, settings.table),
        telemetry(),
        verifies=entry in FOREGROUND,
        strict=False,
        engines=_engines_on_aws(settings, ledger, hooks),
        payloads=cast(Payloads, Lazy(lambda: _payloads_on_aws(settings))),
        caller=_late("caller", "HttpCaller"),
        entries=_late("entry_function", "entries_of", settings.entries, client_of, telemetry()),
        instance_key=instance_key(key) if key else b"",
        pace=AWS_PACE,
        # auth = "open" is for one machine, on loopback.
        policy=replace(hooks.policy, auth="required"),
    )
    if daemon := xray_daemon(environment()):
        made = import_module("verihook.adapters.xray").traced_in_lambda(made, daemon, environment(), _direct())
    return made


@cache
def telemetry() -> Telemetry:
    """Return the telemetry of a Lambda function. It works even if the configuration is wrong."""
    from verihook.adapters.telemetry.never_raising import NeverRaisingTelemetry

    if (handler(environment()) or FOREGROUND[0]) in FOREGROUND:
        from verihook.adapters.telemetry.cloudwatch import CloudWatchTelemetry

        return NeverRaisingTelemetry(CloudWatchTelemetry(environment()))
    from verihook.adapters.telemetry.powertools import PowertoolsTelemetry

    return NeverRaisingTelemetry(PowertoolsTelemetry())


def warm(services: Services, entry: str) -> None:
    """Make now what the first event would otherwise wait for: the engines that ``entry`` of main.py may ask, schemas.

    If a sender waits for this entry, connect, too: INIT has a whole processor for name lookups and TLS handshakes.
    """
    if entry == "work":
        return  # it asks no engine: its instances are in the ledger alone
    started = {name for source in services.sources.values() for name in source.workflows}
    used = [each for each in services.workflows.values() if each.name in started or entry not in ("receive", "feed")]
    for workflow in used:
        make_now(services.engines[workflow.engine])
    asked = {import_module(ENGINES[workflow.engine]).SERVICE for workflow in used} - {""}
    connected = _direct().open("dynamodb", *asked) if entry in ("receive", "api") and suits(environment()) else None
    if entry in ("receive", "api", "feed") and any(source.entry for source in services.sources.values()):
        make_now(services.entries)
    if entry in ("receive", "api", "feed"):  # the entries that validate inputs
        compile_schemas(used, services.telemetry)
    if connected:
        connected()


def local_log(counts: Counts | None = None, made: Collection[str] = (), *, as_json: bool = False) -> Telemetry:
    """Return a log that counts. ``made``: the sources whose secret was made here; ``as_json``: the log is JSON."""
    from verihook.adapters.telemetry.counting import counting_log

    return counting_log(counts, made, as_json=as_json)


def on_one_machine(
    hooks: Hooks, variables: Mapping[str, str], data: Path, endpoints: Endpoints, key: bytes, log: Telemetry
) -> Services:
    """Return the services of one machine: SQLite and files in ``data``, the engines at the ``endpoints``.

    ``key``: the instance key. Raises ConfigurationError, also for an input schema that is wrong.
    """
    from verihook.adapters.caller import HttpCaller
    from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
    from verihook.adapters.payloads.files import FilePayloads

    check_schemas(hooks)
    file = SqliteFile(data / "ledger.db")
    changes = Changes()
    ledger = SqliteLedger(file, changes)
    return assemble(
        hooks,
        secrets_of(variables, hooks.path.parent, data),
        ledger,
        SqliteDocuments(file),
        log,
        engines=_engines_on_one_machine(endpoints, ledger, hooks),
        payloads=FilePayloads(data / "payloads"),
        caller=HttpCaller(loopback=True),
        instance_key=key,
        pace=LOCAL_PACE,
        changes=changes,
    )


def _engines_on_aws(settings: Settings, ledger: Ledger, hooks: Hooks) -> dict[str, Engine]:
    parts = EngineParts(
        client=client_of,
        patient=lambda service: Lazy(partial(client_of, service, **EXPRESS)),
        machine_prefix=settings.state_machine_prefix,
        function_prefix=settings.function_prefix,
        alias=ALIAS,
        ledger=ledger,
        clock=SystemClock(),
        wake=_woken_by_stream,
        split=_woken_by_stream,
        workflows=hooks.workflows,
    )
    return {name: cast(Engine, Lazy(partial(_make, name, parts))) for name in (*ENGINES, *INTERNAL)}


def _engines_on_one_machine(endpoints: Endpoints, ledger: Ledger, hooks: Hooks) -> dict[str, Engine]:
    clients = {"stepfunctions": endpoints.stepfunctions, "lambda": endpoints.durable}
    parts = EngineParts(
        client=clients.__getitem__,
        patient=clients.__getitem__,
        machine_prefix=endpoints.machines,
        ledger=ledger,
        clock=SystemClock(),
        wake=endpoints.wake,
        split=endpoints.split,
        workflows=hooks.workflows,
    )
    return {name: _make(name, parts) for name in (*ENGINES, *INTERNAL)}


def _make(engine: str, parts: EngineParts) -> Engine:
    made: Engine = import_module((ENGINES | INTERNAL)[engine]).make(parts)
    return made


def _late(module: str, maker: str, *arguments: Any) -> Any:
    """Return what stands for an object of an adapter, whose module is imported when that is first used."""
    return Lazy(lambda: getattr(import_module(f"verihook.adapters.{module}"), maker)(*arguments))


def _woken_by_stream(*_: str) -> None:
    """Do nothing: in AWS, the stream of the table invokes the worker, and what splits deliveries."""


def _payloads_on_aws(settings: Settings) -> Payloads:
    from verihook.adapters.payloads.s3 import S3Payloads

    return S3Payloads(client_of("s3"), settings.payloads)


def secrets_of(variables: Mapping[str, str], folder: Path, data: Path | None = None) -> RotatingSecrets:
    """Return what resolves references. A file of a relative path is looked for in ``data/secrets``, then ``folder``."""
    from verihook.adapters.secrets.stores import stores

    private = None if data is None else data.absolute() / "secrets"
    return stores(variables, folder, partial(client_of, **SECRET_STORE), private=private)


def client_of(service: str, *, read_timeout: int = 3, attempts: int = 2) -> Any:
    """Return a client that gives up early: a sender such as Slack waits 3 seconds in all. ``read_timeout`` in seconds.

    In the entries of ``OWN_CLIENT`` it is our own, if that can do what the environment asks for; else boto3's.
    """
    variables = environment()
    if (handler(variables) or FOREGROUND[0]) in OWN_CLIENT and suits(variables):
        return _direct().client(service, Patience(read_timeout, attempts))
    from verihook.adapters.aws.boto import client

    return client(service, read_timeout=read_timeout, attempts=attempts)


@cache
def _direct() -> Direct:
    return Direct(environment())


def renew_connections() -> None:
    """Drop the connections and credentials that were made before a snapshot."""
    _direct().renew()
