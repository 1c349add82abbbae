"""A delivery while its signature is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verihook.request import Request


@dataclass(slots=True)
class Delivery:
    """A request, and what was read of it so far.

    ``content``: the JSON body, where the signature or what it covers stands in it. ``timestamp``: its text as sent.
    """

    request: Request
    content: Mapping[str, Any] | None = None
    timestamp: str = ""
