"""Handshakes that the sender does not sign: answered before verification. Nothing is started, fetched or written."""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass, field

from verihook.errors import HandshakeRefused, SecretsUnavailable, SignatureError
from verihook.request import Reply, Request
from verihook.senders.handshake.binding import (
    MAX_TOKEN,
    BoundHandshake,
    HandshakeContext,
    checked_token,
    echo_reply,
    json_answer,
    json_equal,
    lone_member,
    may_sign,
)
from verihook.strict_json import parse_unverified

#: The host of an origin, with its port if it has one.
_ORIGIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?(:[0-9]{1,5})?", re.ASCII)

#: What may come back of an encrypted text that is not proven; Lark's is a UUID. A block that was put in becomes 16
#: random bytes, which have this form once in four billion times.
_UNPROVEN = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)

#: The number of a ping has fewer digits.
MAX_DIGITS = 20


@dataclass(frozen=True, slots=True)
class EchoQuery:
    """The query parameter ``echo`` comes back as text, if the parameters of ``equals`` have their values.

    ``method``: of the request. ``spaces``: whether there may be some in the text. ``member``: it comes back as this
    member of a JSON object. If ``token`` names a parameter, it
    must equal the secret that the source's ``parameters.verify_token`` refers to.
    Microsoft Graph: https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks
    Meta: https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests
    Dropbox: https://www.dropbox.com/developers/reference/webhooks
    Strava: https://developers.strava.com/docs/webhooks/
    """

    echo: str
    equals: dict[str, str] = field(default_factory=dict)
    token: str = ""
    method: str = "GET"
    spaces: bool = False
    member: str = ""

    def bind(self, context: HandshakeContext) -> BoundHandshake:
        """See :class:`~verihook.senders.handshake.Handshake`."""
        reference = context.reference("verify_token") if self.token else ""

        def answer(request: Request) -> Reply | None:
            if request.method != self.method or (challenge := request.parameter(self.echo)) is None:
                return None
            if any(request.parameter(name) != value for name, value in self.equals.items()):
                return None
            if self.token:
                given = (request.parameter(self.token) or "").encode("utf-8", "surrogatepass")
                expected = context.values(reference)
                if not expected:
                    raise SecretsUnavailable("The token of this source could not be read.")
                if not sum([hmac.compare_digest(given, value.encode()) for value in expected]):
                    raise SignatureError("verify-token-mismatch")
            reply = echo_reply(challenge, signed=False, spaces=self.spaces)
            return json_answer({self.member: reply.body.decode()}) if self.member else reply

        return BoundHandshake(unsigned=answer)


@dataclass(frozen=True, slots=True)
class HeaderToJson:
    """GET: the value of ``header`` comes back as the member ``member`` of a JSON object.

    Okta: https://developer.okta.com/docs/concepts/event-hooks/#one-time-verification-request
    """

    header: str
    member: str

    def bind(self, context: HandshakeContext) -> BoundHandshake:  # noqa: ARG002
        """See :class:`~verihook.senders.handshake.Handshake`."""
        header = self.header.lower()

        def answer(request: Request) -> Reply | None:
            if request.method != "GET" or (value := request.header(header)) is None:
                return None
            return json_answer({self.member: echo_reply(value, signed=False).body.decode()})

        return BoundHandshake(unsigned=answer)


@dataclass(frozen=True, slots=True)
class EchoBody:
    """POST of a JSON object with the one member ``member``: the same comes back.

    monday: https://developer.monday.com/api-reference/reference/webhooks
    """

    member: str

    def bind(self, context: HandshakeContext) -> BoundHandshake:  # noqa: ARG002
        """See :class:`~verihook.senders.handshake.Handshake`."""

        def answer(request: Request) -> Reply | None:
            value = lone_member(request, self.member)
            return None if value is None else json_answer({self.member: echo_reply(value, signed=False).body.decode()})

        return BoundHandshake(unsigned=answer)


