"""What ``[api]`` and ``[callbacks]`` of hooks.toml say of callers, keys, limits and callbacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from verihook.model.loopback import is_on_loopback

Auth = Literal["required", "open"]


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of the API.

    ``auth``: ``required``: every request needs a key; ``open``: none does, for development, on loopback only.
    ``starts_per_minute``: how many instances a key may start; None: no limit. ``limits_fail``: whether a start passes
    (``open``) or not (``closed``) when the ledger cannot count it. ``idempotency_hours``: how long an idempotency key
    is remembered. ``dapr_conflict``: the status with which Dapr's own grammar answers a taken id, 500 as Dapr itself
    or 409. ``dapr_components``: the workflow components in its paths; none has the name of a workflow.
    ``dapr_terminate_output``: whether the object in the body of its ``terminate`` becomes the output; Dapr ignores it.
    ``callbacks_allow``: the origins on loopback that callbacks may go to, as ``http://127.0.0.1:9000``. ``console``:
    whether one machine serves the page at ``/console/``.
    """

    auth: Auth = "required"
    starts_per_minute: int | None = 500
    limits_fail: Literal["open", "closed"] = "closed"
    idempotency_hours: int = 24
    dapr_conflict: Literal[500, 409] = 500
    dapr_components: tuple[str, ...] = ("dapr",)
    dapr_terminate_output: bool = False
    callbacks_allow: tuple[str, ...] = ()
    console: bool = True

    def lets_call(self, url: str) -> bool:
        """Whether an API key may name this URL for callbacks. A URL on loopback needs an origin that is allowed."""
        return not is_on_loopback(url) or origin(url) in self.callbacks_allow


def origin(url: str) -> str:
    """Return ``scheme://host:port`` of a URL as it is written, in lower case. Raises ValueError if it is no URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
