"""Reads the event of a sender that makes a token of it: Apple, Wix, Kinde. The token was verified before."""

from __future__ import annotations

from verihook.errors import EventMalformed, SignatureError
from verihook.request import Request
from verihook.senders.event import Body
from verihook.senders.schemes.encoding import base64url_bytes
from verihook.senders.schemes.jws import token_text
from verihook.strict_json import decoded, parse_sent


def parse_token(request: Request, path: str) -> Body:
    """The claims of the token at ``path`` in the body, "." for the whole of it. Raises EventMalformed, BodyTooLarge."""
    try:
        claims = base64url_bytes(token_text(request.body, path).split(".")[1])
    except (SignatureError, IndexError):
        # A message of a queue is not verified here.
        raise EventMalformed("The body has no token: send what the sender has made.") from None
    text = decoded(claims)
    return Body(text, parse_sent(text, "The token"))
