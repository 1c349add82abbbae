"""A job: one action on every instance that some filters match, as the ledger keeps it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from verihook.model.instance import BATCH, Instance, Status, iso, iso_or_none
from verihook.model.listing import Search
from verihook.records import asdict
from verihook.strict_json import parse_kept

Action = Literal["redrive", "restart", "terminate", "suspend", "resume", "delete", "replay"]
ACTIONS: tuple[Action, ...] = get_args(Action)

#: ``stopping``: it was asked to stop, and its runner has not answered yet.
JobStatus = Literal["running", "stopping", "stopped", "completed"]

#: How many of its failures a job keeps, with their words.
MAX_FAILURES = 50

#: The most actions a second, and those of a job that says nothing.
MAX_RATE, RATE = 500, 20

_FAILED: frozenset[Status] = frozenset({"failed", "timed_out"})


@dataclass(frozen=True, slots=True)
class Count:
    """How many instances an action would touch: ``matched`` of the ``looked`` newest rows, back to ``looked_to`` (ms).

    ``complete``: there are no others. ``examples``: ids of some.
    """

    matched: int
    looked: int
    complete: bool
    looked_to: int | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """An instance that the action failed on. ``code`` is that of the error, ``detail`` its public words."""

    id: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Job:
    """Times in milliseconds since the epoch.

    ``search.until`` is no later than ``created_at``: an instance that begins later is none of the job's. ``owner``:
    :attr:`verihook.model.scopes.ApiKey.chain` of the key, "" without one. ``rate``: actions a second, at most.
    ``doing``: ids and attempts that are acted on now, written before the first of them; all before them are done.
    ``cursor``: where the list goes on after these, None at its start; ``listed``: it does not go on. ``runner`` acts
    until ``leased_until``, and on nothing more before ``next_at``. ``tries``: how often in a row what is acted on could
    not be reached. ``skipped``: how many matched when they were listed, and did not any more when it was their turn.
    ``as_new``: it replays deliveries as instances of their own.
    """

    id: str
    action: Action
    search: Search
    rate: int
    created_at: int
    count: Count
    owner: str = ""
    status: JobStatus = "running"
    updated_at: int = 0
    ended_at: int | None = None
    cursor: str | None = None
    listed: bool = False
    doing: tuple[tuple[str, int], ...] = ()
    looked: int = 0
    done: int = 0
    skipped: int = 0
    failed: int = 0
    failures: tuple[Failure, ...] = ()
    runner: str = ""
    leased_until: int = 0
    next_at: int = 0
    tries: int = 0
    as_new: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing more is acted on."""
        return self.status in ("stopped", "completed")

    def wants(self, row: Instance) -> bool:
        """Whether the row matches, and is one that the action can be done to."""
        return self.search.matches(row) and applies(self.action, row, self.search, as_new=self.as_new)

    def text(self) -> str:
        """Return the job as it is kept: JSON, which :func:`from_text` reads."""
        return json.dumps(asdict(self), separators=(",", ":"), ensure_ascii=False)

    def public(self) -> dict[str, object]:
        """Return the job as the API shows it."""
        return {
            "id": self.id,
            "action": self.action,
            "filter": filter_shown(self.search),
            "asNew": self.as_new,
            "rate": self.rate,
            "status": self.status,
            "createdAt": iso(self.created_at),
            "updatedAt": iso(self.updated_at),
            "endedAt": iso_or_none(self.ended_at),
            "count": count_shown(self.count),
            "looked": self.looked,
            "done": self.done,
            "skipped": self.skipped,
            "failed": self.failed,
            "failures": failures_shown(self.failures),
        }


def applies(action: Action, row: Instance, search: Search, *, as_new: bool = False) -> bool:
    """Whether the action can be done to a row in this status.

    What an operator has terminated is redriven only if the filter says ``terminated``. What a replay has made is no
    delivery, so it is not replayed itself. ``as_new``: a delivery that carries several events is not replayed, as each
    of the instances that it has started is.
    """
    match action:
        case "redrive":
            return row.status in _FAILED or (row.status == "terminated" and search.status == "terminated")
        case "terminate":
            return not row.final
        case "suspend":
            return not row.final and not row.held
        case "resume":
            return not row.final and (row.held or row.status == "suspended")
        case "delete":
            return row.final
        case "replay":
            is_replay = row.delivery is not None and row.delivery.replay_of is not None
            return row.source is not None and not is_replay and not (as_new and row.engine == BATCH)
    return True


def filter_shown(search: Search) -> dict[str, object]:
    """Return the filters as a caller writes them."""
    metadata = {name.removeprefix("metadata."): value for name, value in search.labels if name != "tag"}
    return {
        "workflow": search.workflow,
        "status": search.status,
        "source": search.source,
        "tag": next((value for name, value in search.labels if name == "tag"), None),
        "metadata": metadata,
        "since": iso_or_none(search.since),
        "until": iso_or_none(search.until),
    }


def failures_shown(failures: Iterable[Failure]) -> list[dict[str, str]]:
    """Return failures as the API shows them."""
    return [{"instanceId": each.id, "code": each.code, "detail": each.detail} for each in failures]


def count_shown(count: Count) -> dict[str, object]:
    """Return the count as the API shows it."""
    return {
        "matched": count.matched,
        "looked": count.looked,
        "complete": count.complete,
        "lookedTo": iso_or_none(count.looked_to),
        "examples": [*count.examples],
    }


def from_text(text: str) -> Job:
    """Return the job of a text that :meth:`Job.text` has made. Raises RecordDamaged."""
    return parse_kept(text, "A job", _job)


def _job(content: Mapping[str, Any]) -> Job:
    search, count = content["search"], content["count"]
    return Job(
        **{
            **content,
            "search": Search(**{**search, "labels": tuple((name, value) for name, value in search["labels"])}),
            "count": Count(**{**count, "examples": tuple(count["examples"])}),
            "doing": tuple((id, attempt) for id, attempt in content["doing"]),
            "failures": tuple(Failure(**each) for each in content["failures"]),
        }
    )
