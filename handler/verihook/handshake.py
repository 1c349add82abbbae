"""Handshakes: requests by which a sender proves that the URL is ours.

A handshake never signs what a caller chose freely, or its answer would be a signature for a forged delivery.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verihook.request import Reply

#: Longer challenges are no sender's.
MAX_CHALLENGE = 1024


@dataclass(frozen=True, slots=True)
class EchoJson:
    """A signed JSON body whose ``field`` equals ``equals`` is answered with its member ``echo``, as plain text.

    Slack: https://docs.slack.dev/reference/events/url_verification
    """

    field: str
    equals: str
    echo: str

    def answer(self, content: object) -> Reply | None:
        """The answer to a verified body, None where it is no handshake."""
        if not isinstance(content, dict) or content.get(self.field) != self.equals:
            return None
        challenge = content.get(self.echo)
        if not isinstance(challenge, str) or not challenge.isascii() or not 0 < len(challenge) <= MAX_CHALLENGE:
            return None
        # nosniff: a browser must not take an echoed challenge for a page.
        return Reply(
            200,
            challenge.encode(),
            {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"},
        )


def handshake(table: Mapping[str, Any]) -> EchoJson | None:
    """The handshake of a sender's ``[handshake]`` table. Raises ValueError ``KEY: mend``."""
    if not table:
        return None
    match table:
        case {"kind": "echo-json", "field": str(field), "equals": str(equals), "echo": str(echo)}:
            return EchoJson(field, equals, echo)
    raise ValueError('kind: known is "echo-json" with field, equals and echo')
