"""``[api]``, ``[callbacks]`` and ``[connections.NAME]``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from verihook.config.table_reader import Reader
from verihook.model.connection import Connection
from verihook.model.loopback import is_on_loopback
from verihook.model.policy import Policy
from verihook.senders.references import REFERENCES, is_reference

_API = (
    "auth",
    "starts_per_minute",
    "limits_fail",
    "idempotency_hours",
    "dapr_conflict",
    "dapr_components",
    "dapr_terminate_output",
    "console",
)
_CALLBACKS = ("allow",)
_CONNECTION = ("url", "secret", "header", "prefix")
#: A component's name is a segment of a path (https://docs.dapr.io/operations/components/component-schema/).
_COMPONENT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", re.ASCII)
_HEADER = re.compile(r"[A-Za-z0-9-]+", re.ASCII)
_ORIGIN = re.compile(r"https?://[^/?#@\s]+", re.ASCII)
_URL = re.compile(r"https?://[^\s?#@]+", re.ASCII)


def read_policy(
    path: Path, table: Mapping[str, Any], callbacks: Mapping[str, Any], workflows: Collection[str]
) -> Policy:
    """Return the rules of the API. ``workflows``: names that no component may have. Raises ConfigurationError."""
    reader = Reader(path, "api", table, _API)
    conflict = reader.get("dapr_conflict", int, 500)
    if conflict not in (500, 409):
        raise reader.error("dapr_conflict", "must be 500, as Dapr itself, or 409")
    # 0 means no limit, as TOML has no null.
    starts = reader.number("starts_per_minute", 500, 0, 60_000)
    return Policy(
        reader.choice("auth", ("required", "open"), "required"),
        starts or None,
        reader.choice("limits_fail", ("open", "closed"), "closed"),
        reader.number("idempotency_hours", 24, 1, 24 * 30),
        conflict,
        _components(reader, workflows),
        reader.get("dapr_terminate_output", bool, False),
        _origins(Reader(path, "callbacks", callbacks, _CALLBACKS)),
        reader.get("console", bool, True),
    )


def _origins(reader: Reader) -> tuple[str, ...]:
    origins = reader.strings("allow")
    for each in origins:
        if not _ORIGIN.fullmatch(each) or not is_on_loopback(each):
            raise reader.error(
                "allow", f"{each[:63]!r}: write an origin on this machine, such as http://127.0.0.1:9000"
            )
    return tuple(each.lower() for each in origins)


def _components(reader: Reader, workflows: Collection[str]) -> tuple[str, ...]:
    name = "dapr_components"
    components = reader.strings(name) if name in reader.table else ("dapr",)
    if not components:
        raise reader.error(name, 'name at least one, as in ["dapr"]')
    for each in components:
        if not _COMPONENT.fullmatch(each):
            raise reader.error(name, f"{each[:63]!r}: a name has letters, digits and inner dots, hyphens, underscores")
        if each in workflows:
            raise reader.error(name, f"{each!r} is a workflow's name, too; rename one of them")
    return components


def _has_a_port_or_none(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def read_connection(path: Path, name: str, table: Mapping[str, Any]) -> Connection:
    """Return the connection ``name``. Raises ConfigurationError."""
    reader = Reader(path, f"connections.{name}", table, _CONNECTION)
    url = reader.get("url", str)
    if not _URL.fullmatch(url) or not _has_a_port_or_none(url):
        raise reader.error("url", "must be an http or https URL without a user, a query or a fragment")
    secret = reader.get("secret", str, "")
    if secret and not is_reference(secret):
        raise reader.error("secret", f"is not a reference: write {REFERENCES}")
    header = reader.get("header", str, "authorization")
    if not _HEADER.fullmatch(header):
        raise reader.error("header", "must be the name of a header")
    return Connection(name, url, secret, header.lower(), reader.get("prefix", str, "Bearer "))
