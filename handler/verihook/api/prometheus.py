"""The text of ``GET /metrics``.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate, groupby

from verihook.model.measures import METRICS, Metric, Series

TEXT = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[tuple[str, str], ...]


def measured(series: Iterable[Series]) -> Iterator[str]:
    """Yield the family of each metric of which there are series; ``series`` in any order."""
    for name, found in groupby(sorted(series, key=lambda each: (each.name, each.of, each.label)), lambda it: it.name):
        metric = METRICS[name]
        lines = [f"# HELP {name} {metric.help}", f"# TYPE {name} {metric.kind}"]
        for each in found:
            lines += _histogram(each, metric) if metric.kind == "histogram" else [_sample(name, each, metric)]
        yield "\n".join(lines) + "\n"


def gauges(name: str, explanation: str, samples: Iterable[tuple[Labels, float]]) -> str:
    """Return the family of a gauge."""
    lines = [f"# HELP {name} {explanation}", f"# TYPE {name} gauge"]
    return "\n".join([*lines, *(f"{name}{_shown(labels)} {_number(value)}" for labels, value in samples)]) + "\n"


def _sample(name: str, each: Series, metric: Metric) -> str:
    return f"{name}{_shown(_labels(each, metric))} {_number(each.value)}"


def _histogram(each: Series, metric: Metric) -> Iterator[str]:
    labels = _labels(each, metric)
    bounds = [*(_number(bound) for bound in metric.buckets), "+Inf"]
    total = 0
    for bound, total in zip(bounds, accumulate(each.counts), strict=True):
        yield f"{each.name}_bucket{_shown((*labels, ('le', bound)))} {total}"
    yield f"{each.name}_sum{_shown(labels)} {_number(each.value)}"
    yield f"{each.name}_count{_shown(labels)} {total}"


def _labels(each: Series, metric: Metric) -> Labels:
    of = ((metric.by, each.of),) if metric.by else ()
    return (*of, *(((metric.label, each.label),) if metric.label else ()))


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(value, 6))


def _shown(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{label}="{_escaped(text)}"' for label, text in labels) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
