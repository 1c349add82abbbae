"""The lines that CloudWatch gets for what is measured beside deliveries: of a round of reconcile, of ends of instances.

One line has one source or workflow, as a dimension has one value in it; what is of neither stands in the first line.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from verihook.model.measures import METRICS, Measure

#: The most values of one metric in a line; CloudWatch takes no more.
MOST_VALUES = 100

#: Metrics that are another number in CloudWatch, which has the time of every point: ``(value, now in seconds)``.
_CONVERTED: Mapping[str, Callable[[float, float], float]] = {
    "verihook_reconcile_last_success_timestamp": lambda _value, _now: 1,
    "verihook_secret_until_timestamp": lambda value, now: round(value - now),
}

#: (Dimension beside the service, its value); of what has none, both "".
Of = tuple[str, str]

#: Name in CloudWatch -> unit, values.
Values = dict[str, tuple[str, list[float]]]


def lines(measures: Sequence[Measure], namespace: str, service: str, now_ms: int) -> Iterator[dict[str, object]]:
    """Yield the lines; none of what CloudWatch has no name for. Counters are added up; other values are a list."""
    groups = _grouped(measures, now_ms)
    alone = groups.pop(("", ""), {})
    for (by, of), values in groups.items() or ((("", ""), {}),):
        declared = [_directive([["service"], ["service", by]], values, namespace)] if values else []
        declared += [_directive([["service"]], alone, namespace)] if alone else []
        if declared:
            yield {
                "_aws": {"Timestamp": now_ms, "CloudWatchMetrics": declared},
                "service": service,
                **({by: of} if by else {}),
                **{name: each for name, (_, each) in (values | alone).items()},
            }
        alone = {}


def _grouped(measures: Sequence[Measure], now_ms: int) -> dict[Of, Values]:
    groups: dict[Of, Values] = {}
    for each in measures:
        metric = METRICS[each.name]
        name = metric.clouds.get(each.label)
        if name is None:
            continue
        value = _CONVERTED[each.name](each.value, now_ms / 1000) if each.name in _CONVERTED else each.value
        of = (metric.by, each.of) if metric.by and each.of else ("", "")
        _, found = groups.setdefault(of, {}).setdefault(name, (metric.unit, []))
        if metric.kind == "counter" and found:
            found[0] += value
        elif len(found) < MOST_VALUES:
            found.append(value)
    return groups


def _directive(sets: list[list[str]], values: Values, namespace: str) -> dict[str, object]:
    metrics = [{"Name": name, "Unit": unit} for name, (unit, _) in values.items()]
    return {"Namespace": namespace, "Dimensions": sets, "Metrics": metrics}
