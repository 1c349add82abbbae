"""Handshakes that the sender signs: answered after verification, on the parsed body."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from verihook.request import Reply, Request
from verihook.senders.handshake.binding import (
    BoundHandshake,
    HandshakeContext,
    checked_token,
    echo_reply,
    json_answer,
    json_equal,
)
from verihook.strict_json import member, split_path


@dataclass(frozen=True, slots=True)
class EchoJson:
    """A JSON body whose member ``field`` equals ``equals`` is answered with its member ``echo``, as plain text.

    ``member``: the answer is JSON, with this member.
    Slack: https://docs.slack.dev/reference/events/url_verification
    """

    field: str
    equals: str
    echo: str
    member: str = ""

    def bind(self, context: HandshakeContext) -> BoundHandshake:  # noqa: ARG002
        """See :class:`~verihook.senders.handshake.Handshake`."""

        def answer(request: Request, content: object) -> Reply | None:  # noqa: ARG001
            if not json_equal(member(content, split_path(self.field)), self.equals):
                return None
            reply = echo_reply(member(content, split_path(self.echo)), signed=True)
            return json_answer({self.member: reply.body.decode()}) if self.member else reply

        return BoundHandshake(signed=answer)


@dataclass(frozen=True, slots=True)
class EchoByHeader:
    """A delivery whose ``header`` equals ``equals`` is answered with the member ``echo`` of its body, as plain text.

    ``echo`` may begin with ``[0].``: the body is a list of one. ``member``: the answer is JSON, with this member.

    One whose header is among ``acknowledge`` is answered 204 and starts nothing. Twitch does not sign this header, so
    a body with the member ``absent``, which only a notification has, is never taken for a handshake.
    Twitch: https://dev.twitch.tv/docs/eventsub/handling-webhook-events/#responding-to-a-challenge-request
    Azure Event Grid: https://learn.microsoft.com/en-us/azure/event-grid/end-point-validation-event-grid-events-schema
    """

    header: str
    equals: str
    echo: str
    acknowledge: list[str] = field(default_factory=list)
    absent: str = ""
    member: str = ""

    def bind(self, context: HandshakeContext) -> BoundHandshake:  # noqa: ARG002
        """See :class:`~verihook.senders.handshake.Handshake`."""
        header, path = self.header.lower(), split_path(self.echo.removeprefix("[0]."))
        listed = self.echo.startswith("[0].")

        def answer(request: Request, content: object) -> Reply | None:
            kind = request.header(header)
            if _has_member(content, self.absent):
                return None
            if kind in self.acknowledge:
                return Reply(204)
            if kind != self.equals:
                return None
            only = content[0] if listed and isinstance(content, list) and len(content) == 1 else content
            reply = echo_reply(member(only, path), signed=True)
            return json_answer({self.member: reply.body.decode()}) if self.member else reply

        return BoundHandshake(signed=answer)


@dataclass(frozen=True, slots=True)
class HmacJson:
    """A JSON body whose member ``field`` equals ``equals``: the token at ``token`` comes back with its HMAC.

    The answer is ``{plain: token, mac: hex of HMAC-SHA256(newest secret, token)}``; the token must not
    be a possible message of the sender: see :func:`~verihook.senders.handshake.binding.checked_token`.
    Zoom: https://developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint
    """

    field: str
    equals: str
    token: str
    plain: str
    mac: str

    def bind(self, context: HandshakeContext) -> BoundHandshake:
        """See :class:`~verihook.senders.handshake.Handshake`."""

        def answer(request: Request, content: object) -> Reply | None:  # noqa: ARG001
            if not json_equal(member(content, split_path(self.field)), self.equals):
                return None
            text = checked_token(member(content, split_path(self.token)))
            mac = hmac.digest(context.newest_secret(), text.encode(), "sha256")
            return json_answer({self.plain: text, self.mac: mac.hex()})

        return BoundHandshake(signed=answer)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A body whose member ``field`` equals a reply's ``equals`` gets that reply; it starts nothing.

    Each of ``replies``: ``equals`` (any TOML value), ``status``, and optionally ``json`` (a table, the answer's body)
    and ``absent`` (a member that the body must not have).
    Discord: https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint-validating-security-request-headers
    and https://docs.discord.com/developers/events/webhook-events#preparing-for-events
    Xero, "intent to receive": https://developer.xero.com/documentation/guides/webhooks/configuring-your-server/
    """

    field: str
    replies: list[dict[str, Any]]

    def __post_init__(self) -> None:
        for number, reply in enumerate(self.replies, 1):
            unknown = set(reply) - {"equals", "status", "json", "absent"}
            if unknown or "equals" not in reply:
                raise ValueError(f"replies: number {number} has equals, and takes status, json and absent")
            if not isinstance(reply.get("json", {}), dict) or not isinstance(reply.get("absent", ""), str):
                raise ValueError(f"replies: number {number}: json is a table, absent a member's name")
            if reply.get("status") not in (200, 204) or (reply["status"] == 204 and "json" in reply):
                raise ValueError(f"replies: number {number}: status is 200, or 204 without json")

    def bind(self, context: HandshakeContext) -> BoundHandshake:  # noqa: ARG002
        """See :class:`~verihook.senders.handshake.Handshake`."""

        def answer(request: Request, content: object) -> Reply | None:  # noqa: ARG001
            for reply in self.replies:
                if _matches(reply, self.field, content):
                    return json_answer(reply["json"]) if "json" in reply else Reply(reply["status"])
            return None

        return BoundHandshake(signed=answer)


def _matches(reply: Mapping[str, Any], name: str, content: object) -> bool:
    if _has_member(content, reply.get("absent", "")):
        return False
    return json_equal(member(content, split_path(name)), reply["equals"])


def _has_member(content: object, name: str) -> bool:
    """Whether the body has a member of this name, which no handshake has; False for ""."""
    return bool(name) and isinstance(content, dict) and name in content
