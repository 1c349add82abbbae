"""The dashboard of infra/observability.yaml: its widgets, what each shows, and what the code prints at most."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.observe.alarms import SERVICE, stack
from tests.observe.series import Key, SeriesOf, key
from verihook.adapters.telemetry.delivery import directives
from verihook.adapters.telemetry.measured import lines
from verihook.model.measures import METRICS, Measure
from verihook.model.ports import Trace

#: ``SEARCH('{namespace,dimensions} MetricName="..." service="..."', 'statistic', period)``
_SEARCH = re.compile(
    r"SEARCH\('\{(?P<namespace>[^,]+),(?P<names>[^}]+)\} "
    r'MetricName="(?P<metric>\w+)" service="(?P<service>[^"]+)"\', \'(?P<stat>\w+)\', (?P<period>\d+)\)'
)


@dataclass(frozen=True)
class Line:
    """A line of a widget. ``by``: the dimension whose every value is a line of its own, "" for one line."""

    series: Key
    stat: str
    period: int
    label: str
    by: str = ""
    right: bool = False


def body() -> dict[str, Any]:
    """What CloudWatch gets."""
    resources = stack()
    text: str = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]

    def arn(match: re.Match[str]) -> str:
        return f"arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{resources[match[1]]['Properties']['AlarmName']}"

    content: dict[str, Any] = json.loads(re.sub(r"\$\{(\w+)\.Arn\}", arn, text))
    return content


def lines_of(widget: dict[str, Any]) -> Iterator[Line]:
    """What a widget of metrics shows."""
    properties = widget["properties"]
    for each in properties["metrics"]:
        *names, options = each if isinstance(each[-1], dict) else [*each, {}]
        if "expression" in options:
            yield _searched(options["expression"])
            continue
        namespace, metric, *dimensions = names
        yield Line(
            key(namespace, metric, dict(zip(dimensions[::2], dimensions[1::2], strict=True))),
            options.get("stat", properties.get("stat", "Average")),
            options.get("period", properties.get("period", 300)),
            options.get("label", metric),
            right=options.get("yAxis") == "right",
        )


def _searched(expression: str) -> Line:
    found = _SEARCH.fullmatch(expression)
    assert found, expression
    service, by = found["names"].split(",")
    assert service == "service"
    series = key(found["namespace"], found["metric"], {"service": found["service"], by: "*"})
    return Line(series, found["stat"], int(found["period"]), found["metric"], by)


def printed() -> set[Key]:
    """Every series that the code can make for one source and one workflow, "*" for their names."""
    told: list[tuple[int, dict[str, Any]]] = []
    for outcome in METRICS["verihook_deliveries_total"].clouds:
        for reason in METRICS["verihook_rejections_total"].clouds:
            for source in (None, "*"):
                trace = Trace("r", 1, source, outcome, verified_by="previous", changed=True)
                trace.replay_of, trace.refused = "r", reason
                declared = directives(trace, "Verihook")
                values = {metric["Name"]: 1 for each in declared for metric in each["Metrics"]}  # type: ignore[attr-defined]
                line = {"_aws": {"CloudWatchMetrics": declared}, "service": SERVICE, "source": source or "none"}
                told.append((0, line | values))
    for name, metric in METRICS.items():
        if not name.startswith(("verihook_deliver", "verihook_rejections")):
            for label in metric.clouds:
                told += [(0, each) for each in lines([Measure(name, 1, label, "*")], "Verihook", SERVICE, 0)]
    return SeriesOf(told).keys()
