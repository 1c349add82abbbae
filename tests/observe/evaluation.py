"""The state of an alarm of CloudWatch, from the series that there are.

One thing is simpler here: if the newest points are missing CloudWatch looks at some older ones, so an alarm that treats
missing points as breaching goes off some periods later, unless its expression fills them in.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from tests.observe.series import Key, SeriesOf, key

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def state(alarm: Mapping[str, Any], series: SeriesOf, now: int, before: State = "OK") -> State:
    """``now`` in milliseconds. ``before``: what it was, which ``ignore`` leaves it at."""
    periods = int(alarm["EvaluationPeriods"])
    needed = int(alarm.get("DatapointsToAlarm", periods))
    values = [value_of(alarm, series, now, number) for number in range(periods)]
    compared, threshold = _COMPARED[alarm["ComparisonOperator"]], float(alarm["Threshold"])
    breaching = sum(value is not None and compared(value, threshold) for value in values)
    missing, treated = values.count(None), alarm["TreatMissingData"]
    if treated == "breaching":
        breaching += missing
    if breaching >= needed:
        return "ALARM"
    if treated == "ignore" and missing == periods:
        return before
    if treated == "missing" and missing == periods:
        return "INSUFFICIENT_DATA"
    return "OK"


def value_of(alarm: Mapping[str, Any], series: SeriesOf, now: int, number: int) -> float | None:
    """The value of the period that is ``number`` periods ago."""
    if "Metrics" not in alarm:
        stat = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        period = int(alarm["Period"]) * 1000
        return series.statistic(_key(alarm), stat, now - (number + 1) * period, now - number * period)
    values: dict[str, float | None] = {}
    for each in alarm["Metrics"]:
        if "MetricStat" in each:
            period = int(each["MetricStat"]["Period"]) * 1000
            span = now - (number + 1) * period, now - number * period
            values[each["Id"]] = series.statistic(_key(each["MetricStat"]["Metric"]), each["MetricStat"]["Stat"], *span)
    (expression,) = (each["Expression"] for each in alarm["Metrics"] if each.get("ReturnData", True))
    return calculated(expression, values)


def keys_of(alarm: Mapping[str, Any]) -> Iterator[Key]:
    """The series that an alarm looks at."""
    if "Metrics" not in alarm:
        yield _key(alarm)
    for each in alarm.get("Metrics", ()):
        if "MetricStat" in each:
            yield _key(each["MetricStat"]["Metric"])


def _key(metric: Mapping[str, Any]) -> Key:
    dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions", ())}
    return key(metric["Namespace"], metric["MetricName"], dimensions)


_OPERATORS: Mapping[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
}


def calculated(expression: str, values: Mapping[str, float | None]) -> float | None:
    """The value of an expression of metric math; None if none of its metrics has one, and none is filled in.

    A metric without a value is 0 to an operator, if another one has a value at that time.
    """
    text = re.sub(r"\b(AND|OR)\b", lambda word: word[0].lower(), " ".join(expression.split()))
    tree = ast.parse(text, mode="eval").body
    match tree:
        case ast.Call(func=ast.Name(id="FILL"), args=[ast.Name(id=name), ast.Constant(value=int(filler))]):
            found = values[name]
            return filler if found is None else found
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - {"IF"}
    assert named <= values.keys(), f"{expression} has no metric {named - values.keys()}"
    if all(values[name] is None for name in named):
        return None
    return _calculated(tree, {name: values[name] or 0 for name in named})


def _calculated(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float()):
            return float(node.value)  # type: ignore[arg-type]  # checked above
        case ast.Name():
            return values[node.id]
        case ast.BinOp():
            return _OPERATORS[type(node.op)](_calculated(node.left, values), _calculated(node.right, values))
        case ast.Compare(ops=[compared], comparators=[right]):
            return _OPERATORS[type(compared)](_calculated(node.left, values), _calculated(right, values))
        case ast.BoolOp():
            each = [bool(_calculated(value, values)) for value in node.values]
            return all(each) if isinstance(node.op, ast.And) else any(each)
        case ast.Call(func=ast.Name(id="IF"), args=[condition, yes, no]):
            return _calculated(yes if _calculated(condition, values) else no, values)
    raise AssertionError(f"not known to this test: {ast.dump(node)}")
