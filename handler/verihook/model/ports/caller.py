"""Tells others over HTTP that an instance has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``status`` is 0 if nothing did; ``retry_after_s`` in seconds, None if none was named."""

    status: int
    retry_after_s: int | None = None


class Caller(Protocol):
    """Posts callbacks."""

    def check(self, url: str) -> None:
        """Raise ValueError, in words, for a URL that is never called: not https, or no public address.

        No name is looked up: :meth:`post` does it, at the connection.
        """
        ...

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer. Follows no redirect, reads no body, gives up in seconds; raises nothing.

        The address that a name resolves to is checked at the connection itself, so a name that moves is no way in.
        """
        ...
