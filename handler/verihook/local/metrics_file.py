"""The counts of /metrics in the data folder: ``metrics.json``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from verihook.adapters.counts import Counts
from verihook.local.data import write_private
from verihook.model.measures import Series

#: How often they are written, if they have changed, in seconds. A request for /metrics writes them, too.
SAVE_S = 5.0

#: ``report(where, error)``: of the telemetry.
Report = Callable[[str, BaseException], None]


def counts_of(data: Path) -> tuple[Counts, Exception | None]:
    """Return the counts of the data folder, and the error if those that are kept cannot be read: they begin at 0."""
    path = data / "metrics.json"
    keep = partial(write_private, path)
    try:
        return Counts(path.read_text("utf-8") if path.exists() else "", keep), None
    except (OSError, ValueError) as error:
        error.add_note(f"{path.name}: counters begin at 0")
        return Counts("", keep), error


def series_of(counts: Counts, report: Report) -> Sequence[Series]:
    """Return the counts, kept before. If they cannot be kept they are shown all the same: a full disk is to be seen."""
    try:
        return counts.save()
    except Exception as error:  # noqa: BLE001  # whatever the disk does
        report("metrics", error)
        return counts.now()
