"""What EventBridge does in AWS: tells ``main.record`` of every execution that has changed its status."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from verihook import main
from verihook.local.runner import ARN_PREFIX


class EventBridge:
    """Delivers the status changes of the machines of these names."""

    def __init__(self, stepfunctions: Any, machines: Iterable[str]) -> None:
        self.client = stepfunctions
        self._machines = [f"{ARN_PREFIX}{name}" for name in machines]
        self._delivered: set[tuple[str, str]] = set()

    def deliver(self) -> None:
        """Deliver what has changed since the last call."""
        for machine in self._machines:
            pages = self.client.get_paginator("list_executions").paginate(stateMachineArn=machine)
            for execution in (execution for page in pages for execution in page["executions"]):
                change = (execution["executionArn"], execution["status"])
                if change not in self._delivered:
                    self._delivered.add(change)
                    main.record(status_change(self.client.describe_execution(executionArn=change[0])), None)


def status_change(description: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html"""
    stop = description.get("stopDate")
    return {
        "version": "0",
        "source": "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        "detail": {
            "executionArn": description["executionArn"],
            "stateMachineArn": description["stateMachineArn"],
            "name": description["name"],
            "status": description["status"],
            "startDate": int(description["startDate"].timestamp() * 1000),
            "stopDate": int(stop.timestamp() * 1000) if stop else None,
            "input": description.get("input"),
            "inputDetails": {"included": True},
            "output": description.get("output"),
            "outputDetails": {"included": True},
            "error": description.get("error"),
            "cause": description.get("cause"),
        },
    }
