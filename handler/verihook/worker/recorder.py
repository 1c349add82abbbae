"""Reads the events by which the engines of AWS report that an execution has changed its status.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from verihook import instances
from verihook.adapters.engines import durable, stepfunctions
from verihook.errors import EngineUnavailable
from verihook.instances.reading import engine_of
from verihook.model.instance import FINAL, Instance, Progress, execution_name, parse_execution_name

if TYPE_CHECKING:
    from verihook.model.ports.sets import RecordPorts
    from verihook.model.workflow import Workflow


def record_status_change(event: Mapping[str, Any], ports: RecordPorts) -> bool:
    """Write what the event says. Return False if the event is of no instance, or the ledger knows better.

    Raises Unavailable, also if the engine cannot describe yet what it has reported: the event has to be delivered
    again.
    """
    detail = event["detail"]
    return (_durable if "durableExecutionArn" in detail else _stepfunctions)(detail, ports)


def _stepfunctions(detail: Mapping[str, Any], ports: RecordPorts) -> bool:
    name = parse_execution_name(detail["name"])
    if name is None:
        return False
    progress = stepfunctions.progress_of(detail)
    if progress.status == "running" and _is_unread(ports.ledger.get(name[0], ports.clock.now_ms()), name[1], ports):
        return False
    if progress.status in FINAL and (progress.status != "completed" or progress.output is None):
        # EventBridge leaves out an output that would make its event too large. And an execution that failed may have
        # been redriven before its event came, or came again.
        described = ports.engines["stepfunctions"].describe(detail["stateMachineArn"], detail["name"])
        progress = (
            _complete(progress, described, "Step Functions")
            if progress.status == "completed"
            else described or progress
        )
    workflow = _workflow_of(detail.get("stateMachineArn", ""), ports.workflows)
    return instances.record_progress(*name, progress, detail["startDate"], ports, workflow)


def _workflow_of(machine: str, workflows: Mapping[str, Workflow]) -> str | None:
    """Return the name of the machine's workflow; None if several workflows have it, or none."""
    # The name that the template gives a machine begins with that of the stack, which has no underscore; on one machine
    # nothing stands before it.
    name = machine.rpartition(":stateMachine:")[2]
    ours = name.partition("_")[2]
    machines = [each for each in workflows.values() if each.engine == "stepfunctions"]
    names = [each.name for each in machines if each.definition in (machine, name, ours)]
    return names[0] if len(names) == 1 else None


def _durable(detail: Mapping[str, Any], ports: RecordPorts) -> bool:
    """The event has neither output nor error: the engine is asked for them."""
    name = durable.attempt_of(detail)
    instance = ports.ledger.get(name[0], ports.clock.now_ms()) if name else None
    if name is None or instance is None:
        return False
    progress = durable.progress_of(detail)
    if progress.status == "running" and _is_unread(instance, name[1], ports):
        return False
    if progress.status in FINAL:
        if instance.final or instance.attempt != name[1]:
            # There is nothing left to write, and the engine may have deleted the execution since.
            return False
        engine, definition = engine_of(instance, ports)
        arn = detail["durableExecutionArn"]
        progress = _complete(progress, engine.describe(definition, execution_name(*name), arn), "Lambda")
    return instances.record_progress(*name, progress, instance.created_at, ports, instance.workflow)


def _is_unread(instance: Instance | None, attempt: int, ports: RecordPorts) -> bool:
    """Return whether no reader needs to know that the attempt runs, so that a write is saved.

    A caller of the API waits to see that. Of an instance that a webhook has started, readers want the end, and most end
    within the minute after which reconcile looks. A report of a former attempt is recorded: that stops its execution.
    """
    if instance is None:
        return True
    if instance.source is None or instance.held or instance.attempt != attempt:
        return False
    workflow = ports.workflows.get(instance.workflow)
    return instance.status in ("queued", "running") and not (workflow is not None and workflow.report_running)


def _complete(event: Progress, described: Progress | None, engine: str) -> Progress:
    """Return the end as the engine describes it, because the event lacks parts of it.

    Raises EngineUnavailable if the engine does not know the end yet: a final row is never written again, so an end that
    is written without its output has lost it for good.
    """
    if described is None or described.status not in FINAL:
        raise EngineUnavailable(
            f"{engine} has reported that an execution is {event.status}, and cannot describe it yet."
        )
    return described
