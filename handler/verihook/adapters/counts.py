"""What one machine has measured, for /metrics: counters and histograms that no restart makes smaller.

Counts are kept in memory and in a file. Every value that is shown was written before: whatever ends the process, the
next one begins with no less than was ever seen. What was not shown yet may be lost with a kill, a few seconds of it.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from verihook.model.measures import METRICS, Measure, Series
from verihook.strict_json import parse

#: Metric, value of its own label, source or workflow ("" for none).
Key = tuple[str, str, str]


class Counts:
    """Counters, gauges and histograms. Threads may share it.

    ``kept``: the text that was kept last, "" for none; ``keep(text)`` keeps another. Raises ValueError for a text of
    another form.
    """

    def __init__(self, kept: str = "", keep: Callable[[str], None] = lambda _text: None) -> None:
        self._keep = keep
        self._lock = Lock()
        self._keeping = Lock()
        self._series: dict[Key, list[float]] = dict(_parsed(kept))
        self._changed = False

    def add(self, measures: Iterable[Measure]) -> None:
        """Count them."""
        with self._lock:
            for each in measures:
                metric = METRICS[each.name]
                of = (each.of or "") if metric.by else ""
                series = self._series.setdefault((each.name, each.label, of), _empty(each.name))
                if metric.kind == "gauge":
                    series[0] = each.value
                else:
                    series[0] += each.value
                if metric.kind == "histogram":
                    series[1 + bisect_left(metric.buckets, each.value)] += 1
                self._changed = self._changed or metric.kind != "gauge"

    def save(self) -> list[Series]:
        """Keep everything, if it has changed, and return it. Raises what ``keep`` raises; the next call tries again."""
        with self._keeping:
            with self._lock:
                found = self._copied()
                changed, self._changed = self._changed, False
            if changed:
                try:
                    self._keep(_text(found))
                except BaseException:
                    with self._lock:
                        self._changed = True
                    raise
        return found

    def now(self) -> list[Series]:
        """Return everything, kept or not."""
        with self._lock:
            return self._copied()

    def _copied(self) -> list[Series]:
        return [
            Series(*key, series[0], tuple(int(count) for count in series[1:]))
            for key, series in sorted(self._series.items())
        ]


def _empty(name: str) -> list[float]:
    """A sum and, for a histogram, a count for each bucket and one for what is above them all."""
    metric = METRICS[name]
    return [0.0, *([0.0] * (len(metric.buckets) + 1) if metric.kind == "histogram" else [])]


def _text(series: Iterable[Series]) -> str:
    counted = (each for each in series if METRICS[each.name].kind != "gauge")
    kept = [[each.name, each.label, each.of, [each.value, *each.counts]] for each in counted]
    return json.dumps({"series": kept}, separators=(",", ":"))


def _parsed(text: str) -> Iterable[tuple[Key, list[float]]]:
    """Yield what was kept. A metric that is no more, or has other buckets since an upgrade, begins at 0."""
    if not text:
        return
    try:
        content: Any = parse(text)
        for name, label, of, values in content["series"]:
            if name in METRICS and len(values) == len(_empty(name)):
                yield (str(name), str(label), str(of)), [float(value) for value in values]
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"not the counts of metrics: {error}") from None
