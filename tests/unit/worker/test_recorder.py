"""What an event of an engine says, and what it is asked for besides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.instances import NOW
from tests.unit.parts import Parts, parts, request
from verihook import instances
from verihook.errors import EngineUnavailable
from verihook.model.instance import Progress
from verihook.model.ports import Services
from verihook.model.workflow import Workflow
from verihook.worker.recorder import _workflow_of, record_status_change

__all__ = ["parts"]

LAMBDA = "arn:aws:lambda:eu-central-1:123456789012:function:w:live/durable-execution"


@pytest.fixture
def services(parts: Parts) -> Services:
    """One instance ``a`` of each engine of AWS would be told of alike: the engine by hand stands for both."""
    engines = {**parts.services.engines, "stepfunctions": parts.engine, "durable": parts.engine}
    workflows = {**parts.services.workflows, "d": Workflow("d", "durable", "w", retention_days=2)}
    services = replace(parts.services, engines=engines, workflows=workflows)
    instances.submit(request("d", id="a"), "", services)
    parts.engine.calls.clear()
    return services


def machine(status: str, **fields: Any) -> dict[str, Any]:
    return {"detail": {"name": "a", "status": status, "startDate": NOW, "stateMachineArn": "w", **fields}}


def durable(status: str, name: str = "a") -> dict[str, Any]:
    arn = f"{LAMBDA}/{name}/0b7c"
    return {"detail": {"durableExecutionArn": arn, "durableExecutionName": name, "status": status}}


def test_an_end_with_its_output_asks_nobody(parts: Parts, services: Services) -> None:
    assert record_status_change(machine("SUCCEEDED", output='{"n":1}'), services)
    assert ("completed", '{"n":1}') == (parts.row("a").status, parts.row("a").output)
    assert [] == parts.engine.calls


def test_an_output_that_was_left_out_is_asked_for(parts: Parts, services: Services) -> None:
    parts.engine.end("a", output='"large"')
    assert record_status_change(machine("SUCCEEDED", output=None), services)
    assert ('"large"', ["describe"]) == (parts.row("a").output, parts.engine.calls)


def test_an_end_of_a_durable_function_is_asked_for(parts: Parts, services: Services) -> None:
    parts.engine.end("a", "failed", None)
    parts.engine.executions["a"] = Progress("failed", None, "NoStock", "sold out")
    assert record_status_change(durable("FAILED"), services)
    row = parts.row("a")
    assert ("failed", "NoStock", "sold out") == (row.status, row.error, row.cause)
    assert NOW // 1000 + 2 * 86_400 == row.expires_at


def test_an_end_of_a_durable_function_is_asked_for_by_its_own_arn(parts: Parts, services: Services) -> None:
    parts.engine.end("a", output='{"n":1}')
    parts.engine.listed = False
    assert record_status_change(durable("SUCCEEDED"), services)
    assert ("completed", '{"n":1}') == (parts.row("a").status, parts.row("a").output)


def test_what_only_runs_asks_nobody(parts: Parts, services: Services) -> None:
    assert record_status_change(machine("RUNNING"), services)
    assert record_status_change(durable("RUNNING"), services)
    assert ("running", []) == (parts.row("a").status, parts.engine.calls)


@pytest.mark.parametrize("event", [machine("RUNNING"), durable("RUNNING")], ids=["machine", "durable"])
@pytest.mark.parametrize(
    ("fields", "written"),
    [
        ({}, False),
        ({"status": "running"}, False),
        ({"workflow": "gone"}, False),
        ({"workflow": "reports"}, True),
        ({"source": None}, True),
        ({"held": True}, True),
        ({"status": "suspended"}, True),
    ],
    ids=repr,
)
def test_that_a_webhooks_instance_runs_is_written_if_something_reads_it(
    parts: Parts, services: Services, event: dict[str, Any], fields: dict[str, Any], written: bool
) -> None:
    workflows = {**services.workflows, "reports": Workflow("reports", "durable", "w", report_running=True)}
    services = replace(services, workflows=workflows)
    assert services.ledger.amend(replace(parts.row("a"), **({"source": "orders"} | fields)))
    before = parts.row("a")
    assert written is record_status_change(event, services)
    after = parts.row("a")
    assert (before.revision + written, "running" if written else before.status) == (after.revision, after.status)


@pytest.mark.parametrize("event", [machine("RUNNING"), durable("RUNNING")], ids=["machine", "durable"])
def test_what_runs_although_it_is_over_is_stopped(parts: Parts, services: Services, event: dict[str, Any]) -> None:
    assert services.ledger.amend(replace(parts.row("a"), source="orders", status="terminated", due_at=None))
    assert not record_status_change(event, services)
    assert ["stop"] == parts.engine.calls


@pytest.mark.parametrize(
    "event",
    [machine("SUCCEEDED", output=None), durable("SUCCEEDED"), durable("FAILED"), durable("TIMED_OUT")],
    ids=["machine", "durable", "failed", "timed out"],
)
def test_no_end_is_written_that_the_engine_does_not_know(
    parts: Parts, services: Services, event: dict[str, Any]
) -> None:
    """A list that trails has no such name yet: what would be written now would never get its output."""
    parts.engine.executions.clear()
    with pytest.raises(EngineUnavailable):
        record_status_change(event, services)
    assert ("queued", None) == (parts.row("a").status, parts.row("a").output)


@pytest.mark.parametrize(
    "event", [machine("SUCCEEDED", name="not.ours"), durable("SUCCEEDED", "not.ours"), durable("SUCCEEDED", "b")]
)
def test_what_is_not_ours_is_left_alone(parts: Parts, services: Services, event: dict[str, Any]) -> None:
    assert not record_status_change(event, services)
    assert [] == parts.engine.calls


@pytest.mark.parametrize("event", [machine("SUCCEEDED", output=None), durable("SUCCEEDED")], ids=["machine", "durable"])
def test_an_engine_that_does_not_know_yet_is_asked_again(
    parts: Parts, services: Services, event: dict[str, Any]
) -> None:
    """Describe trails the event by moments: the event is to be brought again."""
    with pytest.raises(EngineUnavailable):
        record_status_change(event, services)
    assert "queued" == parts.row("a").status
    parts.engine.end("a")
    assert record_status_change(event, services)
    assert "completed" == parts.row("a").status


def test_a_failure_that_comes_after_its_redrive_is_not_the_end(parts: Parts, services: Services) -> None:
    parts.engine.end("a", "failed")
    assert record_status_change(machine("FAILED"), services)
    parts.engine.executions["a"] = Progress("running")
    assert services.ledger.amend(replace(parts.row("a"), status="running"))
    record_status_change(machine("FAILED"), services)
    assert "running" == parts.row("a").status
    parts.engine.end("a", "completed")
    assert record_status_change(machine("SUCCEEDED", output="1"), services)
    assert "completed" == parts.row("a").status


@pytest.mark.parametrize("name", ["order-created", "stack_order-created"], ids=["one machine", "AWS"])
def test_the_workflow_of_a_machine_is_known_by_its_name(name: str) -> None:
    workflows = {each: Workflow(each, "stepfunctions", each) for each in ("order-created", "order-review")}
    machine = f"arn:aws:states:us-east-1:123456789012:stateMachine:{name}"
    assert "order-created" == _workflow_of(machine, workflows)
    assert None is _workflow_of(machine, {**workflows, "other": Workflow("other", "stepfunctions", "order-created")})
