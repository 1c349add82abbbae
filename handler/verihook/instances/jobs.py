"""Jobs: one action on every instance that some filters match, counted first, at a rate, and stopped at any time.

A job is a document; while it has not ended, a second one under its id says so, so that a round need not read those that
have. :mod:`verihook.instances.job_rounds` drives it.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from verihook.errors import Conflict, JobNotFound, RecordDamaged, RequestInvalid
from verihook.instances.reading import search
from verihook.model.conflict import Overtaken, retry_on_conflict
from verihook.model.instance import Instance
from verihook.model.job import MAX_RATE, Action, Count, Failure, Job, applies, from_text
from verihook.model.listing import Search
from verihook.model.ports import Document
from verihook.records import replace
from verihook.strict_json import parse_kept

if TYPE_CHECKING:
    from verihook.model.ports.sets import DocumentPorts

#: Every job, and the ids of those that have not ended.
PARTITION, OPEN = "jobs#all", "jobs#open"

#: How long a job is kept after its last write, in seconds: two weeks.
KEPT_S = 14 * 86_400

#: So many jobs are under way at once. Each costs a read a round, and its actions.
MAX_OPEN = 10

#: How many rows a count reads at most, and for how long, in milliseconds; how many ids it shows.
COUNT_ROWS, COUNT_MS, EXAMPLES = 10_000, 5_000, 10

#: How many rows a count reads before it looks at the time.
_AT_A_TIME = 1000

#: How many jobs a list reads at a time.
_LISTED = 100

#: Ids count down, so that the newest job comes first in a list of documents.
_END_OF_IDS = 1 << 44

#: How long after its mark a job is written at the latest, in milliseconds.
_BEGINNING_MS = 120_000

_ID = re.compile(r"[0-9a-f]{19}", re.ASCII)


def count(action: Action, wanted: Search, ports: DocumentPorts, *, as_new: bool = False) -> Count:
    """Count what the action would touch, among the :data:`COUNT_ROWS` newest rows at most.

    ``as_new``: as in :func:`begin`.
    """

    def touches(row: Instance) -> bool:
        return applies(action, row, wanted, as_new=as_new)

    began, cursor, looked_to = ports.clock.now_ms(), None, None
    matched = looked = 0
    examples: list[str] = []
    while looked < COUNT_ROWS and ports.clock.now_ms() < began + COUNT_MS:
        found = search(wanted, _AT_A_TIME, cursor, ports, _AT_A_TIME, touches)
        ids = [row.id for row in found.instances]
        matched, looked, cursor = matched + len(ids), looked + found.looked, found.cursor
        looked_to = found.looked_to or looked_to
        examples += ids[: EXAMPLES - len(examples)]
        if cursor is None:
            return Count(matched, looked, complete=True, looked_to=looked_to, examples=tuple(examples))
    return Count(matched, looked, complete=False, looked_to=looked_to, examples=tuple(examples))


def bounded(wanted: Search, ports: DocumentPorts) -> Search:
    """Return the filters, with an end that is now at the latest. Raises RequestInvalid if there is no filter."""
    if not wanted.bounded:
        raise RequestInvalid("filter: must have one of workflow, status, source, tag, metadata, since, until.")
    now = ports.clock.now_ms()
    return replace(wanted, until=now if wanted.until is None else min(wanted.until, now))


def begin(
    action: Action,
    wanted: Search,
    rate: int,
    counted: Count,
    owner: str,
    ports: DocumentPorts,
    *,
    as_new: bool = False,
) -> Job:
    """Begin a job on what :func:`bounded` has returned. Raises RequestInvalid, Conflict if too many are under way.

    ``as_new``: to replay each delivery as an instance of its own.
    """
    if not 1 <= rate <= MAX_RATE:
        raise RequestInvalid(f"rate: must be a whole number from 1 to {MAX_RATE}.")
    now = ports.clock.now_ms()
    if len(ports.documents.all(OPEN, MAX_OPEN, now)) >= MAX_OPEN:
        raise Conflict(f"{MAX_OPEN} jobs are under way: stop one, or wait for the end of one.")
    id = f"{_END_OF_IDS - now:011x}{secrets.token_hex(4)}"
    job = Job(id, action, wanted, rate, now, counted, owner, updated_at=now, as_new=as_new)
    # The mark first: after a crash between the two there is no job, and no answer said that there is.
    ports.documents.write(OPEN, Document(id, "", 1), now)
    ports.documents.write(PARTITION, _document(job, 1, now), now)
    return job


def get_job(job_id: str, ports: DocumentPorts) -> Job:
    """Return the job. Raises JobNotFound."""
    return _stored(job_id, ports)[0]


def list_jobs(limit: int, after: str, visible: Callable[[Job], bool], ports: DocumentPorts) -> list[Job]:
    """Return up to ``limit`` visible jobs that come after this id ("": from the newest on), the newest first."""
    found: list[Job] = []
    while len(found) < limit:
        documents = ports.documents.all(PARTITION, _LISTED, ports.clock.now_ms(), after)
        found += [job for job in (from_text(each.text) for each in documents) if visible(job)]
        if len(documents) < _LISTED:
            break
        after = documents[-1].name
    return found[:limit]


def open_jobs(ports: DocumentPorts, damaged: dict[str, RecordDamaged] | None = None) -> list[Job]:
    """Return the jobs that have not ended, the oldest first.

    ``damaged`` gets the errors of those that cannot be read, by their ids; without it, such an error is raised.
    """
    found, now = [], ports.clock.now_ms()
    for mark in ports.documents.all(OPEN, MAX_OPEN * 2, now):
        document = ports.documents.read(PARTITION, mark.name, now)
        try:
            job = None if document is None else from_text(document.text)
        except RecordDamaged as error:
            if damaged is None:
                raise
            damaged[mark.name] = error
            continue
        if job is not None and not job.ended:
            found.append(job)
        elif job is not None or now > _begun_at(mark.name) + _BEGINNING_MS:
            # A crash left the mark: of a job whose end was written, or of one that was never written.
            ports.documents.remove(OPEN, mark.name)
    return found[::-1]


def stop_job(job_id: str, ports: DocumentPorts) -> Job:
    """Let the job act on nothing more. One that has ended stays as it is. Raises JobNotFound.

    A runner that acts just now ends what it has begun, and then writes ``stopped``.
    """

    def stopped(job: Job) -> Job:
        if job.status != "running":
            return job
        now = ports.clock.now_ms()
        if job.leased_until > now:
            return replace(job, status="stopping", updated_at=now)
        return replace(job, status="stopped", updated_at=now, ended_at=now, doing=())

    job = change(job_id, stopped, ports)
    if job.ended:
        ports.documents.remove(OPEN, job_id)
    return job


def note_failures(job_id: str, failures: Iterable[Failure], ports: DocumentPorts) -> None:
    """Write down what a job has failed on: one write each, once however often it is called. Raises LedgerUnavailable.

    The job itself has the first of them alone, as it is one document.
    """
    now = ports.clock.now_ms()
    for each in failures:
        text = json.dumps({"code": each.code, "detail": each.detail}, ensure_ascii=False)
        ports.documents.add(_failures(job_id), Document(each.id, text, 1, now // 1000 + KEPT_S), now)


def list_failures(job_id: str, limit: int, after: str, ports: DocumentPorts) -> list[Failure]:
    """Return up to ``limit`` failures of a job whose instances' ids come after this one, in the order of these ids."""
    return [_failure(each) for each in ports.documents.all(_failures(job_id), limit, ports.clock.now_ms(), after)]


