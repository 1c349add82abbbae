"""Where operators look: one delivery at a time, and what was seen of sources within an hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from verihook.model.instance import iso

#: How long a ledger keeps an hour of observations after it has ended, in milliseconds: 14 days. Readers ask for
#: no older ones, as an expired row may still be there.
KEPT_MS = 14 * 86_400_000


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of a source within one hour, counted: why deliveries were refused, or that an old secret is in use.

    ``kind`` is ``rejected``, ``previous-secret``, ``changed`` (a redelivery with another body) or ``replayed`` (signed
    bytes that came before under another event id); ``reason`` the reason code ("" for the others); ``source`` ""
    if no source was found. ``request_id`` is a sample to search the logs for. Times in milliseconds since the
    epoch. Never a body, a secret or a MAC.
    """

    kind: Literal["rejected", "previous-secret", "changed", "replayed"]
    source: str
    reason: str
    count: int
    first_at: int
    last_at: int
    request_id: str

    def public(self) -> dict[str, object]:
        """The row as the API and the commands show it: times in ISO 8601, ``source`` null if none was found."""
        return {
            "source": self.source or None,
            "reason": self.reason,
            "count": self.count,
            "firstAt": iso(self.first_at),
            "lastAt": iso(self.last_at),
            "requestId": self.request_id,
        }


@dataclass(slots=True)
class Trace:
    """What is known of one delivery while it passes, for log and metric. Never a body, never a secret.

    ``changed``: a redelivery whose body is another than the first one's. ``replay_of``: the instance that its signed
    bytes started under another event id. ``detail``: what is wrong with it, in words, never of a
    signature; of the body it quotes what a violation's message does.
    """

    request_id: str
    received_at: int
    source: str | None = None
    outcome: str = "rejected"
    reason: str | None = None
    verified_by: str | None = None
    event_id: str | None = None
    event_type: str | None = None
    instance_id: str | None = None
    status: int = 0
    duration_ms: int = 0
    changed: bool = False
    replay_of: str | None = None
    detail: str | None = None


class Telemetry(Protocol):
    """Where operators look."""

    def delivery(self, trace: Trace) -> None:
        """One delivery was answered."""
        ...

    def failure(self, where: str, error: BaseException) -> None:
        """Report an error that no answer has reported. ``where``: the part that failed, such as ``reconcile``."""
        ...


class Observer(Protocol):
    """Counts what is seen of sources and writes it seldom. No method raises. ``trace`` is complete."""

    def rejected(self, trace: Trace) -> None:
        """The delivery was refused, for ``trace.reason``."""
        ...

    def changed(self, trace: Trace) -> None:
        """The delivery was a redelivery with another body, whatever became of it."""
        ...

    def replayed(self, trace: Trace) -> None:
        """What was signed came before under another event id, whatever became of it."""
        ...

    def previous(self, trace: Trace) -> None:
        """The delivery was verified by an older secret, whatever became of it."""
        ...

    def flush(self) -> None:
        """Write what waits."""
        ...
