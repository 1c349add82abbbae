"""Operations that read a deployment: its sources, its senders, what it refused, and its health."""

from __future__ import annotations

from verihook.client import decoding
from verihook.client.errors import ApiError
from verihook.client.records import Health, Rejection, Sender, Source
from verihook.client.retries import problem_of
from verihook.client.wire import Request, Work, path


def sources() -> Work[tuple[Source, ...]]:
    """Return the sources that start a workflow which the API key covers, by name. Raises Unauthorized, Forbidden."""
    answer = yield Request("GET", path("sources"))
    return answer.read(lambda content: tuple(decoding.source(each) for each in content["sources"]))


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