@dataclass(frozen=True, slots=True)
class EchoEncrypted:
    """POST of a JSON object with the one member ``member``, which is encrypted: the text inside comes back.

    Inside, decrypted with the newest secret, is an object of three members: ``field``, which equals ``equals``;
    ``token``, which equals the secret that the source's ``parameters.verify_token`` refers to; and ``echo``, which
    comes back as the same member of a JSON object.

    Nothing proves who has encrypted it, and any caller can join blocks of messages that were captured. So there is no
    room for a block that was put in, and all that is not right has one answer: verification refuses it.
    Lark: https://open.larkoffice.com/document/ukTMukTMukTM/uYDNxYjL2QTM24iN0EjN/event-subscription-configure-/encrypt-key-encryption-configuration-case
    """

    member: str
    field: str
    equals: str
    token: str
    echo: str

    def __post_init__(self) -> None:
        # A source that cannot decrypt must not load.
        import verihook.senders.handshake.decryption  # noqa: F401

    def bind(self, context: HandshakeContext) -> BoundHandshake:
        """See :class:`~verihook.senders.handshake.Handshake`."""
        from verihook.senders.handshake.decryption import decrypted

        reference = context.reference("verify_token")

        def answer(request: Request) -> Reply | None:
            if (encrypted := lone_member(request, self.member)) is None:
                return None
            tokens = context.values(reference)
            if not tokens:
                raise SecretsUnavailable("The token of this source could not be read.")
            text, is_whole = decrypted(encrypted, context.newest_secret())
            challenge = self._challenge(text, tokens)
            return json_answer({self.echo: challenge}) if is_whole and challenge else None

        return BoundHandshake(unsigned=answer)

    def _challenge(self, text: bytes, tokens: tuple[str, ...]) -> str:
        """The challenge in the text; "" unless all is as it must be, which is looked at in any case."""
        try:
            content = parse_unverified(text)
        except SignatureError:
            content = {}
        given, challenge = _text(content.get(self.token)), _text(content.get(self.echo))
        checks = (
            given,
            sum([hmac.compare_digest(given.encode(), value.encode()) for value in tokens]),
            json_equal(content.get(self.field), self.equals),
            _UNPROVEN.fullmatch(challenge),
            content.keys() == {self.field, self.token, self.echo},
        )
        return challenge if all(checks) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class AllowOrigin:
    """OPTIONS with ``WebHook-Request-Origin``: the origin is allowed, if it is one of ``origins`` (none: any host).

    CloudEvents: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection
    Azure Event Grid: https://learn.microsoft.com/en-us/azure/event-grid/end-point-validation-cloud-events-schema
    """

    origins: list[str] = field(default_factory=list)

    def bind(self, context: HandshakeContext) -> BoundHandshake:  # noqa: ARG002
        """See :class:`~verihook.senders.handshake.Handshake`."""

        def answer(request: Request) -> Reply | None:
            if request.method != "OPTIONS" or (origin := request.header("webhook-request-origin")) is None:
                return None
            if not _ORIGIN.fullmatch(origin) or (self.origins and origin not in self.origins):
                raise HandshakeRefused("This source is not for deliveries from that origin.")
            # As many as the sender likes: what is too much is answered 429.
            allowed = {"webhook-allowed-origin": origin, "webhook-allowed-rate": "*", "allow": "POST"}
            return Reply(200, b"", {**allowed, "cache-control": "no-store"})

        return BoundHandshake(unsigned=answer)


@dataclass(frozen=True, slots=True)
class HeadOk:
    """HEAD is answered 200, without a body.

    Trello: https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/#webhook-creation
    """

    def bind(self, context: HandshakeContext) -> BoundHandshake:  # noqa: ARG002
        """See :class:`~verihook.senders.handshake.Handshake`."""
        return BoundHandshake(unsigned=lambda request: Reply(200) if request.method == "HEAD" else None)


@dataclass(frozen=True, slots=True)
class GetOk:
    """GET is answered 200, without a body, unless it asks for an instance.

    Mailchimp: https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/
    """

    def bind(self, context: HandshakeContext) -> BoundHandshake:  # noqa: ARG002
        """See :class:`~verihook.senders.handshake.Handshake`."""

        def answer(request: Request) -> Reply | None:
            asks = request.method != "GET" or request.parameter("instanceId") is not None
            return None if asks else Reply(200)

        return BoundHandshake(unsigned=answer)


@dataclass(frozen=True, slots=True)
class FormPing:
    """POST of a form with one ``field``, a number, without the header ``signature``: answered 200, without a body.

    WooCommerce: https://github.com/woocommerce/woocommerce/blob/trunk/plugins/woocommerce/includes/class-wc-webhook.php
    """

    field: str
    signature: str

    def bind(self, context: HandshakeContext) -> BoundHandshake:  # noqa: ARG002
        """See :class:`~verihook.senders.handshake.Handshake`."""
        header, start = self.signature.lower(), f"{self.field}=".encode()

        def answer(request: Request) -> Reply | None:
            if request.method != "POST" or request.values(header):
                return None
            number = request.body[len(start) :]
            is_ping = request.body.startswith(start) and number.isdigit() and len(number) < MAX_DIGITS
            return Reply(200) if is_ping else None

        return BoundHandshake(unsigned=answer)


@dataclass(frozen=True, slots=True)
class Crc:
    """GET is answered with JSON: ``{member: prefix + base64 of HMAC-SHA256(newest secret, query parameter)}``.

    X: https://docs.x.com/x-api/webhooks/quickstart

    Any caller may ask, and X signs a delivery by the same HMAC over its bare body. So that no answer is a signature of
    a delivery, only a token is signed here, and a delivery whose whole body is a token (``12345`` is JSON too) is
    refused, whatever its signature.
    """

    parameter: str
    member: str
    prefix: str = ""

    def bind(self, context: HandshakeContext) -> BoundHandshake:
        """See :class:`~verihook.senders.handshake.Handshake`."""

        def answer(request: Request) -> Reply | None:
            if request.method == "POST" and may_sign(request.body[:MAX_TOKEN].decode("latin-1")):
                raise SignatureError("challenge-as-body")
            if request.method != "GET" or (text := request.parameter(self.parameter)) is None:
                return None
            mac = hmac.digest(context.newest_secret(), checked_token(text).encode(), "sha256")
            return json_answer({self.member: self.prefix + base64.b64encode(mac).decode()})

        return BoundHandshake(unsigned=answer)
