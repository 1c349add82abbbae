"""How a signature is made and checked. A scheme is data, compiled at load into one function.

``verify`` gives a :class:`Proof` or raises SignatureError, for any bytes; nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from verihook.errors import SignatureError
from verihook.request import Request


@dataclass(frozen=True, slots=True)
class Proof:
    """A delivery is genuine. ``verified_by``: ``current`` for the newest secret, ``previous`` for an older one."""

    verified_by: str


#: ``verify(request, now)``, ``now`` in seconds since the epoch.
Verify = Callable[[Request, int], Proof]


class Scheme(Protocol):
    """What a kind of signature can do."""

    def bind(self, secrets: tuple[str, ...]) -> Verify:
        """The check with these secrets, newest first. Raises ValueError, in words, for a secret it cannot use."""
        ...

    def sign(self, secret: str, body: bytes, *, message_id: str, now: int) -> list[tuple[str, str]]:
        """The headers that a sender with this secret puts on ``body``."""
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
