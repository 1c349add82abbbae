"""Operations that read a deployment: its sources, its senders, what it refused, and its health."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from verihook.client import decoding
from verihook.client.errors import ApiError
from verihook.client.records import Content, Health, Rejection, Sender, Source
from verihook.client.retries import problem_of
from verihook.client.wire import Request, Work, path


def sources() -> Work[tuple[Source, ...]]:
    """Return the sources that start a workflow which the API key covers, by name. Raises Unauthorized, Forbidden."""
    answer = yield Request("GET", path("sources"))
    return answer.read(lambda content: tuple(decoding.source(each) for each in content["sources"]))


@dataclass(frozen=True, slots=True)
class SourceDetail:
    """A source with how it stands. ``url``: what to enter at its sender; ``scheme``: how it verifies, in words.

    ``usable``: a secret is known that can verify. ``raw`` has its secrets' state, counts and its sender's behaviour.
    """

    source: Source
    url: str | None
    scheme: str
    usable: bool
    last_accepted_at: datetime | None
    last_refused_at: datetime | None
    raw: Content = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What became of a delivery that the server has sent itself. ``as_expected``: what was to become of it.

    ``answer``: the body of what the sender would have been answered with ``status``.
    """

    as_expected: bool
    outcome: str
    reason: str | None
    status: int
    answer: str
    instance_id: str | None
    delivery_id: str
    raw: Content = field(repr=False, compare=False, default_factory=dict)


def source(name: str) -> Work[SourceDetail]:
    """Return one source: how it verifies, what came to it lately. Raises NotFound, Unauthorized, Forbidden."""
    answer = yield Request("GET", path("sources", name))
    return answer.read(_source)


def try_source(
    name: str,
    kind: Literal["signed", "tampered", "wrong-secret", "stale", "unsigned", "duplicate", "malformed"] = "signed",
    *,
    body: str | None = None,
    event_type: str | None = None,
    content_type: str | None = None,
    confirm: str | None = None,
) -> Work[TrialResult]:
    """Have the server send a delivery to a source, good or bad on purpose. ``body`` None: an example event.

    ``confirm``: in AWS the workflow that the source starts. Not sent again if the server may have got it. Raises
    NotFound, Forbidden, InvalidInput, NotSupported (no such delivery of this sender can be made), RateLimited.
    """
    given = {"kind": kind, "body": body, "type": event_type, "contentType": content_type, "confirm": confirm}
    told = {key: value for key, value in given.items() if value is not None}
    answer = yield Request("POST", path("sources", name, "test"), body=told, repeatable=False)
    return answer.read(_trial)


def senders() -> Work[tuple[Sender, ...]]:
    """Return the products whose deliveries the server verifies, by id. Raises Unauthorized, Forbidden."""
    answer = yield Request("GET", path("senders"))
    return answer.read(lambda content: tuple(decoding.sender(each) for each in content["senders"]))


def rejections(source: str | None = None, *, limit: int = 100) -> Work[tuple[Rejection, ...]]:
    """Return how often deliveries were refused in the last 14 days, by source, reason and hour, the newest hours first.

    ``source``: of one source; ``limit``: 1 to 1000. Raises InvalidInput, Unauthorized, Forbidden.
    """
    query = {"limit": str(limit), **({} if source is None else {"source": source})}
    answer = yield Request("GET", path("rejections"), query)
    return answer.read(lambda content: tuple(decoding.rejection(each) for each in content["rejections"]))


def health() -> Work[Health]:
    """Return whether the ledger and the engines can be reached. A part that cannot be reached raises nothing.

    Without an API key the result has the status alone. Raises Unauthorized for a key that is not valid, and Unavailable
    if the server itself does not answer.
    """
    answer = yield Request("GET", "/health", answers=(503,))
    if answer.status == 503 and b'"unavailable"' not in answer.body:
        # Not Verihook's answer: a proxy or gateway in front of it has no server.
        raise ApiError.of(problem_of(answer))
    return answer.read(decoding.health)


def _source(content: Content) -> SourceDetail:
    refused = content["lastRefused"]
    return SourceDetail(
        decoding.source(content),
        content["url"],
        content["scheme"],
        bool(content["usable"]),
        _time(content["lastAcceptedAt"]),
        None if refused is None else _time(refused["at"]),
        content,
    )


def _trial(content: Content) -> TrialResult:
    got = content["got"]
    return TrialResult(
        bool(content["asExpected"]),
        got["outcome"],
        got["reason"],
        got["status"],
        got["answer"],
        got["instanceId"],
        got["deliveryId"],
        content,
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
