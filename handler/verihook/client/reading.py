"""Operations that read workflows and instances, with their steps, attempts and events; and waiting for an end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict, Unpack

from verihook.client import decoding
from verihook.client.errors import WaitTimeout
from verihook.client.records import (
    Attempt,
    Content,
    Definition,
    FailureGroup,
    Instance,
    MailboxEntry,
    OpenWait,
    Page,
    Result,
    Step,
    WaitPage,
    Workflow,
)
from verihook.client.wire import Pause, Request, Work, path
from verihook.model.instance import Status

#: The longest wait in one request, in seconds: what the API in AWS allows.
LONGEST_WAIT_S = 20


class Filters(TypedDict, total=False):
    """The filters of a list, in any combination. ``since`` is inclusive, ``until`` exclusive.

    An index answers each alone, and ``workflow`` with ``status``; other combinations are searched for.
    """

    workflow: str | None
    status: Status | None
    source: str | None
    tag: str | None
    metadata: Mapping[str, str] | None
    since: datetime | None
    until: datetime | None


def get(instance_id: str) -> Work[Instance]:
    """Return the instance with its input, and its output once it has one. Raises NotFound."""
    answer = yield Request("GET", path("instances", instance_id))
    return answer.read(decoding.instance)


def page(*, limit: int = 50, cursor: str | None = None, **filters: Unpack[Filters]) -> Work[Page]:
    """Return a page of a list, the newest first; ``limit`` 1 to 1000, ``cursor`` of the page before.

    Of filters that no index answers together, a page may be empty though its ``cursor`` is not None.
    """
    query = {"limit": str(limit), **({} if cursor is None else {"cursor": cursor}), **_query(filters)}
    answer = yield Request("GET", path("instances"), query)
    return answer.read(decoding.page)


def result(instance_id: str) -> Work[Result]:
    """Return the current status, with the output once the instance has completed. Raises NotFound."""
    answer = yield Request("GET", path("instances", instance_id, "result"))
    return answer.read(decoding.result)


def wait(instance_id: str, timeout: float | None = 60) -> Work[Result]:
    """Wait for the end and return the result, also of a failure. ``timeout``: in seconds; None for no limit.

    Raises NotFound, and WaitTimeout if it has not ended.
    """
    until = None if timeout is None else time.monotonic() + timeout
    while True:
        wait_s = longest_wait(until)
        query = {"wait": str(wait_s)}
        begun = time.monotonic()
        answer = yield Request("GET", path("instances", instance_id, "result"), query, wait_s=wait_s, deadline=until)
        found = answer.read(decoding.result)
        if found.final:
            return found
        now = time.monotonic()
        if until is not None and now >= until:
            raise WaitTimeout(instance_id, found.status, timeout or 0)
        if now - begun < min(1, wait_s):
            # The server waited for less time than it was asked to: do not call it at once.
            yield Pause(1.0 if until is None else min(1.0, until - now))
        elif wait_s == 0 and until is not None:
            yield Pause(until - now)


def steps(instance_id: str) -> Work[tuple[Step, ...]]:
    """Return the steps of the current attempt, in the order in which they started. Raises NotFound, NotSupported."""
    answer = yield Request("GET", path("instances", instance_id, "steps"))
    return answer.read(lambda content: tuple(decoding.step(each) for each in content["steps"]))


def attempts(instance_id: str) -> Work[tuple[Attempt, ...]]:
    """Return all attempts, the oldest first. Raises NotFound."""
    answer = yield Request("GET", path("instances", instance_id, "attempts"))
    return answer.read(lambda content: tuple(decoding.attempt(each) for each in content["attempts"]))


def events(instance_id: str) -> Work[tuple[MailboxEntry, ...]]:
    """Return the events that no wait has taken yet, and the waits that no event came for, the oldest first.

    Raises NotFound.
    """
    answer = yield Request("GET", path("instances", instance_id, "events"))
    return answer.read(lambda content: tuple(decoding.mailbox_entry(each) for each in content["events"]))


def waits(workflow: str | None = None, *, limit: int = 50, cursor: str | None = None) -> Work[WaitPage]:
    """Return a page of the waits of all instances that no event has come for, the oldest first; ``limit`` 1 to 100.

    A page may have less than ``limit`` though its ``cursor`` is not None. Raises Unauthorized, Forbidden.
    """
    given = {"workflow": workflow, "cursor": cursor}
    query = {"limit": str(limit), **{name: value for name, value in given.items() if value is not None}}
    answer = yield Request("GET", path("waits"), query)
    return answer.read(_wait_page)


def failures(workflow: str | None = None, since: datetime | None = None) -> Work[tuple[FailureGroup, ...]]:
    """Return failed instances in groups of one workflow and one error, those of the last failures first.

    Of each status the 1,000 newest are counted. Raises Unauthorized, Forbidden.
    """
    query = {} if workflow is None else {"workflow": workflow}
    if since is not None:
        query["since"] = checked_time("since", since)
    answer = yield Request("GET", path("failures"), query)
    return answer.read(lambda content: tuple(_failure_group(each) for each in content["failures"]))


def workflows() -> Work[tuple[Workflow, ...]]:
    """Return the workflows that the API key covers, by name."""
    answer = yield Request("GET", path("workflows"))
    return answer.read(lambda content: tuple(decoding.workflow(each) for each in content["workflows"]))


def workflow(name: str) -> Work[Workflow]:
    """Return the workflow. Raises NotFound, Forbidden."""
    answer = yield Request("GET", path("workflows", name))
    return answer.read(decoding.workflow)


def definition(name: str) -> Work[Definition]:
    """Return what a workflow is made of: a state machine, or why there is none. Raises NotFound, Forbidden."""
    answer = yield Request("GET", path("workflows", name, "definition"))
    return answer.read(_definition)


def _definition(content: Content) -> Definition:
    return Definition(content["name"], content["engine"], content["machine"], content["why"], content)


def longest_wait(until: float | None) -> int:
    """Return how many whole seconds to ask the server to wait: not past ``until``."""
    return LONGEST_WAIT_S if until is None else max(0, min(LONGEST_WAIT_S, int(until - time.monotonic())))


def _wait_page(content: Content) -> WaitPage:
    return WaitPage(tuple(_open_wait(each) for each in content["waits"]), content["cursor"])


def _failure_group(content: Content) -> FailureGroup:
    return FailureGroup(
        content["workflow"],
        content["error"],
        content["count"],
        datetime.fromisoformat(content["firstAt"]),
        datetime.fromisoformat(content["lastAt"]),
        decoding.instance(content["last"]),
        content,
    )


def _open_wait(content: Content) -> OpenWait:
    return OpenWait(
        content["instanceId"],
        content["workflow"],
        content["name"],
        datetime.fromisoformat(content["since"]),
        None if content["until"] is None else datetime.fromisoformat(content["until"]),
        content["shows"],
        content["status"],
        content,
    )


def _query(filters: Filters) -> dict[str, str]:
    """Return the query of a list. Raises TypeError for an unknown filter, ValueError for a time without an offset."""
    query: dict[str, str] = {}
    for name, value in filters.items():
        if name not in Filters.__annotations__:
            raise TypeError(f"Unknown filter {name!r}; allowed: {', '.join(Filters.__annotations__)}.")
        if isinstance(value, Mapping):
            query.update({f"metadata.{key}": str(text) for key, text in value.items()})
        elif isinstance(value, datetime):
            query[name] = checked_time(name, value)
        elif value is not None:
            query[name] = str(value)
    return query


def checked_time(name: str, value: datetime) -> str:
    """Return the time as the API takes it. Raises ValueError for one without an offset."""
    if value.tzinfo is None:
        raise ValueError(f"{name}: must be an aware datetime, such as datetime.now(UTC).")
    return value.isoformat()
