"""Looking at the deployment: its sources, the senders it knows, what it refused, and whether it is well."""

from __future__ import annotations

from verihook.client import decoding
from verihook.client.errors import ApiError
from verihook.client.records import Health, Rejection, Sender, Source
from verihook.client.retries import problem_of
from verihook.client.wire import Request, Work, path


def sources() -> Work[tuple[Source, ...]]:
    """The sources that start a workflow which the API key covers, by name. Raises Unauthorized, Forbidden."""
    answer = yield Request("GET", path("sources"))
    return answer.read(lambda content: tuple(decoding.source(each) for each in content["sources"]))


def senders() -> Work[tuple[Sender, ...]]:
    """The products whose deliveries the server verifies, by id. Raises Unauthorized, Forbidden."""
    answer = yield Request("GET", path("senders"))
    return answer.read(lambda content: tuple(decoding.sender(each) for each in content["senders"]))


def rejections(source: str | None = None, *, limit: int = 100) -> Work[tuple[Rejection, ...]]:
    """Why deliveries were refused in the last 14 days, counted by source, reason and hour, the newest hours first.

    ``source``: of one source; ``limit``: 1 to 1000. Raises InvalidInput, Unauthorized, Forbidden.
    """
    query = {"limit": str(limit), **({} if source is None else {"source": source})}
    answer = yield Request("GET", path("rejections"), query)
    return answer.read(lambda content: tuple(decoding.rejection(each) for each in content["rejections"]))


def health() -> Work[Health]:
    """Whether ledger and engines can be reached. A part that cannot is in the result, and raises nothing.

    Without an API key the result has the status alone. Raises Unauthorized for a key that is not valid, and Unavailable
    if the server itself does not answer.
    """
    answer = yield Request("GET", "/health", answers=(503,))
    if answer.status == 503 and b'"unavailable"' not in answer.body:
        # Not ours: what stands between has no server to ask.
        raise ApiError.of(problem_of(answer))
    return answer.read(decoding.health)
