"""What operators can look at: each delivery, each failure, and counts of what was seen of sources, by the hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from verihook.model.instance import iso

if TYPE_CHECKING:
    from verihook.model.delivery import Carried
    from verihook.model.front import Arrival
    from verihook.model.measures import Measure
    from verihook.request import Request

#: How long a ledger keeps the observations of an hour after its end, in milliseconds: 14 days. Readers ask for no
#: older ones, as an expired row may still be there.
KEPT_MS = 14 * 86_400_000


#: What is counted of deliveries by the hour, beside those that are accepted.
Kind = Literal["rejected", "duplicate", "changed", "ignored", "handshake", "replayed", "previous-secret"]


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of a source within one hour, counted: why deliveries were refused, or that an old secret is in use.

    Of ``kind``, ``changed`` is a redelivery with another body, and ``replayed`` are signed bytes that came before under
    another event id; ``reason``: the code of a refusal, "" for the other kinds; ``source``: "" if no source was found.
    ``request_id`` is that of the last one, to search the logs for; ``sample``: JSON text of what is kept of it
    (:func:`verihook.webhooks.sample.sample_of`), "" for nothing. Times in milliseconds since the epoch. Never a secret
    or a MAC.
    """

    kind: Kind
    source: str
    reason: str
    count: int
    first_at: int
    last_at: int
    request_id: str
    sample: str = ""

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

    ``changed``: the delivery is a redelivery with another body. ``replay_of``: the instance that the same signed bytes
    started under another event id. ``detail``: why the delivery is refused or ignored, in words, with no more of the
    body than a violation's message quotes. ``request``: what came, of which no log has more than the path; None if it
    was no request. ``changed_body``: the body of a changed redelivery, in the form of
    :func:`verihook.webhooks.keeping.raw_of`, if its source keeps bodies. ``carried``: its place in the delivery that
    carried it among others; None if it came alone. ``test``: :mod:`verihook.webhooks.trials` has sent it. ``arrival``:
    how it came, as the front says it; None if nothing rests on that. ``refused``: the class of ``reason``
    (:data:`verihook.model.measures.REASONS`) if the delivery is refused, None if not. ``trace_id``: of its trace, 32
    hexadecimal digits, if spans are made.
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
    request: Request | None = None
    changed_body: str | None = None
    carried: Carried | None = None
    test: bool = False
    arrival: Arrival | None = None
    refused: str | None = None
    trace_id: str | None = None

    @property
    def path(self) -> str | None:
        """Return the path of the request, or the ARN of the feed of a message."""
        return None if self.request is None else self.request.path


class Telemetry(Protocol):
    """Writes the logs and metrics that operators look at."""

    def delivery(self, trace: Trace) -> None:
        """Report a delivery that was answered."""
        ...

    def failure(self, where: str, error: BaseException) -> None:
        """Report an error that no answer has reported. ``where``: the part that failed, such as ``reconcile``."""
        ...

    def measured(self, measures: Sequence[Measure]) -> None:
        """Report what was measured beside deliveries: in AWS a line for each call, which is paid for."""
        ...


class Observer(Protocol):
    """Counts what is seen of sources, and writes the counts seldom. No method raises. Each ``trace`` is complete."""

    def rejected(self, trace: Trace) -> None:
        """Count a delivery that was refused, for ``trace.reason``."""
        ...

    def passed(self, trace: Trace) -> None:
        """Count a duplicate, an ignored delivery or a handshake, as ``trace.outcome`` says."""
        ...

    def changed(self, trace: Trace) -> None:
        """Count a redelivery with another body, whatever became of it."""
        ...

    def replayed(self, trace: Trace) -> None:
        """Count a delivery whose signed bytes came before under another event id, whatever became of it."""
        ...

    def previous(self, trace: Trace) -> None:
        """Count a delivery that an older secret verified, whatever became of it."""
        ...

    def flush(self) -> None:
        """Write the counts that are not written yet."""
        ...
