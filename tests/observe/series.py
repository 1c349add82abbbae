"""What CloudWatch makes of lines in its embedded metric format, and the statistics of what it has made.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

#: Namespace, metric, dimensions.
Key = tuple[str, str, frozenset[tuple[str, str]]]


def key(namespace: str, metric: str, dimensions: Mapping[str, str]) -> Key:
    return namespace, metric, frozenset(dimensions.items())


class SeriesOf:
    """The series that lines declare, each value with when it came, in milliseconds."""

    def __init__(self, lines: Iterable[tuple[int, Mapping[str, Any]]] = ()) -> None:
        self._points: dict[Key, list[tuple[int, float]]] = defaultdict(list)
        for at, line in lines:
            for told in line["_aws"]["CloudWatchMetrics"]:
                for names in told["Dimensions"]:
                    dimensions = {name: line[name] for name in names}
                    for metric in told["Metrics"]:
                        values = line[metric["Name"]]
                        for value in values if isinstance(values, list) else [values]:
                            self.add(key(told["Namespace"], metric["Name"], dimensions), at, value)

    def add(self, series: Key, at: int, value: float) -> None:
        """One more point, such as one of AWS's own metrics."""
        self._points[series].append((at, value))

    def keys(self) -> set[Key]:
        return set(self._points)

    def statistic(self, series: Key, stat: str, after: int, until: int) -> float | None:
        """What the points after ``after`` and until ``until`` come to; None if there are none."""
        values = sorted(value for at, value in self._points.get(series, ()) if after < at <= until)
        if not values:
            return None
        if stat.startswith("p"):
            return values[max(math.ceil(float(stat[1:]) / 100 * len(values)) - 1, 0)]
        simple = {
            "Sum": sum(values),
            "SampleCount": len(values),
            "Minimum": values[0],
            "Maximum": values[-1],
            "Average": sum(values) / len(values),
        }
        return simple[stat]
