"""Reads a table ``[workflows.NAME]`` of hooks.toml."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, get_args

from verihook.config.table_reader import Reader
from verihook.model.workflow import Workflow, WorkflowStatus
from verihook.senders.tables import must_be_one_of
from verihook.strict_json import parse_written

#: Engine -> the module of its adapter. To add an engine, write an adapter and add a row here.
ENGINES = {
    "stepfunctions": "verihook.adapters.engines.stepfunctions",
    "durable": "verihook.adapters.engines.durable",
    "function": "verihook.adapters.engines.function",
}

#: Our own engines, which no workflow can name.
INTERNAL = {"batch": "verihook.adapters.engines.batch"}

#: Words in the paths of other products' APIs, at the place of a workflow's name.
_RESERVED = ("batch", "dapr", "history", "v1")

_KNOWN = (
    "engine",
    "definition",
    "version",
    "status",
    "input_schema",
    "public_output",
    "express",
    "retention_days",
    "retries",
    "backoff_s",
    "timeout_s",
    "report_running",
    "connections",
    "max_running",
)

#: The most that `max_running` can be: as many instances stand in the row of a line.
MOST_RUNNING = 1000

#: How long Step Functions refuses a name that an execution has had, in days. Durable functions can be set to the same.
#: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
NAMES_KEPT_DAYS = 90


def read_workflow(
    path: Path, name: str, table: Mapping[str, Any], retention_days: int, connections: Collection[str]
) -> Workflow:
    """Return the workflow ``name``. Raises ConfigurationError.

    ``retention_days``: used if the table has none. ``connections``: the names of all that hooks.toml has.
    """
    reader = Reader(path, f"workflows.{name}", table, _KNOWN)
    if name in _RESERVED:
        raise reader.error("", f"is a reserved name, as are {', '.join(_RESERVED)}; take another")
    engine = reader.choice("engine", (*ENGINES,))
    _check_engine(engine, table, reader)
    express: bool = reader.get("express", bool, False)
    days = reader.number("retention_days", retention_days, 1, 3650)
    if engine != "function" and not express and days < NAMES_KEPT_DAYS:
        raise reader.error(
            "retention_days",
            f"at least {NAMES_KEPT_DAYS} with engine {engine}, which remembers names for so long: an id that was used "
            "again sooner would meet the old execution and start nothing",
        )
    return Workflow(
        name,
        engine,
        reader.get("definition", str),
        reader.get("version", int, 1),
        reader.choice("status", get_args(WorkflowStatus), "active"),
        _schema(reader),
        reader.get("public_output", bool, False),
        express,
        days,
        reader.number("retries", 3, 0, 100),
        reader.number("backoff_s", 2, 1, 3600),
        reader.number("timeout_s", 60, 1, 840),
        reader.get("report_running", bool, False),
        _connections(reader, connections),
        reader.number("max_running", None, 1, MOST_RUNNING),
    )


def _check_engine(engine: str, table: Mapping[str, Any], reader: Reader) -> None:
    """Raise ConfigurationError for a key of another engine."""
    for key in ("retries", "backoff_s", "timeout_s"):
        if key in table and engine != "function":
            raise reader.error(key, f"is of the engine function; a workflow of {engine} has its own")
    if "report_running" in table and engine == "function":
        raise reader.error("report_running", "is of the engines stepfunctions and durable; a worker writes it anyway")
    if "max_running" in table and table.get("express"):
        raise reader.error("max_running", "is not for an Express machine: its end is the answer to the sender")
    if "express" in table and engine != "stepfunctions":
        raise reader.error("express", "is of the engine stepfunctions")


def _connections(reader: Reader, known: Collection[str]) -> tuple[str, ...]:
    names = reader.strings("connections")
    for each in names:
        if each not in known:
            raise reader.error("connections", must_be_one_of(known, each[:63]))
    return names


def _schema(reader: Reader) -> dict[str, Any] | None:
    name = reader.get("input_schema", str, None)
    if name is None:
        return None
    try:
        schema = parse_written((reader.path.parent / name).read_text(encoding="utf-8"))
    except OSError as error:
        raise reader.error("input_schema", f"{name} cannot be read: {error}") from error
    except ValueError as error:
        raise reader.error("input_schema", f"{name}: {error}") from error
    if not isinstance(schema, dict):
        raise reader.error("input_schema", f"{name} is not a JSON Schema: it must be an object")
    return schema
