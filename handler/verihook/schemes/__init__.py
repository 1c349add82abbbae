"""How a signature is made and checked. A scheme is data, compiled at load into one function.

``verify`` gives a :class:`Proof` or raises SignatureError, for any bytes; nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from verihook.errors import SignatureError
from verihook.request import Request


@dataclass(frozen=True, slots=True)
class Proof:
    """A delivery is genuine. ``verified_by``: ``current`` for the newest secret, ``previous`` for an older one."""

    verified_by: str


#: ``verify(request, now)``, ``now`` in seconds since the epoch.
Verify = Callable[[Request, int], Proof]

#: The document at an https URL, for schemes whose keys stand on the network. Raises SecretsUnavailable.
Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a source adds to its sender's scheme.

    ``public_url``: the URL as it was registered with the sender, for those that sign it. ``parameters``: what else
    the sender tells its customers (PayPal's webhook id, the topics of SNS). ``fetch``: None where the network is not
    to be used.
    """

    public_url: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    fetch: Fetch | None = None


#: A source that adds nothing.
PLAIN = Setting()


class Scheme(Protocol):
    """What a kind of signature can do."""

    #: Whether the keys come from the network, so that a source needs no secret.
    keyless: bool

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """The check with these secrets, newest first (a public key counts as one).

        Raises ValueError ``KEY: mend`` or in words, for a secret or a setting that it cannot use.
        """
        ...

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """``request`` as a sender with this secret (a private key, where there is one) sends it: signed.

        ``now`` in seconds since the epoch. Raises ValueError, in words, where the sender's side cannot be played.
        """
        ...


def one_header(request: Request, name: str, *, non_ascii: str = "non-ascii-header") -> str:
    """The one ASCII value of a header (lower case) that a signature depends on.

    A repeated one is refused rather than chosen from: a proxy and we might choose differently.
    Raises SignatureError.
    """
    values = request.values(name)
    if len(values) != 1:
        raise SignatureError("duplicate-header" if values else "missing-header")
    value = values[0]
    if not value.isascii():
        raise SignatureError(non_ascii)
    return value


def with_headers(request: Request, headers: list[tuple[str, str]]) -> Request:
    """``request`` with these headers added, names in lower case as everywhere in a Request."""
    return replace(request, headers=(*request.headers, *((name.lower(), value) for name, value in headers)))
