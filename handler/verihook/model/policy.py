"""What ``[api]`` of hooks.toml says of callers, keys and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from verihook.model.loopback import is_on_loopback

Auth = Literal["required", "open"]


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of the API.

    ``auth``: ``required`` for no entry without a key; ``open`` is for development, and taken on loopback alone.
    ``starts_per_minute``: what a key may start; None for no limit. ``limits_fail``: whether a start goes through
    (``open``) or not (``closed``) when the ledger cannot count it. ``idempotency_hours``: how long an idempotency key
    is remembered. ``dapr_conflict``: the status with which Dapr's own grammar answers a taken id, 500 as Dapr itself
    or 409. ``dapr_components``: the workflow components that the grammar knows; none is a workflow's name.
    ``dapr_terminate_output``: whether the object in the body of its ``terminate`` becomes the output; Dapr ignores it.
    ``callbacks_allow``: the origins on loopback that callbacks may go to, as ``http://127.0.0.1:9000``.
    """

    auth: Auth = "required"
    starts_per_minute: int | None = 500
    limits_fail: Literal["open", "closed"] = "closed"
    idempotency_hours: int = 24
    dapr_conflict: Literal[500, 409] = 500
    dapr_components: tuple[str, ...] = ("dapr",)
    dapr_terminate_output: bool = False
    callbacks_allow: tuple[str, ...] = ()

    def lets_call(self, url: str) -> bool:
        """Whether a key of the ledger may name it for callbacks: if on this machine, its origin has to be allowed."""
        return not is_on_loopback(url) or origin(url) in self.callbacks_allow


def origin(url: str) -> str:
    """``scheme://host:port`` as it is written, in lower case. Raises ValueError."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
