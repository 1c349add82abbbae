"""Drives jobs: page by page, each written down before it is acted on, so that a crash neither repeats nor leaves out.

The same code runs on a schedule in AWS and in a loop on one machine. A runner leases a job for :data:`LEASE_MS`, so
that two do not act at twice its rate; that nothing is done twice does not rest on the lease.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verihook.errors import LedgerUnavailable, RecordDamaged, VerihookError
from verihook.instances import jobs
from verihook.instances.job_actions import Outcome, act
from verihook.instances.reading import search
from verihook.model.job import MAX_FAILURES, Failure, Job
from verihook.records import replace

if TYPE_CHECKING:
    from verihook.model.ports.sets import ControlPorts

#: How many instances are acted on at the same time, and how many a job writes down at a time, at most.
AT_ONCE, PAGE = 8, 100

#: After this time, in milliseconds, a round writes down how far it is, and sees whether it has to stop.
ROUND_MS = 1_500

#: How long no other runner acts for a job, after each write of its runner, in milliseconds.
LEASE_MS = 60_000

#: How often what cannot be reached is tried, with pauses of 1, 2, 4 and 8 seconds, before it is reported as a failure.
MAX_TRIES = 5

#: The longest that jobs are driven in one call, in milliseconds: in AWS the next invocation comes every minute, and
#: repairs wait for its end if the deployment lets no second one run beside it.
LONGEST_MS = 50_000

#: What a round may still take when the time is nearly over, in milliseconds: an engine that does not answer.
RESERVE_MS = 30_000

#: The pause before the next look if nothing is due, in milliseconds.
_PAUSE_MS = 500


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of one instance. ``later``: it could not be reached, for the reason in ``failure``."""

    id: str
    outcome: Outcome | None = None
    failure: Failure | None = None
    later: bool = False


class JobRounds:
    """A runner of jobs. ``alone``: no other can be at work, so that it takes over what a crash left at once."""

    def __init__(self, *, alone: bool = False) -> None:
        self._runner = secrets.token_hex(8)
        self._alone = alone

    def run(
        self,
        ports: ControlPorts,
        remaining_ms: Callable[[], int] | None = None,
        pause_ms: Callable[[int], object] | None = None,
    ) -> int:
        """Drive the jobs that are due, for some seconds. Return how many instances were acted on.

        ``remaining_ms()``: how long this may go on, in milliseconds. With it and ``pause_ms``, which waits, rounds
        follow each other for :data:`LONGEST_MS`, until no job is under way or the time is over. Raises
        LedgerUnavailable: call again. Raises RecordDamaged after all others, for a job that cannot be read or meets a
        row that cannot be read.
        """
        began, acted = ports.clock.now_ms(), 0
        damaged: dict[str, RecordDamaged] = {}
        while under_way := [job for job in jobs.open_jobs(ports, damaged) if job.id not in damaged]:
            now_acted = sum(self._drive_or_note(job, damaged, ports) for job in under_way)
            acted += now_acted
            if remaining_ms is not None and pause_ms is not None:
                if remaining_ms() < RESERVE_MS or ports.clock.now_ms() > began + LONGEST_MS:
                    self._release(under_way, ports)
                    break
                if not now_acted:
                    pause_ms(_PAUSE_MS)
            elif not now_acted or ports.clock.now_ms() > began + ROUND_MS:
                break
        if damaged:
            raise next(iter(damaged.values()))
        return acted

    def _drive_or_note(self, job: Job, damaged: dict[str, RecordDamaged], ports: ControlPorts) -> int:
        """Drive a job; what it cannot read is noted under its id, and stops no other job."""
        try:
            return self._drive(job, ports)
        except RecordDamaged as error:
            damaged[job.id] = error
            return 0

    def _release(self, under_way: Sequence[Job], ports: ControlPorts) -> None:
        """Leave the jobs to the next runner at once."""

        def released(job: Job) -> Job:
            return replace(job, leased_until=0) if job.runner == self._runner and not job.ended else job

        for job in under_way:
            jobs.change(job.id, released, ports)

    def _drive(self, job: Job, ports: ControlPorts) -> int:
        """Act on some instances of the job, if it is due and no other runner has it. Return on how many."""
        now = ports.clock.now_ms()
        if job.runner != self._runner:
            if job.leased_until > now and not self._alone:
                return 0
            job = self._take(job, ports)
        # Not in its first millisecond: what it restarts must have begun later than all that it is about.
        if job.runner != self._runner or (job.status == "running" and now < job.next_at) or now <= job.created_at:
            return 0
        results = _acted(job, ports) if job.status == "running" else []
        # Before they are counted: after a crash in between, they fail once more.
        jobs.note_failures(job.id, _failed(results), ports)
        self._write(job, results, now, ports)
        return sum(not each.later for each in results)

    def _take(self, job: Job, ports: ControlPorts) -> Job:
        def taken(current: Job) -> Job:
            now = ports.clock.now_ms()
            if current.ended or (current.leased_until > now and current.runner != job.runner):
                return current
            return replace(current, runner=self._runner, leased_until=now + LEASE_MS)

        return jobs.change(job.id, taken, ports)

    def _write(self, job: Job, results: Sequence[_Done], began_ms: int, ports: ControlPorts) -> None:
        """Write what was done since ``began_ms``, and what is done next; or the end."""

        def written(current: Job) -> Job:
            if current.runner != self._runner or current.doing != job.doing:
                # Another runner has taken it over: it finds in the rows what was done here.
                return current
            now = ports.clock.now_ms()
            following = replace(_with_results(current, results, began_ms), updated_at=now, leased_until=now + LEASE_MS)
            if current.status == "stopping":
                return replace(following, status="stopped", doing=(), ended_at=now)
            return following if following.doing else _with_next(following, ports)

        if jobs.change(job.id, written, ports).ended:
            ports.documents.remove(jobs.OPEN, job.id)


