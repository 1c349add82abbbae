"""Pairing: handshakes in which the sender brings the secret itself, unsigned.

The first caller that posts sets the secret. So it is possible only while the operator allows it, with
``pairing = REFERENCE`` in the source's parameters, and only until that reference has a secret: once.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass

from verihook.errors import EventMalformed, HandshakeRefused
from verihook.request import Reply, Request
from verihook.senders.handshake.binding import BoundHandshake, HandshakeContext, json_equal, lone_member
from verihook.strict_json import member, split_path

#: What a sender's secret looks like: Asana sends 64 or 32 hex digits, Notion 50 characters.
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}", re.ASCII)

_NOT_PAIRING = "This source is not pairing: set parameters.pairing while you create the webhook at the sender."
_ALREADY_PAIRED = "This source is paired already: its reference has a secret. Remove it to pair again."


@dataclass(frozen=True, slots=True)
class PairByHeader:
    """POST: the value of ``header`` is kept as the secret, and comes back in the same header.

    ``heartbeat``: a signed body whose member of this name is an empty list is answered 200 and starts nothing.
    Asana: https://developers.asana.com/docs/webhooks-guide#the-webhook-handshake
    """

    header: str
    heartbeat: str = ""

    def bind(self, context: HandshakeContext) -> BoundHandshake:
        """See :class:`~verihook.senders.handshake.Handshake`."""
        header, keep = self.header.lower(), _secret_writer(context)

        def answer(request: Request) -> Reply | None:
            values = request.values(header)
            if request.method != "POST" or not values:
                return None
            if keep is None:
                raise HandshakeRefused(_NOT_PAIRING)
            secret = _secret(values[0] if len(values) == 1 else None)
            keep(secret)
            return Reply(200, b"", {header: secret, "cache-control": "no-store"})

        def answer_heartbeat(request: Request, content: object) -> Reply | None:  # noqa: ARG001
            found = self.heartbeat and json_equal(member(content, split_path(self.heartbeat)), [])
            return Reply(200) if found else None

        return BoundHandshake(answer, answer_heartbeat)


@dataclass(frozen=True, slots=True)
class PairByJson:
    """POST without the header ``signature``: the member ``member`` is kept as the secret. The answer is 200, empty.

    If the source is not pairing, the body is not read: verification refuses the request, as it is not signed.
    Notion: https://developers.notion.com/reference/webhooks#step-2-verifying-the-subscription
    """

    member: str
    signature: str

    def bind(self, context: HandshakeContext) -> BoundHandshake:
        """See :class:`~verihook.senders.handshake.Handshake`."""
        header, keep = self.signature.lower(), _secret_writer(context)

        def answer(request: Request) -> Reply | None:
            if keep is None or request.values(header) or (value := lone_member(request, self.member)) is None:
                return None
            keep(_secret(value))
            return Reply(200, b"", {"cache-control": "no-store"})

        return BoundHandshake(unsigned=answer)


def _secret_writer(context: HandshakeContext) -> Callable[[str], None] | None:
    """Return a function that stores the secret, once; None if the source is not pairing. Raises ValueError."""
    if "pairing" not in context.parameters:
        return None
    reference = context.reference("pairing")
    if reference not in context.references:
        raise ValueError(
            "parameters.pairing: must be one of the source's secrets, or the secret that is kept never verifies"
        )
    lock = threading.Lock()
    kept = False

    def keep(secret: str) -> None:
        nonlocal kept
        with lock:
            if kept or context.values(reference):
                raise HandshakeRefused(_ALREADY_PAIRED)
            try:
                context.store(reference, secret)
            except KeyError:
                raise HandshakeRefused(
                    "The secret cannot be kept: the reference in parameters.pairing cannot be written, or has one."
                ) from None
            kept = True

    return keep


def _secret(value: object) -> str:
    if not isinstance(value, str) or not _SECRET.fullmatch(value):
        raise EventMalformed("The secret must be 16 to 256 of A-Z a-z 0-9 _ -.")
    return value
