"""Reads the events by which the engines of AWS tell that an execution has changed its status.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verihook import manage
from verihook.engines import durable, stepfunctions
from verihook.errors import EngineUnavailable
from verihook.instance import FINAL, execution_name, parse_execution_name
from verihook.manage.reading import engine_of
from verihook.ports import Services


def record(event: Mapping[str, Any], services: Services) -> bool:
    """Write what the event says; False where it is not of ours, or the ledger knows better.

    Raises Unavailable, also where the engine does not know yet what it has told: the event is to be brought again.
    """
    detail = event["detail"]
    return (_durable if "durableExecutionArn" in detail else _stepfunctions)(detail, services)


def _stepfunctions(detail: Mapping[str, Any], services: Services) -> bool:
    name = parse_execution_name(detail["name"])
    if name is None:
        return False
    progress = stepfunctions.progress_of(detail)
    if progress.status in FINAL and (progress.status != "completed" or progress.output is None):
        # EventBridge leaves an output out that would make its event too large. And what failed may have been redriven
        # before its event came, or came again.
        told = services.engines["stepfunctions"].describe(detail["stateMachineArn"], detail["name"])
        if told is not None and told.status not in FINAL and progress.status == "completed":
            raise EngineUnavailable("Step Functions does not know yet that the execution has ended.")
        progress = told or progress
    return manage.record(*name, progress, detail["startDate"], services)


def _durable(detail: Mapping[str, Any], services: Services) -> bool:
    """The event has neither output nor error: the engine is asked for them."""
    name = durable.attempt_of(detail)
    instance = services.ledger.get(name[0], services.clock.now_ms()) if name else None
    if name is None or instance is None:
        return False
    progress = durable.progress_of(detail)
    if progress.status in FINAL:
        engine, definition = engine_of(instance, services)
        progress = engine.describe(definition, execution_name(*name)) or progress
        if progress.status not in FINAL:
            raise EngineUnavailable("Lambda does not know yet that the execution has ended.")
    return manage.record(*name, progress, instance.created_at, services, instance.workflow)
