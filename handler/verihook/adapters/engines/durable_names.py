"""The name of an attempt as Lambda takes it: ``[A-Za-z0-9-_]{1,64}``; our own name has a dot and may be longer.

    id           id            the first attempt: the instance id itself
    id.2         -2-id         a later one; no instance id begins with a hyphen, so no name is taken twice
    id.2         --2-HASH      if that is longer than 64 characters: 40 hex digits of the id's SHA-256

The id cannot be read from its hash, so the input of such an execution is wrapped:

    {"verihookInstance": {"id", "attempt", "connection"?}, "verihookInput": the input}

and :func:`without_instance` unwraps it. Wrapped are also the input of a start that chose a connection, and an input
that has a member ``verihookInstance`` of its own, whatever the name: what a sender or a caller wrote is never taken for
our wrapping. A wrapping counts only if its instance has the name of the execution. A recorder of status events that has
the name alone asks for the input, or leaves the instance to reconcile.
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from verihook.model.instance import INSTANCE_ID, execution_name, parse_execution_name

LONGEST = 64
INSTANCE = "verihookInstance"
VALUE = "verihookInput"

#: The beginning of a name that holds a hash.
_HASHED = "--"

_LATER = re.compile(r"-([2-9]|[1-9][0-9]{1,8})-(.+)", re.ASCII)


def durable_name(name: str) -> str:
    """Return the name in Lambda for a name that :func:`verihook.model.instance.execution_name` made."""
    instance_id, dot, attempt = name.partition(".")
    if not dot:
        return name
    plain = f"-{attempt}-{instance_id}"
    if len(plain) <= LONGEST:
        return plain
    return f"{_HASHED}{attempt}-{hashlib.sha256(instance_id.encode()).hexdigest()[:40]}"


def parse_durable_name(name: str) -> tuple[str, int] | None:
    """The instance id and attempt; None for a name that is not ours, and for one that holds a hash."""
    later = _LATER.fullmatch(name)
    if later is None:
        return (name, 1) if INSTANCE_ID.fullmatch(name) else None
    return (later[2], int(later[1])) if INSTANCE_ID.fullmatch(later[2]) else None


def with_instance(name: str, input: str, content: Any, connection: str | None = None) -> str:
    """Return the input to start ``name`` with, JSON text; ``content`` is ``input`` parsed.

    That is ``input`` itself, unless a connection was chosen, the name in Lambda holds a hash, or the content has a
    member ``verihookInstance``.
    """
    parsed = parse_execution_name(name)
    ours = isinstance(content, dict) and INSTANCE in content
    if parsed is None or not (connection or ours or durable_name(name).startswith(_HASHED)):
        return input
    chosen = {} if connection is None else {"connection": connection}
    instance = json.dumps({"id": parsed[0], "attempt": parsed[1], **chosen})
    return f'{{"{INSTANCE}":{instance},"{VALUE}":{input}}}'


def instance_of(name: str, input: Callable[[], Any]) -> tuple[str, int] | None:
    """The instance id and attempt of an execution, by its name in Lambda; None if it is not ours.

    ``input`` gives the execution's input, parsed, and is called only if the name holds a hash.
    """
    if not name.startswith(_HASHED):
        return parse_durable_name(name)
    wrapped = _wrapped(input())
    return wrapped if wrapped is not None and durable_name(execution_name(*wrapped)) == name else None


def connection_of(name: str, event: Any) -> str | None:
    """Return the connection that the start of an execution chose, by its name in Lambda and its parsed input."""
    wrapped = _wrapped(event)
    if wrapped is None or durable_name(execution_name(*wrapped)) != name:
        return None
    chosen = event[INSTANCE].get("connection")
    return chosen if isinstance(chosen, str) else None


def without_instance(event: Any) -> Any:
    """Return the input that the instance was started with. ``event``: what :func:`with_instance` made of it, parsed."""
    return event if _wrapped(event) is None else event[VALUE]


def _wrapped(event: Any) -> tuple[str, int] | None:
    """Return the instance id and attempt in the wrapping; None for an event that is not wrapped."""
    if not isinstance(event, dict) or event.keys() != {INSTANCE, VALUE} or not isinstance(event[INSTANCE], dict):
        return None
    id, attempt = event[INSTANCE].get("id"), event[INSTANCE].get("attempt")
    return (id, attempt) if isinstance(id, str) and INSTANCE_ID.fullmatch(id) and isinstance(attempt, int) else None
