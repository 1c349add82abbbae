"""The answers on jobs, as models for OpenAPI, as those in :mod:`verihook.api.openapi_models`."""

from __future__ import annotations

from verihook.api.openapi_models import Answer
from verihook.model.instance import Status
from verihook.model.job import Action, JobStatus


class JobCount(Answer):
    """How many instances the job would act on: ``matched`` of ``looked`` rows, the newest, back to ``lookedTo``.

    ``complete`` false: the count was stopped there, and there may be more. ``examples``: ids of some.
    """

    matched: int
    looked: int
    complete: bool
    looked_to: str | None
    examples: list[str]


class JobFilterView(Answer):
    """What the job is about. ``until`` is its own beginning at the latest."""

    workflow: str | None
    status: Status | None
    source: str | None
    tag: str | None
    metadata: dict[str, str]
    since: str | None
    until: str | None


class JobFailure(Answer):
    """An instance on which the action failed, and why, as it would have been answered alone."""

    instance_id: str
    code: str
    detail: str


class JobView(Answer):
    """A job. ``skipped``: matched when they were listed, and had changed when it was their turn.

    ``failures``: the first 50 of the ``failed``, of which `/failures` has all. ``looked``: rows that were read so far.
    """

    id: str
    action: Action
    filter: JobFilterView
    as_new: bool
    rate: int
    status: JobStatus
    created_at: str
    updated_at: str
    ended_at: str | None
    count: JobCount
    looked: int
    done: int
    skipped: int
    failed: int
    failures: list[JobFailure]


class JobStart(Answer):
    """What was counted, and the job that has begun; null after a dry run."""

    count: JobCount
    job: JobView | None


class Jobs(Answer):
    """A page of jobs, the newest first."""

    jobs: list[JobView]
    cursor: str | None


class JobFailures(Answer):
    """A page of all that a job has failed on, in the order of the instances' ids."""

    failures: list[JobFailure]
    cursor: str | None
