"""Sends callbacks over HTTP: the news that an instance has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a callback. ``status``: 0 if there was none; ``retry_after_s``: of its Retry-After, or None."""

    status: int
    retry_after_s: int | None = None


class Caller(Protocol):
    """Posts callbacks."""

    def check(self, url: str) -> None:
        """Raise ValueError, with a message, for a URL that :meth:`post` would never call: not https, or not public.

        The host's name is not resolved here; :meth:`post` checks the address when it connects.
        """
        ...

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post, and return the answer. Follows no redirect, reads no body, gives up in seconds, raises nothing.

        The address is checked when the connection is made, so a name that changes its address does not pass.
        """
        ...
