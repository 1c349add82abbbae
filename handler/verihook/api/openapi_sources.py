"""What the API answers about one source, and about a trial of it; as :mod:`verihook.api.openapi_models`."""

from __future__ import annotations

from typing import Literal

from verihook.api.openapi_models import Answer, SourceView


class SecretView(Answer):
    """A secret of the source: where it is, never what it is. ``ended``: it verifies nothing any more."""

    reference: str
    until: str | None
    ended: bool


class HandshakeView(Answer):
    """How the sender proves the URL, and when it last did; null if it has not within 14 days."""

    kind: str
    last_at: str | None


class Behaviour(Answer):
    """What the sender does, by its documentation: how long it waits, in seconds, and how it delivers again.

    ``evidence``: what our description of it rests on.
    """

    title: str
    documentation: str | None
    evidence: str | None
    timeout_seconds: float | None
    retries: str | None
    refusals: str | None


class Counted(Answer):
    """What came within a time. ``atLeast``: more were accepted than were counted."""

    accepted: int
    duplicate: int
    rejected: int
    ignored: int
    at_least: bool


class LastRefused(Answer):
    """The last refusal: when, why, and the request to look for in the log."""

    at: str
    reason: str
    request_id: str


class Example(Answer):
    """An event as the sender might send it, which a trial can be made of."""

    body: str
    content_type: str
    type: str


class SourceDetail(SourceView):
    """A source with how it stands. ``url``: what to enter at the sender; null if the API does not know it.

    ``scheme``: how deliveries are verified, in words.
    ``previousLastUsedAt``: when an older secret than the newest last verified a delivery. ``kinds``: of trials.
    ``confirm``: what a trial has to be confirmed with; null on one machine.
    ``hour`` and ``day``: what came within 60 minutes, and within 24 hours; what was not accepted by whole clock hours.
    """

    url: str | None
    scheme: str
    secrets: list[SecretView]
    previous_last_used_at: str | None
    last_accepted_at: str | None
    last_refused: LastRefused | None
    hour: Counted
    day: Counted
    behaviour: Behaviour
    handshake: HandshakeView | None
    kinds: list[str]
    confirm: str | None
    example: Example | None


class ExpectedView(Answer):
    """What is to become of a trial, and for a refusal one of which reasons; none: any."""

    outcome: Literal["accepted", "duplicate", "rejected"]
    reasons: list[str]


class Got(Answer):
    """What became of a trial. ``answer``: the body of what its sender would have been answered with ``status``.

    ``meaning``: of the reason, and what to do about it.
    """

    outcome: str
    reason: str | None
    meaning: str | None
    detail: str | None
    status: int
    answer: str
    verified_by: str | None
    event_id: str | None
    event_type: str | None
    instance_id: str | None
    delivery_id: str
    request_id: str
    ms: int


class Sent(Answer):
    """What was sent, without what signs it."""

    path: str
    content_type: str
    body: str


class TrialResult(Answer):
    """A delivery that the server has sent to a source itself: what was expected, and what it got."""

    as_expected: bool
    expected: ExpectedView
    got: Got
    sent: Sent
