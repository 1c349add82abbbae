"""Counts why deliveries were refused, what was no new event, and that an old secret was needed; writes the counts.

What strangers send must not cost a write each. What is seen is counted in memory, and the counts, each with a sample of
the last one (:mod:`verihook.webhooks.sample`), are written by the first that is seen after a window of
:data:`WINDOW_MS` has closed, at most :data:`WRITES` rows at a time. A process with a loop of its own calls
:meth:`Observer.flush` instead. A Lambda function has none, so the counts since the last write are lost when AWS removes
the execution environment. The log and the metrics have every refusal.

That an old secret verified a delivery is written at once, and then at most every :data:`PREVIOUS_MS` for a source. The
operator removes the secret when it is no longer used, so no use of it must be lost; and only a sender that knows the
secret can cause the write.
"""

from __future__ import annotations

from itertools import islice
from threading import Lock

from verihook.errors import LedgerUnavailable
from verihook.model.ports import Kind, Ledger, Observation, Telemetry, Trace
from verihook.records import replace
from verihook.webhooks.captures import Capture
from verihook.webhooks.keeping import printable
from verihook.webhooks.sample import sample_of

#: How long refusals are counted before they are written, in milliseconds.
WINDOW_MS = 60_000

#: At most so often it is written that a source's previous secret was used, in milliseconds.
PREVIOUS_MS = 600_000

#: How many pairs of source and reason are counted separately; the rest count together as :data:`OTHER`.
MAX_KEYS = 200

#: How many rows one refusal writes at most: its answer waits for them.
WRITES = 10

#: The reason of refusals that are counted together; their source is "".
OTHER = "other"

#: A request id is a sample. If a caller can set it (a load balancer's trace id), it may have any length.
MAX_REQUEST_ID = 128


class Observer:
    """Counts in bounded memory and writes seldom. Threads may share it.

    No method raises. If the ledger is unavailable, the counts wait for the next write, and telemetry gets the failure.
    """

    def __init__(self, ledger: Ledger, telemetry: Telemetry, capture: Capture | None = None) -> None:
        """``capture``: keeps whole refused requests, while an operator has opened a window for that."""
        self._ledger = ledger
        self._capture = capture
        self._telemetry = telemetry
        self._lock = Lock()
        #: By kind, source and reason, the longest waiting first.
        self._waiting: dict[tuple[str, str, str], Observation] = {}
        #: When the window closes, in milliseconds since the epoch; None before the first refusal.
        self._closes_at: int | None = None
        #: Source -> when its previous secret was last written.
        self._previous_written_at: dict[str, int] = {}

    def rejected(self, trace: Trace) -> None:
        """The delivery was refused, for ``trace.reason``. ``trace`` is complete."""
        if self._capture is not None:
            self._capture.keep(trace)
        self._count(trace, "rejected", trace.reason or "internal")

    def passed(self, trace: Trace) -> None:
        """The delivery is a duplicate, was ignored or was a handshake. ``trace`` is complete."""
        kind: Kind = "ignored" if trace.outcome == "ignored" else "handshake"
        self._count(trace, "duplicate" if trace.outcome == "duplicate" else kind, "")

    def changed(self, trace: Trace) -> None:
        """The delivery was a redelivery with another body, whatever became of it. ``trace`` is complete."""
        self._count(trace, "changed", "")

    def replayed(self, trace: Trace) -> None:
        """The signed bytes came before under another event id, whatever became of it. ``trace`` is complete."""
        self._count(trace, "replayed", "")

    def previous(self, trace: Trace) -> None:
        """The delivery was verified by an older secret, whatever became of it. ``trace`` is complete."""
        now = trace.received_at + trace.duration_ms
        seen = _observation("previous-secret", trace, "", now)
        with self._lock:
            self._add(seen)
            written_at = self._previous_written_at.get(seen.source)
            if not _ledger_answers(trace) or (written_at is not None and now < written_at + PREVIOUS_MS):
                return
            self._previous_written_at[seen.source] = now
            batch = [self._waiting.pop(_key(seen))]
        self._write(batch)

    def flush(self) -> None:
        """Write every count; the next refusal opens a new window. For a loop, and for the end of a process."""
        with self._lock:
            self._closes_at = None
            batch = self._pop(len(self._waiting))
        self._write(batch)
        self._look(batch)

    def _count(self, trace: Trace, kind: Kind, reason: str) -> None:
        now = trace.received_at + trace.duration_ms
        batch: list[Observation] = []
        with self._lock:
            self._add(_observation(kind, trace, reason, now))
            if self._closes_at is None:
                self._closes_at = now + WINDOW_MS
            elif now >= self._closes_at and _ledger_answers(trace):
                self._closes_at = now + WINDOW_MS
                batch = self._pop(WRITES)
        self._write(batch)
        self._look(batch)

    def _look(self, written: list[Observation]) -> None:
        """Look for capture windows as often as counts are written: never for each of many forged requests."""
        if written and self._capture is not None:
            for error in self._capture.look(max(seen.last_at for seen in written)):
                self._telemetry.failure("captures", error)

    def _add(self, seen: Observation) -> None:
        # Previous secrets are never counted together: strangers cannot cause them, and an operator asks by source.
        if seen.kind == "rejected" and _key(seen) not in self._waiting and len(self._waiting) >= MAX_KEYS:
            seen = replace(seen, source="", reason=OTHER)
        before = self._waiting.get(_key(seen))
        self._waiting[_key(seen)] = seen if before is None else _merged(before, seen)

    def _pop(self, most: int) -> list[Observation]:
        return [self._waiting.pop(key) for key in list(islice(self._waiting, most))]

    def _write(self, batch: list[Observation]) -> None:
        for number, seen in enumerate(batch):
            try:
                self._ledger.observe(seen)
            except LedgerUnavailable as error:
                # The rest is not tried: each would delay the answer for as long again.
                with self._lock:
                    for unwritten in batch[number:]:
                        self._add(unwritten)
                self._telemetry.failure("observe", error)
                return


def _ledger_answers(trace: Trace) -> bool:
    """Whether a write may be tried. After one that failed, another would delay an answer that is already late."""
    return trace.outcome != "unavailable"


def _observation(kind: Kind, trace: Trace, reason: str, now: int) -> Observation:
    # It is shown on terminals, and a ledger takes no lone surrogate.
    request_id = printable(trace.request_id, MAX_REQUEST_ID)
    sample = "" if kind == "previous-secret" else sample_of(trace)
    return Observation(kind, trace.source or "", reason, 1, now, now, request_id, sample)


def _key(seen: Observation) -> tuple[str, str, str]:
    return seen.kind, seen.source, seen.reason


def _merged(one: Observation, other: Observation) -> Observation:
    """The two counted together, with the sample of the later one."""
    later = other if other.last_at >= one.last_at else one
    return replace(later, count=one.count + other.count, first_at=min(one.first_at, other.first_at))
