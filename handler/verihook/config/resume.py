"""Reads ``resume``, ``metadata`` and ``waits`` of a source in hooks.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from verihook.config.table_reader import Reader
from verihook.model.expression import Expression
from verihook.model.resumption import DEFAULT_HOLD_HOURS, MAX_LABEL, MOST_HOLD_HOURS, OTHERWISE, Resume
from verihook.model.workflow import Workflow
from verihook.senders import Sender
from verihook.senders.tables import must_be_one_of

_KNOWN = ("workflow", "event", "match", "else", "hold_hours")

#: The names of events, as the API takes them.
_EVENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}", re.ASCII)

#: How many labels a source may match by, or give.
_MOST_LABELS = 10

_HINT = 'write "metadata.KEY" = "JMESPath of the event"'


def read_resume(reader: Reader, by_name: tuple[str, ...], workflows: Mapping[str, Workflow]) -> Resume | None:
    """Return ``resume`` of the source that ``reader`` reads; None if it has none. Raises ConfigurationError."""
    if "resume" not in reader.table:
        return None
    inner = Reader(reader.path, reader.full_key("resume"), reader.get("resume", dict), _KNOWN)
    _check_source(reader, inner, by_name)
    own = workflows.get(reader.table.get("workflow", ""))
    if own is not None and own.express:
        raise reader.error(
            "workflow", "with resume it is no Express machine: its end would be the answer to the sender"
        )
    name = resumed_workflow(reader, workflows)
    if workflows[name].engine == "function" or workflows[name].express:
        raise inner.error(
            "workflow", "must be one that can wait: a durable function, or a state machine that is not Express"
        )
    event = inner.get("event", str, None)
    if event is not None and not _EVENT.fullmatch(event):
        raise inner.error("event", "must have 1 to 128 letters, digits, dots, colons, hyphens or underscores")
    otherwise = inner.choice("else", OTHERWISE, "start")
    if "hold_hours" in inner.table and otherwise != "hold":
        raise inner.error("hold_hours", 'is for else = "hold"')
    hours = inner.number("hold_hours", DEFAULT_HOLD_HOURS, 1, MOST_HOLD_HOURS)
    return Resume(name, _match(inner), event, otherwise, hours * 3_600_000)


def resumed_workflow(reader: Reader, workflows: Mapping[str, Workflow]) -> str:
    """Return ``workflow`` of the table ``resume``, which the source has. Raises ConfigurationError if it is none."""
    inner = Reader(reader.path, reader.full_key("resume"), reader.get("resume", dict), _KNOWN)
    name: str = inner.get("workflow", str)
    if name not in workflows:
        raise inner.error("workflow", must_be_one_of(workflows, name))
    return name


def read_metadata(reader: Reader) -> dict[str, Expression]:
    """Return the expressions of ``metadata`` by the key of the label. Raises ConfigurationError."""
    table: dict[str, Any] = reader.get("metadata", dict, {})
    inner = Reader(reader.path, reader.full_key("metadata"), table, (*table,))
    return _expressions(inner, table)


def read_waits(reader: Reader, sender: Sender) -> bool:
    """Return ``waits``. Raises ConfigurationError if a delivery at another address could not be verified, or read."""
    waits: bool = reader.get("waits", bool, False)
    if waits and sender.places.body == "query":
        raise reader.error("waits", "is not for a source whose events are queries: its address has a query of its own")
    if waits and sender.places.each is not None:
        raise reader.error("waits", "is not for deliveries of several events: one delivery ends one wait")
    signs_url = "{url}" in getattr(sender.scheme, "message", "") and getattr(sender.scheme, "url", "") != "delivered"
    if waits and signs_url:
        raise reader.error("waits", "is not for a sender that signs the registered URL: the address is another one")
    return waits


def _match(inner: Reader) -> dict[str, Expression]:
    table: dict[str, Any] = inner.get("match", dict)
    matching = Reader(inner.path, inner.full_key("match"), table, (*table,))
    if not table:
        raise inner.error("match", f"name at least one label: {_HINT}")
    for name in table:
        if name != "tag" and name.removeprefix("metadata.") in (name, ""):
            raise matching.error(name, f'is no label: {_HINT}, or "tag" = ...')
    return _expressions(matching, table)


def _expressions(inner: Reader, table: Mapping[str, Any]) -> dict[str, Expression]:
    if len(table) > _MOST_LABELS:
        raise inner.error("", f"must be {_MOST_LABELS} labels at most")
    found = {}
    for name in table:
        if not 0 < len(name) <= MAX_LABEL or not name.isprintable():
            raise inner.error(name, f"a label's name has 1 to {MAX_LABEL} printable characters")
        try:
            found[name] = Expression(inner.full_key(name), inner.get(name, str))
        except ValueError as error:
            raise inner.error(name, str(error)) from error
    return found


def _check_source(reader: Reader, inner: Reader, by_name: tuple[str, ...]) -> None:
    """Raise ConfigurationError for what does not go together with ``resume``."""
    if by_name:
        raise reader.error("workflows", "a source with resume starts one workflow: name it in workflow")
    if reader.table.get("duplicates") == "restart":
        raise reader.error("duplicates", "with resume a redelivery restarts nothing: use return or reject")
    for key in ("delay", "start_at"):
        if key in reader.table and inner.table.get("else", "start") != "start":
            raise reader.error(key, 'is for what is started: use else = "start", or leave it out')