def change(job_id: str, edit: Callable[[Job], Job], ports: DocumentPorts) -> Job:
    """Write the edited job; ``edit`` runs again on the newer one if another writer was quicker. Raises JobNotFound."""

    def write() -> Job:
        job, version = _stored(job_id, ports)
        edited = edit(job)
        now = ports.clock.now_ms()
        if edited != job and not ports.documents.write(PARTITION, _document(edited, version + 1, now), now):
            raise Overtaken
        return edited

    return retry_on_conflict(write, "This job")


def _failures(job_id: str) -> str:
    return f"jobs#failures#{job_id}"


def _failure(document: Document) -> Failure:
    def read(content: dict[str, str]) -> Failure:
        return Failure(document.name, content["code"], content["detail"])

    return parse_kept(document.text, "A failure of a job", read)


def _begun_at(job_id: str) -> int:
    return _END_OF_IDS - int(job_id[:11], 16)


def _stored(job_id: str, ports: DocumentPorts) -> tuple[Job, int]:
    found = ports.documents.read(PARTITION, job_id, ports.clock.now_ms()) if _ID.fullmatch(job_id) else None
    if found is None:
        raise JobNotFound("There is no job with this id.")
    return from_text(found.text), found.version


def _document(job: Job, version: int, now_ms: int) -> Document:
    return Document(job.id, job.text(), version, now_ms // 1000 + KEPT_S)
