"""Which headers may hold a secret: they are never kept, and never given to the operator's code."""

from __future__ import annotations

from verihook.senders import Sender

#: A header with one of these in its name may hold a secret.
SECRET_WORDS = (
    "auth",
    "cookie",
    "signature",
    "secret",
    "token",
    "password",
    "hmac",
    "api-key",
    "apikey",
    "session",
)


def may_hold_secret(name: str, sender: Sender) -> bool:
    """Whether the header (lower case) may hold a secret: by its name, or because the sender's signature is in it."""
    return name == getattr(sender.scheme, "header", "").lower() or any(word in name for word in SECRET_WORDS)