def _acted(job: Job, ports: ControlPorts) -> list[_Done]:
    """Act on what the job has written down, several at a time, until the round's time is over."""
    began = ports.clock.now_ms()
    done: list[_Done] = []
    with ThreadPoolExecutor(AT_ONCE, "job") as pool:
        due = job.doing[: job.rate]
        for first in range(0, len(due), AT_ONCE):
            if ports.clock.now_ms() > began + ROUND_MS:
                break
            group = due[first : first + AT_ONCE]
            done += pool.map(lambda each: _one(job, each, ports), group)
    return done


def _one(job: Job, doing: tuple[str, int], ports: ControlPorts) -> _Done:
    instance_id, attempt = doing
    try:
        return _Done(instance_id, act(job, instance_id, attempt, ports))
    except LedgerUnavailable:
        # Nothing can be written: the next round goes on with the same.
        raise
    except VerihookError as error:
        failure = Failure(instance_id, error.code, str(error)[:500])
        return _Done(instance_id, failure=failure, later=error.retryable and job.tries + 1 < MAX_TRIES)
    except Exception as error:  # noqa: BLE001  # one instance that fails must not stop the others
        ports.telemetry.failure(f"job {job.id} {instance_id}", error)
        return _Done(instance_id, failure=Failure(instance_id, VerihookError.code, "Something went wrong on our side."))


def _failed(results: Sequence[_Done]) -> list[Failure]:
    return [each.failure for each in results if each.failure is not None and not each.later]


def _with_results(job: Job, results: Sequence[_Done], began_ms: int) -> Job:
    """Return the job with these results counted, and what is left of what it acts on."""
    over = {each.id for each in results if not each.later}
    failures = _failed(results)
    postponed = len(results) - len(over)
    tries = job.tries + 1 if postponed else 0
    pause_ms = 1000 * 2 ** (tries - 1) if postponed else 1000 * len(over) // job.rate
    return replace(
        job,
        doing=tuple(each for each in job.doing if each[0] not in over),
        done=job.done + sum(each.outcome == "done" for each in results),
        skipped=job.skipped + sum(each.outcome == "skipped" for each in results),
        failed=job.failed + len(failures),
        failures=(*job.failures, *failures)[:MAX_FAILURES],
        tries=tries,
        next_at=began_ms + pause_ms,
    )


def _with_next(job: Job, ports: ControlPorts) -> Job:
    """Return the job with the next page of instances to act on, or its end."""
    if job.listed:
        return replace(job, status="completed", ended_at=job.updated_at)
    found = search(job.search, PAGE, job.cursor, ports, also=job.wants)
    return replace(
        job,
        cursor=found.cursor,
        listed=found.cursor is None,
        doing=tuple((row.id, row.attempt) for row in found.instances),
        looked=job.looked + found.looked,
    )
