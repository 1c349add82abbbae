"""The lists over all instances that need somebody: open waits, and failures; as :mod:`verihook.api.openapi_models`."""

from __future__ import annotations

from typing import Any

from verihook.api.openapi_models import Answer, Caller, Listed
from verihook.model.instance import Status


class WaitView(Answer):
    """A wait that no event has come for. ``until``: its end, null if that is not known.

    ``shows``: what its workflow shows to who decides. ``status``, ``held`` and what follows are of the instance.
    """

    instance_id: str
    workflow: str
    name: str
    since: str
    until: str | None
    shows: Any
    status: Status
    held: bool
    source: str | None
    tags: list[str]
    metadata: dict[str, str]


class Waits(Answer):
    """A page of open waits, the oldest first. ``cursor``: what to send for the next page; null on the last one."""

    waits: list[WaitView]
    cursor: str | None


class DismissalView(Answer):
    """Who has decided to do nothing about it, when and why."""

    at: str
    by: Caller
    note: str


class Dismissed(Answer):
    """What was dismissed."""

    dismissed: DismissalView


class GivenUpView(Answer):
    """A callback that its receiver has not taken; ``at``: when it was given up."""

    instance_id: str
    workflow: str
    tries: int
    at: str
    dismissed: DismissalView | None


class FailureGroup(Answer):
    """Instances of one workflow that ended with one error. ``last``: the one that was created last, at ``lastAt``.

    ``dismissed``: who has set it aside; null if it is not, or has failed since.
    """

    workflow: str
    error: str | None
    count: int
    first_at: str
    last_at: str
    last: Listed
    dismissed: DismissalView | None


class FailureGroups(Answer):
    """The groups, those of the last failures first. ``complete``: every failed instance was counted.

    ``callbacks``: those that were given up, the last ones first.
    """

    failures: list[FailureGroup]
    callbacks: list[GivenUpView]
    complete: bool
