"""hooks.toml: this deployment's sources and workflows, read and checked at load.

Every mistake is a ConfigurationError of one line: file, key, mend.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from verihook.errors import ConfigurationError
from verihook.event import places
from verihook.senders import Sender, load_sender, read_sender, sender_ids
from verihook.source import DUPLICATE_POLICIES, MAX_BODY, DuplicatePolicy, SecretReference, Source
from verihook.workflow import Workflow, WorkflowStatus

T = TypeVar("T")

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_REFERENCE = re.compile(
    r"env:[A-Za-z_][A-Za-z0-9_]*|file:[^\x00\n]+|secretsmanager:[A-Za-z0-9/_+=.@:-]+(?:#[^\s#]+)?|ssm:/[A-Za-z0-9/_.-]+",
    re.ASCII,
)
_REFERENCES = "env:NAME, file:PATH, secretsmanager:NAME-or-ARN[#json-key] or ssm:/path"
_URL = re.compile(r"https?://[^\s#]+", re.ASCII)
_TOP = ("default_source", "retention_days", "sources", "workflows")
_SOURCE = (
    "sender",
    "signature",
    "event",
    "handshake",
    "reply",
    "secrets",
    "workflow",
    "types",
    "duplicates",
    "max_body",
    "public_url",
    "parameters",
)
_WORKFLOW = ("engine", "definition", "version", "status", "input_schema", "public_output")


@dataclass(frozen=True, slots=True)
class Hooks:
    """The whole file. ``retention_days``: how long a finished instance, and so the memory of its event, is kept."""

    path: Path
    sources: dict[str, Source]
    workflows: dict[str, Workflow]
    default_source: str | None
    retention_days: int


def load_hooks(path: Path) -> Hooks:
    """Read and check hooks.toml. Raises ConfigurationError."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(path.name, "", f"cannot be read: {error.strerror}: {path}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(path.name, "", f"is not TOML: {error}") from error
    return _Reader(path).hooks(table)


