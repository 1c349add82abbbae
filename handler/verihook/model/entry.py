"""What an entry is called with and what it returns: the operator's own code between a proven delivery and its workflow.

    from verihook.authoring import EntryRequest, Ignore, Reply, Start

    def decide(request: EntryRequest) -> Start | Ignore | Reply:
        if request.event.content.get("test"):
            return Ignore("a test")
        return Start({"order": request.event.content["id"]})

A plain dict is the same as Start of it, None the same as Ignore. How to write one: docs/entries.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class EntryEvent:
    """The event of the delivery: its parsed body, and the id and type that the sender gave it, None if it gave none."""

    content: Any
    source: str
    id: str | None = None
    type: str | None = None


@dataclass(frozen=True, slots=True)
class EntryRequest:
    """A delivery whose signature is right.

    ``query`` as it came, percent-encoded, "" if there was none. ``headers``: names in lower case, of a repeated one the
    first value; none that may hold a secret. ``body``: the exact bytes. From a feed, ``path`` is its ARN.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    event: EntryEvent


@dataclass(frozen=True, slots=True)
class Reply:
    """What the sender is answered.

    ``body``: bytes or a text as they are, None for nothing, anything else as JSON. ``headers``: of the names that
    docs/entries.md lists.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Start:
    """The source's workflow starts with this input, a JSON value. ``reply``: what the sender is answered then."""

    input: Any
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Ignore:
    """Nothing starts. ``reason``: for the operator, in the log."""

    reason: str = ""
