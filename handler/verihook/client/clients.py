"""The blocking and the awaited client: they differ only in how a request is sent and how a pause is made."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Generic, Self, TypeVar, Unpack
from urllib.parse import urlsplit

import httpx

from verihook.client import acting, deciding, finding, managing_jobs, managing_keys, observing, reading, starting
from verihook.client.errors import ApiError, Problem
from verihook.client.operation import Awaiting, Blocking, Operation, R
from verihook.client.reading import Filters
from verihook.client.records import Instance
from verihook.client.retries import RetriedOperation, Retries
from verihook.client.wire import AFTER_PAUSE, Answer, NoAnswer, Pause, Request, Work
from verihook.model.loopback import LOOPBACK_NAMES

Transport = TypeVar("Transport", httpx.BaseTransport, httpx.AsyncBaseTransport)

#: The errors before which no byte of the request was sent.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Operations:
    """The methods of a client. Each operation is defined once, in one of the modules imported above."""

    start = Operation(starting.start)
    start_and_wait = Operation(starting.start_and_wait)
    batch = Operation(starting.batch)
    get = Operation(reading.get)
    page = Operation(reading.page)
    result = Operation(reading.result)
    wait = Operation(reading.wait)
    steps = Operation(reading.steps)
    attempts = Operation(reading.attempts)
    events = Operation(reading.events)
    sent_events = Operation(deciding.sent_events)
    failures = Operation(reading.failures)
    waits = Operation(reading.waits)
    workflows = Operation(reading.workflows)
    workflow = Operation(reading.workflow)
    definition = Operation(reading.definition)
    terminate = Operation(acting.terminate)
    suspend = Operation(acting.suspend)
    resume = Operation(acting.resume)
    restart = Operation(acting.restart)
    redrive = Operation(acting.redrive)
    purge = Operation(acting.purge)
    send_callback = Operation(deciding.send_callback)
    dismiss_failures = Operation(deciding.dismiss_failures)
    raise_event = Operation(acting.raise_event)
    sources = Operation(observing.sources)
    source = Operation(observing.source)
    try_source = Operation(observing.try_source)
    senders = Operation(observing.senders)
    rejections = Operation(observing.rejections)
    health = Operation(observing.health)
    deliveries = Operation(finding.deliveries)
    delivery = Operation(finding.delivery)
    delivery_body = Operation(finding.delivery_body)
    replay_delivery = Operation(finding.replay_delivery)
    delete_delivery = Operation(finding.delete_delivery)
    delete_event = Operation(finding.delete_event)
    lookup = Operation(finding.lookup)
    capture = Operation(finding.capture)
    start_job = Operation(managing_jobs.start_job)
    jobs = Operation(managing_jobs.jobs)
    job = Operation(managing_jobs.job)
    stop_job = Operation(managing_jobs.stop_job)
    job_failures = Operation(managing_jobs.job_failures)
    list_keys = Operation(managing_keys.list_keys)
    own_key = Operation(managing_keys.own_key)
    create_key = Operation(managing_keys.create_key)
    rotate_key = Operation(managing_keys.rotate_key)
    revoke_key = Operation(managing_keys.revoke_key)


class _Connection(Generic[Transport]):
    """How a client of either kind is made."""

    #: The class of httpx that sends the requests.
    _http_class: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout: float = 10.0,
        retries: int | Retries = 4,
        transport: Transport | None = None,
    ) -> None:
        self._timeout = timeout
        self._retries = Retries(retries) if isinstance(retries, int) else retries
        self._http = self._http_class(**_settings(url, key, timeout), transport=transport)

    @classmethod
    def from_run(
        cls,
        data: str | Path = ".verihook",
        key: str | None = None,
        *,
        timeout: float = 10.0,
        retries: int | Retries = 4,
        transport: Transport | None = None,
    ) -> Self:
        """Return a client of the server that runs on this data folder, with the key of its run if none is given.

        Raises Unavailable if no server runs on it.
        """
        url, own = of_run(data)
        return cls(url, key or own, timeout=timeout, retries=retries, transport=transport)


class Client(_Connection[httpx.BaseTransport], Operations, Blocking):
    """A client whose methods block. Threads may share it. Close it, or use it in ``with``.

    ``url``: of the deployment, without /v1. ``key``: an API key; None if the API is open. ``timeout``: of each
    try, in seconds, on top of what a wait asks for. ``retries``: how often a request is sent again at most, or
    :class:`~verihook.client.retries.Retries`. ``transport``: httpx's own, for tests and special networks.
    """

    _http_class = httpx.Client
    _http: httpx.Client

    def list(self, *, limit: int = 100, **filters: Unpack[Filters]) -> Iterator[Instance]:
        """Yield every instance of a list, the newest first, ``limit`` in each request; filters as in :meth:`page`."""
        cursor: str | None = None
        while True:
            found = self.page(limit=limit, cursor=cursor, **filters)
            yield from found.instances
            if (cursor := found.cursor) is None:
                return

    def run(self, work: Work[R]) -> R:
        """Send the requests of an operation until it returns; return its result."""
        tries = RetriedOperation(work, self._retries)
        step = tries.next()
        while step is not None:
            step = tries.next(self._do(step))
        return tries.result

    def _do(self, step: Request | Pause) -> Answer | NoAnswer:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return AFTER_PAUSE
        try:
            return _answer(self._http.request(**_arguments(step, self._timeout)))
        except httpx.RequestError as error:
            return _no_answer(error, self._http.base_url)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class AsyncClient(_Connection[httpx.AsyncBaseTransport], Operations, Awaiting):
    """The same client for asyncio: methods are awaited. Close it with :meth:`aclose`, or use it in ``async with``."""

    _http_class = httpx.AsyncClient
    _http: httpx.AsyncClient

    async def list(self, *, limit: int = 100, **filters: Unpack[Filters]) -> AsyncIterator[Instance]:
        """Yield every instance of a list, the newest first, ``limit`` in each request; filters as in :meth:`page`."""
        cursor: str | None = None
        while True:
            found = await self.page(limit=limit, cursor=cursor, **filters)
            for each in found.instances:
                yield each
            if (cursor := found.cursor) is None:
                return

    async def run(self, work: Work[R]) -> R:
        """Send the requests of an operation until it returns; return its result."""
        tries = RetriedOperation(work, self._retries)
        step = tries.next()
        while step is not None:
            step = tries.next(await self._do(step))
        return tries.result

    async def _do(self, step: Request | Pause) -> Answer | NoAnswer:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return AFTER_PAUSE
        try:
            return _answer(await self._http.request(**_arguments(step, self._timeout)))
        except httpx.RequestError as error:
            return _no_answer(error, self._http.base_url)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()


def of_run(data: str | Path) -> tuple[str, str]:
    """Return the URL and the API key of the server that runs on this data folder. Raises Unavailable if none does.

    Only a server of this machine is accepted, from a file that belongs to this user or root: another user must not be
    able to name the server that receives the key.
    """
    path = Path(data) / "run.json"
    try:
        # Before it is opened, because this user may have no right to; and after, because the name may have changed.
        _check_owner(path, path.stat())
        with path.open(encoding="utf-8") as file:
            _check_owner(path, os.fstat(file.fileno()))
            run = json.load(file)
        url, key = str(run["url"]), str(run["key"])
        if urlsplit(url).hostname in LOOPBACK_NAMES:
            return url, key
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise ApiError.of(Problem(0, "unreachable", f"No Verihook runs on the data folder {data}."))


def _check_owner(path: Path, found: os.stat_result) -> None:
    if found.st_uid not in (0, os.geteuid()):
        why = (
            f"{path} belongs to another user (uid {found.st_uid}): call the API as that user, or give --url and --key."
        )
        raise ApiError.of(Problem(0, "unreachable", why))


def _settings(url: str, key: str | None, timeout: float) -> dict[str, Any]:
    """Return keyword arguments of httpx's client. Raises ValueError for a malformed URL or key."""
    parts = urlsplit(url)
    if parts.username is not None:
        # They would be shown in messages and logs.
        raise ValueError("The URL must have no user name or password; give an API key instead.")
    try:
        base = httpx.URL(url.rstrip("/"))
    except httpx.InvalidURL as error:
        raise ValueError(f"The server's URL must be https://HOST (got {url!r}): {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"The server's URL must be https://HOST (got {url!r}).")
    headers = {"accept": "application/json, application/problem+json", "user-agent": "verihook-client"}
    if key:
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise ValueError("The API key must be printable ASCII without spaces.")
        headers["authorization"] = f"Bearer {key}"
    return {
        "base_url": base,
        "headers": headers,
        # Without a limit for the pool: a call waits until one of the connections is free.
        "timeout": httpx.Timeout(timeout, pool=None),
        # A server of this machine is not called through the environment's proxy.
        "trust_env": parts.hostname not in LOOPBACK_NAMES,
    }


def _arguments(request: Request, timeout: float) -> dict[str, Any]:
    """Return keyword arguments of httpx's ``request``."""
    content = request.content()
    headers = dict(request.headers) if content is None else {"content-type": "application/json", **request.headers}
    return {
        "method": request.method,
        "url": request.path,
        "params": dict(request.query) or None,
        "headers": headers,
        "content": content,
        "timeout": httpx.Timeout(timeout, read=timeout + request.wait_s, pool=None),
    }


def _answer(response: httpx.Response) -> Answer:
    return Answer(
        response.status_code, {name.lower(): value for name, value in response.headers.items()}, response.content
    )


def _no_answer(error: httpx.RequestError, url: httpx.URL) -> NoAnswer:
    why = str(error) or type(error).__name__
    return NoAnswer(f"{str(url).rstrip('/')} did not answer: {why}.", sent=not isinstance(error, _UNSENT))
