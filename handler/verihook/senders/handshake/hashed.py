"""Handshakes that are answered with a hash or a MAC that proves our secret. Any caller may ask for one.

So no answer may be the signature of a delivery, and none tells more of the secret than its hash.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from verihook.errors import EventMalformed, SecretsUnavailable, SignatureError
from verihook.request import Reply, Request
from verihook.senders.form import form_fields
from verihook.senders.handshake.binding import (
    BoundHandshake,
    HandshakeContext,
    checked_token,
    echo_reply,
    json_answer,
)

#: Braintree's challenge: https://developer.paypal.com/braintree/docs/guides/webhooks/create
_HEX = re.compile(r"[a-f0-9]{20,32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class HashChallenge:
    """GET is answered with JSON: ``{member: hex of SHA-256(query parameter + verification token + public_url)}``.

    The token is what the source's ``parameters.verify_token`` refers to. It makes no delivery: those of such a sender
    are signed with a key that is not ours.
    eBay: https://developer.ebay.com/develop/guides-v2/marketplace-user-account-deletion/marketplace-user-account-deletion
    """

    parameter: str
    member: str

    def bind(self, context: HandshakeContext) -> BoundHandshake:
        """See :class:`~verihook.senders.handshake.Handshake`."""
        reference = context.reference("verify_token")
        if not context.public_url:
            raise ValueError("public_url: write the URL as it is registered with the sender, which hashes it")

        def answer(request: Request) -> Reply | None:
            if request.method != "GET" or (code := request.parameter(self.parameter)) is None:
                return None
            tokens = context.values(reference)
            if not tokens:
                raise SecretsUnavailable("The token of this source could not be read.")
            hashed = hashlib.sha256(f"{checked_token(code)}{tokens[0]}{context.public_url}".encode())
            return json_answer({self.member: hashed.hexdigest()})

        return BoundHandshake(unsigned=answer)


@dataclass(frozen=True, slots=True)
class MacChallenge:
    """GET is answered with text: the source's ``parameters.public_key``, ``|``, and the MAC of a query parameter.

    The MAC is HMAC-SHA1 with the SHA-1 of the newest secret, in hex, as the sender signs the field ``form`` of its
    deliveries. So only hex of 20 to 32 digits is signed here, and a delivery whose field is that is refused.
    Braintree: https://developer.paypal.com/braintree/docs/guides/webhooks/create
    """

    parameter: str
    form: str

    def bind(self, context: HandshakeContext) -> BoundHandshake:
        """See :class:`~verihook.senders.handshake.Handshake`."""
        public_key = context.parameters.get("public_key")
        if not public_key:
            raise ValueError("parameters.public_key: write the public key that belongs to the secret")

        def answer(request: Request) -> Reply | None:
            if request.method == "POST" and _has_challenge(request.body, self.form):
                raise SignatureError("challenge-as-body")
            if request.method != "GET" or (challenge := request.parameter(self.parameter)) is None:
                return None
            if not _HEX.fullmatch(challenge):
                raise EventMalformed("The challenge must be 20 to 32 hex digits to be signed.")
            key = hashlib.sha1(context.newest_secret()).digest()  # noqa: S324  the sender's own derivation
            mac = hmac.new(key, challenge.encode(), "sha1").hexdigest()
            reply = echo_reply(challenge, signed=True)
            reply.body = f"{public_key}|{mac}".encode()
            return reply

        return BoundHandshake(unsigned=answer)


def _has_challenge(body: bytes, name: str) -> bool:
    """Whether a field of the form is what may be signed for a caller; True if that cannot be told."""
    try:
        fields = form_fields(body.decode(), 1000)
    except ValueError:
        # Neither a form nor anything that is genuine.
        return True
    return any(key == name and _HEX.fullmatch(value.strip()) for key, value in fields)
