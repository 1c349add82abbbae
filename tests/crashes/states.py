"""An instance in each state, for an operation to begin from, and the events that tell of its end."""

from __future__ import annotations

import json
from typing import Any

from tests.crashes.world import World
from verihook import instances
from verihook.model.instance import Progress

LARGE = json.dumps({"note": "x" * 120_000})


def accepted(whole: World, trial: int) -> str:
    """A running instance."""
    instance_id = str(json.loads(whole.deliver("restart", f"evt_{trial}").body)["instanceId"])
    instances.record_progress(instance_id, 1, Progress("running"), whole.clock.at, whole.services, "machine")
    return instance_id


def just_queued(whole: World, trial: int) -> str:
    """An instance whose start was not confirmed, and may be on its way."""
    whole.hand.failing.add("start")
    instance_id = str(json.loads(whole.deliver("restart", f"evt_{trial}").body)["instanceId"])
    whole.hand.failing.clear()
    return instance_id


def queued(whole: World, trial: int) -> str:
    """An instance whose start was never confirmed, and is not on its way any more."""
    instance_id = just_queued(whole, trial)
    whole.clock.at += 120_000
    return instance_id


def ended(whole: World, trial: int) -> str:
    """One whose engine has ended it with a large output, and nothing has heard of it."""
    instance_id = accepted(whole, trial)
    whole.hand.end(instance_id, "completed", LARGE)
    whole.clock.at += 1_000_000
    return instance_id


def durably_ended(whole: World, trial: int) -> str:
    """The same of a durable function."""
    instance_id = str(json.loads(whole.deliver("durable", f"evt_{trial}").body)["instanceId"])
    whole.hand.end(instance_id, "completed", LARGE)
    return instance_id


def failed(whole: World, trial: int) -> str:
    instance_id = accepted(whole, trial)
    whole.hand.end(instance_id, "failed", None)
    instances.record_progress(instance_id, 1, Progress("failed"), whole.clock.at, whole.services, "machine")
    return instance_id


def suspended(whole: World, trial: int) -> str:
    instance_id = accepted(whole, trial)
    instances.suspend(instance_id, whole.services)
    return instance_id


def event(whole: World, instance_id: str, attempt: int = 1) -> dict[str, Any]:
    """The event of EventBridge, whose output was left out because it is large."""
    name = instance_id if attempt == 1 else f"{instance_id}.{attempt}"
    arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:machine"
    detail = {"name": name, "status": "SUCCEEDED", "startDate": whole.clock.at, "stateMachineArn": arn, "output": None}
    return {"detail": detail}


def durable_event(instance_id: str) -> dict[str, Any]:
    """The event of EventBridge, which has no output."""
    arn = f"arn:aws:lambda:eu-central-1:123456789012:function:w:live/durable-execution/{instance_id}/0b7c"
    return {"detail": {"durableExecutionArn": arn, "durableExecutionName": instance_id, "status": "SUCCEEDED"}}
