"""Jobs: one action on every instance that some filters match."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Unpack

from verihook.client.reading import Filters, checked_time
from verihook.client.records import Content
from verihook.client.wire import Request, Work, path

JobAction = Literal["redrive", "restart", "terminate", "suspend", "resume", "delete", "replay"]


@dataclass(frozen=True, slots=True)
class JobCount:
    """How many instances a job would act on: ``matched`` of the ``looked`` newest rows.

    ``complete``: there are no others; else ``looked_to`` is when the last row that was read was created.
    """

    matched: int
    looked: int
    complete: bool
    looked_to: datetime | None
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobFailure:
    """An instance that the action failed on."""

    instance_id: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Job:
    """A job. ``skipped``: matched, and had changed by their turn. ``failures``: the first 50 of the ``failed``."""

    id: str
    action: JobAction
    filter: Mapping[str, Any]
    rate: int
    status: Literal["running", "stopping", "stopped", "completed"]
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    count: JobCount
    looked: int
    done: int
    skipped: int
    failed: int
    failures: tuple[JobFailure, ...]
    as_new: bool = False
    raw: Content = field(repr=False, compare=False, default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether it acts on nothing more."""
        return self.status in ("stopped", "completed")


@dataclass(frozen=True, slots=True)
class JobStart:
    """What was counted, and the job that has begun; None after a dry run."""

    count: JobCount
    job: Job | None
    raw: Content = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobPage:
    """A page of jobs, the newest first. ``cursor``: of the next page, None on the last."""

    jobs: tuple[Job, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class JobFailurePage:
    """A page of what a job has failed on, in the order of the ids. ``cursor``: of the next page, None on the last."""

    failures: tuple[JobFailure, ...]
    cursor: str | None


def start_job(
    action: JobAction, *, rate: int = 20, dry_run: bool = False, as_new: bool = False, **filters: Unpack[Filters]
) -> Work[JobStart]:
    """Begin one action on every instance that matches and that was created before now; ``rate`` a second, at most.

    ``dry_run``: count them, and do nothing. ``as_new``: ``replay`` deliveries as instances of their own. Not sent again
    if the server may have got it: it would begin two. Raises InvalidInput, Conflict (too many under way), Forbidden.
    """
    body = {"action": action, "filter": _filter(filters), "rate": rate, "dryRun": dry_run}
    if as_new:
        body["asNew"] = True
    answer = yield Request("POST", path("jobs"), body=body, repeatable=False, wait_s=20)
    return answer.read(_start)


def jobs(*, limit: int = 20, cursor: str | None = None) -> Work[JobPage]:
    """One page of jobs, the newest first; ``limit`` 1 to 100, ``cursor`` of the page before."""
    query = {"limit": str(limit), **({} if cursor is None else {"cursor": cursor})}
    answer = yield Request("GET", path("jobs"), query)
    return answer.read(lambda content: JobPage(tuple(_job(each) for each in content["jobs"]), content["cursor"]))


def job(job_id: str) -> Work[Job]:
    """How far a job is. Raises NotFound."""
    answer = yield Request("GET", path("jobs", job_id))
    return answer.read(_job)


def stop_job(job_id: str) -> Work[Job]:
    """Have a job act on nothing more, within 5 seconds. One that has ended is left alone. Raises NotFound."""
    answer = yield Request("POST", path("jobs", job_id, "stop"))
    return answer.read(_job)


def job_failures(job_id: str, *, limit: int = 50, cursor: str | None = None) -> Work[JobFailurePage]:
    """One page of all that a job has failed on; ``limit`` 1 to 1000, ``cursor`` of the page before. Raises NotFound."""
    query = {"limit": str(limit), **({} if cursor is None else {"cursor": cursor})}
    answer = yield Request("GET", path("jobs", job_id, "failures"), query)
    return answer.read(lambda content: JobFailurePage(_failures(content["failures"]), content["cursor"]))


def _failures(content: list[Content]) -> tuple[JobFailure, ...]:
    return tuple(JobFailure(each["instanceId"], each["code"], each["detail"]) for each in content)


def _filter(filters: Filters) -> dict[str, Any]:
    """Raise ValueError for a time without an offset."""
    given: dict[str, Any] = {}
    for name, value in filters.items():
        if isinstance(value, datetime):
            given[name] = checked_time(name, value)
        elif isinstance(value, Mapping):
            given[name] = dict(value)
        elif value is not None:
            given[name] = value
    return given


def _start(content: Content) -> JobStart:
    return JobStart(_count(content["count"]), None if content["job"] is None else _job(content["job"]), content)


def _job(content: Content) -> Job:
    return Job(
        id=content["id"],
        action=content["action"],
        filter=content["filter"],
        rate=content["rate"],
        status=content["status"],
        created_at=datetime.fromisoformat(content["createdAt"]),
        updated_at=datetime.fromisoformat(content["updatedAt"]),
        ended_at=_time_or_none(content["endedAt"]),
        count=_count(content["count"]),
        looked=content["looked"],
        done=content["done"],
        skipped=content["skipped"],
        failed=content["failed"],
        failures=_failures(content["failures"]),
        as_new=content.get("asNew", False),
        raw=content,
    )


def _count(content: Content) -> JobCount:
    looked_to = _time_or_none(content["lookedTo"])
    return JobCount(content["matched"], content["looked"], content["complete"], looked_to, tuple(content["examples"]))


def _time_or_none(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
