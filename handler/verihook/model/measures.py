"""What is measured: names, labels and words, the same on one machine (Prometheus) and in AWS (CloudWatch).

``docs/observe.md`` has the table. A metric of AWS has at most the dimensions ``service``, ``source`` and ``workflow``:
each value of another label is a name of its own there, as every series of CloudWatch is paid for by the month. No label
has a value that a stranger chooses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]
By = Literal["", "source", "workflow"]

#: How long an answer takes, in seconds; the last bucket has all. An alarm is at 1.5: between two bounds Prometheus can
#: only guess.
ANSWERS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0)

#: How long a start or an instance takes, in seconds: up to a day.
LIVES = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 21_600.0, 86_400.0)

#: The code of a refusal -> the reason that is a label; every other is ``other``. The log has the code itself.
REASONS = {
    "signature": "signature",
    "event-malformed": "malformed",
    "input-invalid": "malformed",
    "request-invalid": "malformed",
    "unsupported-media-type": "malformed",
    "source-not-found": "not-found",
    "not-found": "not-found",
    "body-too-large": "too-large",
    "rate-limited": "limited",
}

#: What a code stands for that is not in :data:`REASONS`.
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Metric:
    """``label``: the name of its own label, "" for none; ``by``: the label whose values the operator names.

    ``clouds``: value of its own label ("" if it has none) -> name in CloudWatch; nothing for what only one machine has.
    ``split``: in CloudWatch, the values of its own label that ``by`` splits, too; None for all.
    ``unit``: CloudWatch's.
    """

    kind: Kind
    help: str
    clouds: Mapping[str, str]
    label: str = ""
    by: By = ""
    unit: str = "Count"
    buckets: tuple[float, ...] = ()
    split: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One value of a metric: what a counter grows by, what a gauge is now, what a histogram gets.

    ``name``: a key of :data:`METRICS`; ``value``: in the metric's unit; ``label``: the value of its own label;
    ``of``: the source's or workflow's name, None if it is of none or that is not known.
    """

    name: str
    value: float
    label: str = ""
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """What has been measured of a metric since it is: the sum of a counter, the last value of a gauge.

    ``label`` and ``of`` as of :class:`Measure`, ``of`` "" for none. Of a histogram ``value`` is the sum of what it got
    and ``counts`` how many were in each of its buckets, and, last, above them all.
    """

    name: str
    label: str
    of: str
    value: float
    counts: tuple[int, ...] = ()


METRICS: Mapping[str, Metric] = {
    "verihook_deliveries_total": Metric(
        "counter",
        "Requests and messages, by source and by what became of them.",
        {
            "accepted": "Accepted",
            "resumed": "Resumed",
            "duplicate": "Duplicate",
            "ignored": "Ignored",
            "handshake": "Handshake",
            "rejected": "Rejected",
            "unavailable": "Unavailable",
            "read": "Read",
            "opened": "Opened",
            "deleted": "Deleted",
        },
        label="outcome",
        by="source",
    ),
    "verihook_rejections_total": Metric(
        "counter",
        "Refused deliveries, by source and by the class of the reason.",
        {
            "signature": "RejectedSignature",
            "malformed": "RejectedMalformed",
            "not-found": "RejectedNotFound",
            "too-large": "RejectedTooLarge",
            "limited": "RejectedLimited",
            OTHER: "RejectedOther",
        },
        label="reason",
        by="source",
        split=("signature",),
    ),
    "verihook_delivery_seconds": Metric(
        "histogram",
        "How long the answer to an accepted delivery took.",
        {"": "Latency"},
        by="source",
        unit="Milliseconds",
        buckets=ANSWERS,
    ),
    "verihook_verified_by_previous_total": Metric(
        "counter", "Deliveries that an older secret verified.", {"": "VerifiedByPrevious"}, by="source"
    ),
    "verihook_body_changed_total": Metric(
        "counter", "Redeliveries with another body than the first.", {"": "BodyChanged"}, by="source"
    ),
    "verihook_replayed_total": Metric(
        "counter", "Signed bytes that came before under another event id.", {"": "Replayed"}, by="source"
    ),
    "verihook_start_delay_seconds": Metric(
        "histogram",
        "From acceptance to start, of instances that a worker or reconcile has started.",
        {"": "StartDelay"},
        unit="Seconds",
        buckets=LIVES,
    ),
    "verihook_queued_oldest_seconds": Metric(
        "gauge",
        "How long the oldest instance waits that should have been started; 0 if none does.",
        {"": "QueuedOldest"},
        unit="Seconds",
    ),
    "verihook_instances_total": Metric(
        "counter",
        "Instances that have ended, by workflow and status.",
        {"completed": "Completed", "failed": "Failed", "timed_out": "TimedOut", "terminated": "Terminated"},
        label="status",
        by="workflow",
    ),
    "verihook_instance_seconds": Metric(
        "histogram",
        "From an instance's beginning to its end.",
        {"": "InstanceDuration"},
        by="workflow",
        unit="Seconds",
        buckets=LIVES,
    ),
    "verihook_reconcile_last_success_timestamp": Metric(
        "gauge", "When the last round of reconcile ended well, in seconds since the epoch.", {"": "ReconcileSuccess"}
    ),
    "verihook_reconcile_repaired_total": Metric(
        "counter",
        "What reconcile has put right: instances started, ends found, instances that had to be put off.",
        {"started": "RepairedStarted", "finished": "RepairedFinished", "postponed": "RepairPostponed"},
        label="what",
    ),
    "verihook_callbacks_total": Metric(
        "counter",
        "Tries of callbacks.",
        {"taken": "CallbackTaken", "failed": "CallbackFailed", "given-up": "CallbackGivenUp"},
        label="outcome",
    ),
    "verihook_callbacks_due_oldest_seconds": Metric(
        "gauge",
        "How long ago the oldest end was whose callback is not taken yet; 0 if there is none.",
        {"": "CallbackOldest"},
        unit="Seconds",
    ),
    "verihook_waits_open": Metric("gauge", "Waits for an event that are open.", {}),
    "verihook_secret_previous_last_used_timestamp": Metric(
        "gauge", "When an older secret last verified a delivery, in seconds since the epoch.", {}, by="source"
    ),
    "verihook_secret_until_timestamp": Metric(
        "gauge",
        "When the next secret of a source ends, in seconds since the epoch.",
        {"": "SecretRemaining"},
        by="source",
        unit="Seconds",
    ),
    "verihook_limited_total": Metric(
        "counter",
        "Starts that were refused because there were too many in a minute, by source or API key.",
        {"source": "RejectedLimited", "key": "LimitedKey"},
        label="scope",
    ),
}


def zeros(sources: Iterable[str], workflows: Iterable[str]) -> list[Measure]:
    """Return a 0 of every counter of these sources and workflows.

    Prometheus sees no increase in a series that has just appeared: without these the first refusals were none.
    """
    names: Mapping[By, tuple[str, ...]] = {"": ("",), "source": tuple(sources), "workflow": tuple(workflows)}
    return [
        Measure(name, 0, label, of)
        for name, metric in METRICS.items()
        if metric.kind == "counter"
        for label in metric.clouds
        for of in names[metric.by]
    ]


def reason_of(code: str) -> str:
    """Return the class of a refusal, whose number is bounded."""
    return REASONS.get(code, OTHER)