class _Reader:
    """Reads one file; ``key`` is always the full dotted key, as the error names it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def hooks(self, table: Mapping[str, Any]) -> Hooks:
        self._known(table, "", _TOP)
        workflows = {name: self._workflow(name, content) for name, content in self._tables(table, "workflows").items()}
        sources = {
            name: self._source(name, content, workflows) for name, content in self._tables(table, "sources").items()
        }
        default = self._get(table, "", "default_source", str, None)
        if default is not None and default not in sources:
            raise self._error("default_source", f"no [sources.{default}]; there are {_list(sources)}")
        retention = self._get(table, "", "retention_days", int, 90)
        if not 1 <= retention <= 3650:
            raise self._error("retention_days", "must be 1 to 3650")
        return Hooks(self._path, sources, workflows, default, retention)

    def _source(self, name: str, table: Mapping[str, Any], workflows: Mapping[str, Workflow]) -> Source:
        key = f"sources.{name}"
        self._known(table, key, _SOURCE)
        workflow = self._get(table, key, "workflow", str)
        if workflow not in workflows:
            raise self._error(f"{key}.workflow", f"no [workflows.{workflow}]; there are {_list(workflows)}")
        duplicates = self._choice(table, key, "duplicates", DUPLICATE_POLICIES, "return")
        max_body = self._get(table, key, "max_body", int, MAX_BODY)
        if not 1 <= max_body <= MAX_BODY:
            raise self._error(f"{key}.max_body", f"must be 1 to {MAX_BODY} bytes, the input limit of the engine")
        sender = self._sender(key, table)
        return Source(
            name,
            sender,
            self._secrets(table, key, keyless=sender.scheme.keyless),
            workflow,
            self._strings(table, key, "types"),
            cast(DuplicatePolicy, duplicates),
            max_body,
            self._public_url(table, key),
            self._parameters(table, key),
        )

    def _sender(self, key: str, table: Mapping[str, Any]) -> Sender:
        sender_id = self._get(table, key, "sender", str, None)
        if sender_id is None:
            if "signature" not in table:
                raise self._error(f"{key}.sender", f"name a sender ({_list(sender_ids())}) or write [{key}.signature]")
            return self._read(key, lambda: read_sender(key, table))
        for part in ("signature", "handshake", "reply"):
            if part in table:
                raise self._error(f"{key}.{part}", "goes without sender: a sender brings its own")
        try:
            sender = load_sender(sender_id)
        except KeyError:
            raise self._error(f"{key}.sender", f"unknown {sender_id!r}; there are {_list(sender_ids())}") from None
        if "event" not in table:
            return sender
        where = self._read(f"{key}.event", lambda: places(self._get(table, key, "event", dict)))
        return replace(sender, places=where)

    def _public_url(self, table: Mapping[str, Any], key: str) -> str:
        url: str = self._get(table, key, "public_url", str, "")
        if url and not _URL.fullmatch(url):
            raise self._error(f"{key}.public_url", "must be the https URL as it was registered with the sender")
        return url

    def _parameters(self, table: Mapping[str, Any], key: str) -> dict[str, str]:
        parameters: dict[str, str] = self._get(table, key, "parameters", dict, {})
        for name, value in parameters.items():
            if not isinstance(value, str):
                raise self._error(f"{key}.parameters.{name}", "must be a string")
        return parameters

    def _secrets(self, table: Mapping[str, Any], key: str, *, keyless: bool) -> tuple[SecretReference, ...]:
        entries: list[object] = self._get(table, key, "secrets", list, [])
        if not entries and not keyless:
            raise self._error(f"{key}.secrets", 'name at least one, newest first: ["env:NAME"] or ["file:PATH"]')
        return tuple(self._reference(entry, f"{key}.secrets", number) for number, entry in enumerate(entries, 1))

    def _reference(self, entry: object, key: str, number: int) -> SecretReference:
        """One entry. It is never shown: it may be a secret that stands in the wrong place."""
        table = entry if isinstance(entry, dict) else {"ref": entry}
        if not table.keys() <= {"ref", "until"}:
            raise self._error(key, f"entry {number} has an unknown key; write {{ ref = ..., until = ... }}")
        reference = table.get("ref")
        if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
            raise self._error(key, f"entry {number} is no reference: write {_REFERENCES}")
        if "until" not in table:
            return SecretReference(reference)
        try:
            return SecretReference(reference, _end(table["until"]))
        except ValueError as error:
            raise self._error(key, f"entry {number}: until: {error}") from None

    def _workflow(self, name: str, table: Mapping[str, Any]) -> Workflow:
        key = f"workflows.{name}"
        self._known(table, key, _WORKFLOW)
        status = self._choice(table, key, "status", get_args(WorkflowStatus), "active")
        return Workflow(
            name,
            self._choice(table, key, "engine", ("stepfunctions",), None),
            self._get(table, key, "definition", str),
            self._get(table, key, "version", int, 1),
            cast(WorkflowStatus, status),
            self._schema(table, key),
            self._get(table, key, "public_output", bool, False),
        )

    def _schema(self, table: Mapping[str, Any], key: str) -> dict[str, Any] | None:
        name = self._get(table, key, "input_schema", str, None)
        if name is None:
            return None
        try:
            schema = json.loads((self._path.parent / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise self._error(f"{key}.input_schema", f"{name} cannot be read as JSON: {error}") from error
        if not isinstance(schema, dict):
            raise self._error(f"{key}.input_schema", f"{name} is not a JSON Schema: it must be an object")
        return schema

    def _read(self, key: str, read: Callable[[], T]) -> T:
        """What ``read`` gives; its ValueError ``KEY: mend`` becomes ours."""
        try:
            return read()
        except ValueError as error:
            inner, _, mend = str(error).partition(": ")
            raise self._error(f"{key}.{inner}", mend) from error

    def _tables(self, table: Mapping[str, Any], key: str) -> dict[str, dict[str, Any]]:
        tables: dict[str, dict[str, Any]] = self._get(table, "", key, dict, {})
        for name, content in tables.items():
            if not _NAME.fullmatch(name):
                raise self._error(f"{key}.{name}", "a name has lower-case letters, digits and inner hyphens, up to 63")
            if not isinstance(content, dict):
                raise self._error(f"{key}.{name}", f"must be a table: [{key}.{name}]")
        return tables

    def _choice(
        self, table: Mapping[str, Any], key: str, name: str, choices: tuple[str, ...], default: str | None
    ) -> str:
        value: str = self._get(table, key, name, str, default) if default else self._get(table, key, name, str)
        if value not in choices:
            raise self._error(f"{key}.{name}", f"{value!r} is none of {_list(choices)}")
        return value

    def _strings(self, table: Mapping[str, Any], key: str, name: str) -> tuple[str, ...]:
        values = self._get(table, key, name, list, [])
        if not all(isinstance(value, str) and value for value in values):
            raise self._error(f"{key}.{name}", "must be a list of strings")
        return tuple(values)

    def _get(self, table: Mapping[str, Any], key: str, name: str, kind: type[T], *default: Any) -> Any:
        value = table.get(name, *default) if default else table.get(name)
        full = f"{key}.{name}" if key else name
        if value is None and not default:
            raise self._error(full, "is missing")
        if value is not None and type(value) is not kind:
            raise self._error(full, f"must be a TOML {kind.__name__}, not {type(value).__name__}")
        return value

    def _known(self, table: Mapping[str, Any], key: str, known: tuple[str, ...]) -> None:
        for name in table:
            if name not in known:
                raise self._error(f"{key}.{name}" if key else name, f"unknown; known are {_list(known)}")

    def _error(self, key: str, mend: str) -> ConfigurationError:
        return ConfigurationError(self._path.name, key, mend)


def _end(until: object) -> int:
    """The end of a TOML date (after its whole day, in UTC) or a datetime, in seconds. Raises ValueError in words."""
    if isinstance(until, datetime):
        if until.tzinfo is None:
            raise ValueError("has no offset; write 2026-12-31T12:00:00Z")
        return int(until.timestamp())
    if isinstance(until, date):
        try:
            return int(datetime.combine(until + timedelta(days=1), time(), UTC).timestamp())
        except OverflowError:
            raise ValueError("is beyond the calendar; leave it out") from None
    raise ValueError("write a TOML date (2026-12-31) or datetime (2026-12-31T12:00:00Z), without quotes")


def _list(names: Any) -> str:
    return ", ".join(names) or "none"
