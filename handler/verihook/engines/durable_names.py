"""The name of an attempt as Lambda takes it: ``[A-Za-z0-9-_]{1,64}``, where ours has a dot and may be longer.

    id           id            the first attempt: the instance id itself
    id.2         -2-id         a later one; no instance id begins with a hyphen, so no name is taken twice
    id.2         --2-HASH      where that is longer than 64 characters: 40 hex digits of the id's SHA-256

A hash tells no id. The input of such an execution does: it has a member ``verihookInstance`` with id and attempt (an
input that is no object is wrapped), which :func:`without_instance` takes away again. Whoever has the name alone, as a
recorder of status events, finds the instance in that input, or leaves it to reconcile.
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from verihook.instance import INSTANCE_ID, parse_execution_name

LONGEST = 64
INSTANCE = "verihookInstance"
VALUE = "verihookInput"

_LATER = re.compile(r"-([2-9]|[1-9][0-9]{1,8})-(.+)", re.ASCII)


def durable_name(name: str) -> str:
    """The name in Lambda for one of :func:`verihook.instance.execution_name`."""
    instance_id, dot, attempt = name.partition(".")
    if not dot:
        return name
    plain = f"-{attempt}-{instance_id}"
    return plain if len(plain) <= LONGEST else f"--{attempt}-{hashlib.sha256(instance_id.encode()).hexdigest()[:40]}"


def parse_durable_name(name: str) -> tuple[str, int] | None:
    """The instance id and attempt; None for a name that is not ours, and for one that holds a hash."""
    later = _LATER.fullmatch(name)
    if later is None:
        return (name, 1) if INSTANCE_ID.fullmatch(name) else None
    return (later[2], int(later[1])) if INSTANCE_ID.fullmatch(later[2]) else None


def with_instance(name: str, input: str) -> str:
    """The input to start ``name`` with, JSON text: another one only where the name in Lambda holds a hash."""
    parsed = parse_execution_name(name)
    if parsed is None or not durable_name(name).startswith("--"):
        return input
    head = f'{{"{INSTANCE}":{json.dumps({"id": parsed[0], "attempt": parsed[1]})},'
    text = input.strip()
    if not text.startswith("{"):
        return f'{head}"{VALUE}":{text}}}'
    return head + text[1:] if text[1:].lstrip() != "}" else head[:-1] + "}"


def instance_in(event: Any) -> tuple[str, int] | None:
    """The instance that :func:`with_instance` wrote into an input; None where it wrote nothing."""
    member = event.get(INSTANCE) if isinstance(event, dict) else None
    if not isinstance(member, dict):
        return None
    id, attempt = member.get("id"), member.get("attempt")
    if isinstance(id, str) and INSTANCE_ID.fullmatch(id) and isinstance(attempt, int):
        return id, attempt
    return None


def without_instance(event: Any) -> Any:
    """What the instance was started with."""
    if instance_in(event) is None:
        return event
    if set(event) == {INSTANCE, VALUE}:
        return event[VALUE]
    return {key: value for key, value in event.items() if key != INSTANCE}
