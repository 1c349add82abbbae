"""Reads a table ``[sources.NAME]`` of hooks.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verihook.config.each import with_each
from verihook.config.entries import read_entry
from verihook.config.secret_references import read_secrets
from verihook.config.table_reader import Reader, listed
from verihook.model.delivery import DEFAULT_KEEP_DAYS
from verihook.model.header_rule import may_hold_secret
from verihook.model.source import (
    CHANGED_POLICIES,
    DEFAULT_BODY,
    DUPLICATE_POLICIES,
    KEEPS,
    MAX_BODY,
    MOST_KEEP_HEADERS,
    MOST_PASS_HEADERS,
    MOST_WORKFLOWS,
    PAUSED_POLICIES,
    REPLAY_POLICIES,
    Source,
)
from verihook.model.workflow import Workflow
from verihook.records import replace
from verihook.senders import PARTS, Sender, changed_sender, load_sender, read_sender, sender_ids
from verihook.senders.event import BODIES
from verihook.senders.schemes import Scheme
from verihook.senders.tables import must_be_one_of

if TYPE_CHECKING:
    from verihook.model.expression import Expression
    from verihook.model.lock import Lock
    from verihook.model.resumption import Resume

_URL = re.compile(r"https?://[^\s#]+", re.ASCII)
_ARN = re.compile(r"arn:[a-z-]+:(sqs|sns|events):[a-z0-9-]*:[0-9]{12}:\S+", re.ASCII)
_KNOWN = (
    "sender",
    "signature",
    "event",
    "handshake",
    "reply",
    "secrets",
    "workflow",
    "workflows",
    "types",
    "body",
    "each",
    "delay",
    "start_at",
    "on_paused",
    "ordering",
    "when",
    "transform",
    "entry",
    "duplicates",
    "changed",
    "replays",
    "by_body",
    "max_body",
    "starts_per_minute",
    "public_url",
    "parameters",
    "feed",
    "keep",
    "keep_days",
    "keep_headers",
    "pass_headers",
    "metadata",
    "resume",
    "waits",
    "allow_ips",
    "client_certificates",
)


def read_source(path: Path, name: str, table: Mapping[str, Any], workflows: Mapping[str, Workflow]) -> Source:
    """Return the source ``name``. ``workflows``: all of hooks.toml, by name. Raises ConfigurationError."""
    reader = Reader(path, f"sources.{name}", table, _KNOWN)
    by_name = reader.strings("workflows")
    workflow = reader.get("workflow", str, *(by_name[:1] or _resumed_workflow(reader, workflows)))
    _check_workflows(reader, workflow, by_name, workflows)
    feed = _feed(reader)
    sender = with_each(reader, _with_body(reader, _sender(reader)), [workflows[each] for each in (workflow, *by_name)])
    source = Source(
        name,
        sender,
        read_secrets(reader, needed=not (sender.scheme.keyless or feed)),
        workflow,
        reader.strings("types"),
        reader.choice("duplicates", DUPLICATE_POLICIES, "return"),
        reader.number("max_body", DEFAULT_BODY, 1, MAX_BODY),
        _public_url(reader),
        _parameters(reader),
        reader.choice("changed", CHANGED_POLICIES, "return"),
        reader.get("by_body", bool, None),
        reader.number("starts_per_minute", None, 1, 60_000),
        feed,
        reader.choice("replays", REPLAY_POLICIES) if "replays" in table else None,
        _expression(reader, "when"),
        _expression(reader, "transform"),
        reader.choice("keep", KEEPS, "facts"),
        reader.number("keep_days", DEFAULT_KEEP_DAYS, 1, 400),
        _headers(reader, sender, "keep_headers", MOST_KEEP_HEADERS),
        _headers(reader, sender, "pass_headers", MOST_PASS_HEADERS),
        by_name,
        _expression(reader, "delay"),
        _expression(reader, "start_at"),
        reader.choice("on_paused", PAUSED_POLICIES, "hold"),
        *_waiting(reader, sender, by_name, workflows),
        ordering=_ordering(reader, sender, (workflow, *by_name), workflows),
        entry=read_entry(reader, sender),
        lock=_lock(reader, sender),
    )
    _check_start_time(reader, workflows[workflow])
    return _checked(reader, source)


def _feed(reader: Reader) -> str:
    feed: str = reader.get("feed", str, "")
    if feed and not _ARN.fullmatch(feed):
        raise reader.error("feed", "must be the ARN of an SQS queue, an SNS topic or an EventBridge bus or rule")
    return feed


def _lock(reader: Reader, sender: Sender) -> Lock | None:
    if reader.table.keys().isdisjoint(("allow_ips", "client_certificates")):
        return None
    # Imported here, as in _expression.
    from verihook.config.locks import read_lock

    return read_lock(reader, sender.id)


def _resumed_workflow(reader: Reader, workflows: Mapping[str, Workflow]) -> tuple[str, ...]:
    """Return the default of ``workflow``: that of ``resume``, if the source starts none of its own."""
    table = reader.table.get("resume")
    if "workflow" in reader.table or not isinstance(table, dict) or table.get("else", "start") == "start":
        return ()
    # Imported here, as in _expression.
    from verihook.config.resume import resumed_workflow

    return (resumed_workflow(reader, workflows),)


def _waiting(
    reader: Reader, sender: Sender, by_name: tuple[str, ...], workflows: Mapping[str, Workflow]
) -> tuple[dict[str, Expression], Resume | None, bool]:
    """Return ``metadata``, ``resume`` and ``waits``."""
    if reader.table.keys().isdisjoint(("metadata", "resume", "waits")):
        return {}, None, False
    # Imported here, as in _expression.
    from verihook.config.resume import read_metadata, read_resume, read_waits

    return read_metadata(reader), read_resume(reader, by_name, workflows), read_waits(reader, sender)


def _ordering(
    reader: Reader, sender: Sender, names: tuple[str, ...], workflows: Mapping[str, Workflow]
) -> Expression | None:
    """Return ``ordering``, and tell the workflows of it. Raises ConfigurationError if one of them cannot wait."""
    ordering = _expression(reader, "ordering")
    if ordering is None:
        return None
    if sender.places.each is not None:
        raise reader.error(
            "ordering", "is not for deliveries of several events, which start after the answer, together"
        )
    for key in ("resume", "waits"):
        if key in reader.table:
            raise reader.error("ordering", f"is for events that start an instance; leave it out, or {key}")
    for name in names:
        if workflows[name].express:
            raise reader.error("ordering", "is not for an Express machine: its end is the answer to the sender")
        workflows[name].ordered = True
    return ordering


def _checked(reader: Reader, source: Source) -> Source:
    """Return the source. Raises ConfigurationError if ``replays`` is for deliveries that it does not have."""
    if source.replays is not None and not source.replayable:
        raise reader.error(
            "replays",
            "is for senders that sign their body and neither the event's id nor a time; docs/senders.md lists them. "
            "Leave it out (without event ids, by_body = true makes equal bodies one event)",
        )
    return source


def _sender(reader: Reader) -> Sender:
    sender_id = reader.get("sender", str, None)
    if sender_id is None:
        if "signature" not in reader.table:
            raise reader.error(
                "sender", f"name a sender ({listed(sender_ids())}) or write [{reader.full_key('signature')}]"
            )
        return reader.translated("", lambda: read_sender(reader.full_key(""), reader.table))
    changes = {part: reader.table[part] for part in PARTS if part in reader.table}
    try:
        if not changes:
            return load_sender(sender_id)
        return reader.translated("", lambda: changed_sender(sender_id, changes))
    except KeyError:
        raise reader.error("sender", must_be_one_of(sender_ids(), sender_id)) from None


def _check_workflows(
    reader: Reader, workflow: str, by_name: tuple[str, ...], workflows: Mapping[str, Workflow]
) -> None:
    """Raise ConfigurationError unless ``workflow`` and those in ``by_name`` are there, each once."""
    if workflow not in workflows:
        raise reader.error("workflow", must_be_one_of(workflows, workflow))
    for name in by_name:
        if name not in workflows:
            raise reader.error("workflows", must_be_one_of(workflows, name))
    named = [*by_name, *([workflow] if "workflow" in reader.table else [])]
    if len(set(named)) < len(named):
        raise reader.error("workflows", "name each workflow once, in workflow or in workflows")
    if len(named) > MOST_WORKFLOWS:
        raise reader.error("workflows", f"must be {MOST_WORKFLOWS} at most")
    if len(named) > 1 and any(workflows[name].express for name in named):
        raise reader.error("workflows", "an Express machine goes alone: its end is the answer to the sender")


def _check_start_time(reader: Reader, workflow: Workflow) -> None:
    for key in ("delay", "start_at"):
        if key in reader.table and workflow.express:
            raise reader.error(key, "is not for an Express machine: its end is the answer to the sender")
    if "delay" in reader.table and "start_at" in reader.table:
        raise reader.error("delay", "start_at is there, too; give one of them")


def _with_body(reader: Reader, sender: Sender) -> Sender:
    """Return the sender with the format of the source's bodies, if the source names one."""
    if sender.places.token:
        if "body" in reader.table:
            raise reader.error("body", "leave it out: the claims of the sender's token are the event")
        return sender
    body = reader.choice("body", BODIES, sender.places.body)
    if sender.places.envelope and body != "json":
        raise reader.error("body", "leave it out: a CloudEvent says itself what its data is")
    if body == "query" and not _covers_query(sender.scheme):
        raise reader.error("body", 'query needs a signature of {url} with url = "delivered", or a token')
    return replace(sender, places=replace(sender.places, body=body))


