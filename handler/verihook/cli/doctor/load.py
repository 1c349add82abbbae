"""Quotas against load, and what AWS gave up on: the last day of the stack's metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from verihook.cli.doctor.asking import ABSENT, Asking
from verihook.cli.doctor.findings import Finding, fault, warning
from verihook.cli.doctor.stack import Stack
from verihook.config import Hooks

CHECK = "load"

DAY_S = 86_400

#: The share of a quota that is worth a warning.
SHARE = 0.8

#: How long reconcile may not have run, in seconds: it comes every minute.
RECONCILE_S = 900


def load(stack: Stack, hooks: Hooks, asking: Asking, now_s: int) -> Iterator[Finding]:
    """Yield what is near a quota, what was throttled within a day, and what waits in the dead letters."""
    yield from _concurrency(asking, now_s)
    for logical, lost in (("Receiver", "senders were answered 429"), ("Worker", "functions were late")):
        name = stack.id_of(logical)
        throttled = _metric(asking, "AWS/Lambda", "Throttles", "Sum", {"FunctionName": name}, now_s, DAY_S)
        if name and throttled:
            what = f"was throttled {throttled:.0f} times within a day: {lost}"
            mend = f"raise {logical}Concurrency if it is set, else the account's concurrent executions (Service Quotas)"
            yield fault(CHECK, logical, what, mend)
    table = stack.id_of("Ledger")
    throttled = _metric(asking, "AWS/DynamoDB", "WriteThrottleEvents", "Sum", {"TableName": table}, now_s, DAY_S)
    if table and throttled:
        what = f"DynamoDB refused {throttled:.0f} writes within a day"
        yield fault(
            CHECK, "Ledger", what, "look at the table's quota of writes (Service Quotas, DynamoDB) and at its limits"
        )
    yield from _engines(stack, hooks, asking, now_s)
    yield from _reconciler(stack, asking, now_s)
    yield from _dead_letters(stack, asking)


def _concurrency(asking: Asking, now_s: int) -> Iterator[Finding]:
    answer = asking.ask(CHECK, "account", "lambda", "get_account_settings")
    limit = (answer or {}).get("AccountLimit", {}).get("ConcurrentExecutions")
    used = _metric(asking, "AWS/Lambda", "ConcurrentExecutions", "Maximum", {}, now_s, DAY_S)
    if limit and used and used > SHARE * limit:
        what = f"{used:.0f} of the account's {limit} concurrent executions were in use within a day"
        yield warning(
            CHECK, "account", what, "ask for more (Service Quotas, Lambda, concurrent executions; free of charge)"
        )


def _engines(stack: Stack, hooks: Hooks, asking: Asking, now_s: int) -> Iterator[Finding]:
    """Yield the state machines whose executions Step Functions has slowed down."""
    for name, workflow in hooks.workflows.items():
        if workflow.engine != "stepfunctions":
            continue
        given = {"StateMachineArn": stack.arn_of("states", f"stateMachine:{stack.name}_{workflow.definition}")}
        slowed = _metric(asking, "AWS/States", "ExecutionThrottled", "Sum", given, now_s, DAY_S)
        if slowed:
            what = f"Step Functions slowed {slowed:.0f} state transitions down within a day"
            mend = "ask for a larger StateTransition bucket (Service Quotas, Step Functions), or do more in one state"
            yield warning(CHECK, name, what, mend)


def _reconciler(stack: Stack, asking: Asking, now_s: int) -> Iterator[Finding]:
    name = stack.id_of("Reconciler")
    if not name:
        return
    given = {"FunctionName": name}
    ran = _metric(asking, "AWS/Lambda", "Invocations", "Sum", given, now_s, RECONCILE_S)
    failed = _metric(asking, "AWS/Lambda", "Errors", "Sum", given, now_s, RECONCILE_S)
    if ran == 0:
        what = f"did not run within {RECONCILE_S // 60} minutes, and is due every minute: nothing is repaired"
        yield fault(
            CHECK,
            "Reconciler",
            what,
            "look at the rule ReconcilerEveryMinute; a stack of the last minutes has not run yet",
        )
    elif ran and failed and failed >= ran:
        yield fault(CHECK, "Reconciler", "every round of the last quarter of an hour failed", "its log says why")


def _dead_letters(stack: Stack, asking: Asking) -> Iterator[Finding]:
    url = stack.id_of("DeadLetters")
    if not url:
        return
    names = ["ApproximateNumberOfMessages"]
    answer = asking.ask(CHECK, "DeadLetters", "sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)
    if answer is ABSENT:
        yield fault(CHECK, "DeadLetters", "there is no such queue: what AWS gives up on is lost", "deploy again")
    elif answer and int(answer.get("Attributes", {}).get(names[0], 0)):
        what = f"holds {answer['Attributes'][names[0]]} events that AWS gave up on"
        mend = "each message says whose it was and why; mend that, then read docs/deployment.md, when it goes wrong"
        yield fault(CHECK, "DeadLetters", what, mend)


def _metric(
    asking: Asking, namespace: str, name: str, statistic: str, dimensions: dict[str, str], now_s: int, span_s: int
) -> float | None:
    """Return a metric's sum, or the maximum, over the last ``span_s`` seconds; None if it may not be asked."""
    end = datetime.fromtimestamp(now_s, UTC)
    given: dict[str, Any] = {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        "StartTime": end - timedelta(seconds=span_s),
        "EndTime": end,
        "Period": 300,
        "Statistics": [statistic],
    }
    answer = asking.ask(CHECK, name, "cloudwatch", "get_metric_statistics", **given)
    if answer is None:
        return None
    values = [float(each[statistic]) for each in answer.get("Datapoints", [])]
    return (max if statistic == "Maximum" else sum)(values) if values else 0.0
