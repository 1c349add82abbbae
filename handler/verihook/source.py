"""A source: an entry point that the operator configured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from verihook.senders import Sender

DuplicatePolicy = Literal["return", "reject", "restart"]
DUPLICATE_POLICIES: tuple[str, ...] = get_args(DuplicatePolicy)

#: The input limit of a Step Functions execution, in bytes, and so the default and the most that a body may have.
#: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MAX_BODY = 262_144


@dataclass(frozen=True, slots=True)
class SecretReference:
    """Where a secret is, never the secret itself.

    ``reference``: ``env:NAME``, ``file:PATH``, ``secretsmanager:NAME-or-ARN[#json-key]`` or ``ssm:/path``. ``until_s``:
    from this second on, since the epoch, it verifies no more; None for no end.
    """

    reference: str
    until_s: int | None = None

    def live(self, now: int) -> bool:
        """Whether it still verifies at ``now``, in seconds since the epoch."""
        return self.until_s is None or now < self.until_s


@dataclass(frozen=True, slots=True)
class Source:
    """One ``[sources.NAME]`` of hooks.toml.

    ``secrets`` newest first. ``types``: the event types wanted, () for all. ``duplicates``: what a
    redelivery does. ``max_body`` in bytes. ``public_url`` and ``parameters``: see :class:`~verihook.schemes.Setting`.
    """

    name: str
    sender: Sender
    secrets: tuple[SecretReference, ...]
    workflow: str
    types: tuple[str, ...] = ()
    duplicates: DuplicatePolicy = "return"
    max_body: int = MAX_BODY
    public_url: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