def _covers_query(scheme: Scheme) -> bool:
    """Whether no part of a delivery's query can be changed without the secret. A token allows everything."""
    from verihook.senders.schemes.token import TokenScheme

    if isinstance(scheme, TokenScheme):
        return True
    return getattr(scheme, "url", "") == "delivered" and "{url}" in getattr(scheme, "message", "")


def _expression(reader: Reader, key: str) -> Expression | None:
    text = reader.get(key, str, None)
    if text is None:
        return None
    # Imported here: few sources have one, and its library takes longer to import than all that reads hooks.toml.
    from verihook.model.expression import Expression

    try:
        return Expression(key, text)
    except ValueError as error:
        raise reader.error(key, str(error)) from error


def _headers(reader: Reader, sender: Sender, key: str, most: int) -> tuple[str, ...]:
    """Return the names of headers to keep, or to pass on, in lower case; none that may hold a secret."""
    names = tuple(name.lower() for name in reader.strings(key))
    for name in names:
        if may_hold_secret(name, sender):
            raise reader.error(key, f"{name!r} may hold a secret, and is never kept; leave it out")
    if len(names) > most:
        raise reader.error(key, f"must be {most} names at most")
    return names


def _public_url(reader: Reader) -> str:
    url: str = reader.get("public_url", str, "")
    if url and not _URL.fullmatch(url):
        raise reader.error("public_url", "must be the https URL as it was registered with the sender")
    return url


def _parameters(reader: Reader) -> dict[str, str]:
    parameters: dict[str, str] = reader.get("parameters", dict, {})
    for name, value in parameters.items():
        if not isinstance(value, str):
            raise reader.error(f"parameters.{name}", "must be a text")
    return parameters
