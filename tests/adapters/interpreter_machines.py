"""Machines of a known behaviour, the worker they call, and a client for the interpreter that runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from tests.contracts.engine import Definitions, Rig
from verihook.local.runner import REGION
from verihook.model.ports import Engine

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

WORKFLOWS = Path(__file__).parents[2] / "infra/workflows"
WORKER = "verihook-work"


def machine(*states: dict[str, Any]) -> str:
    """A JSONata machine that goes through these states, named ``s0``, ``s1`` …"""
    last = len(states) - 1
    chain = {
        f"s{number}": state
        | ({} if state["Type"] == "Fail" else {"End": True} if number == last else {"Next": f"s{number + 1}"})
        for number, state in enumerate(states)
    }
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": "s0", "States": chain})


def shipped(name: str) -> str:
    """A machine of infra/workflows, with the worker's name filled in."""
    return (WORKFLOWS / f"{name}.asl.json").read_text().replace("${FeedsName}", WORKER)


def call(function: str, payload: Any, **fields: Any) -> dict[str, Any]:
    """A state that calls a function and gives its result."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": function, "Payload": payload},
        "Output": "{% $states.result.Payload %}",
    } | fields


def wait_for(name: str, seconds: int, **fields: Any) -> dict[str, Any]:
    """A state that waits for an event."""
    member = {"execution": "{% $states.context.Execution.Name %}", "name": name}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": {
            "FunctionName": WORKER,
            "Payload": {"await": member | {"token": "{% $states.context.Task.Token %}"}},
        },
        "TimeoutSeconds": seconds,
    } | fields


STAMP = {"Type": "Pass", "Output": "{% $uuid() %}"}
NO_STOCK = {"Type": "Fail", "Error": "NoStock", "Cause": "sold out"}
#: Its first state leads to its last if no event comes.
EXPIRING = json.dumps(
    {
        "QueryLanguage": "JSONata",
        "StartAt": "wait",
        "States": {
            "wait": wait_for("approved", 1, Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "expired"}], End=True),
            "expired": {"Type": "Pass", "Output": "expired", "End": True},
        },
    }
)


def branch(name: str, output: str) -> dict[str, Any]:
    """A branch of one state."""
    return {"StartAt": name, "States": {name: {"Type": "Pass", "Output": output, "End": True}}}


#: A Map over the items, then two branches side by side.
ADDED_UP = machine(
    {
        "Type": "Map",
        "Items": "{% $states.input.items %}",
        "ItemProcessor": branch("Line total", "{% $states.input.quantity * $states.input.price %}"),
    },
    {
        "Type": "Parallel",
        "Branches": [
            branch("Total", "{% $sum([$states.input]) %}"),
            branch("Count", "{% $count([$states.input]) %}"),
        ],
    },
)
MACHINES = {
    "added-up": ADDED_UP,
    "order-created": shipped("order-created"),
    "order-review": shipped("order-review"),
    "echo": machine({"Type": "Pass"}),
    "stamp": machine(STAMP),
    "slow": machine({"Type": "Wait", "Seconds": 90}),
    "failing": machine(NO_STOCK),
    "waiting": machine(wait_for("approved", 60)),
    "expiring": EXPIRING,
    "recovering": machine({"Type": "Pass"}, call("flaky", "{% $states.input %}")),
    "express": machine({"Type": "Pass"}),
    "express-failing": machine(NO_STOCK),
    "express-slow": json.dumps(json.loads(machine({"Type": "Wait", "Seconds": 60})) | {"TimeoutSeconds": 1}),
}
EXPRESS = ("express", "express-failing", "express-slow")
DEFINITIONS = Definitions(
    "echo", "stamp", "slow", "failing", "waiting", "expiring", "recovering", "express", "express-failing"
)


class Worker:
    """The functions that the machines call. ``tokens``: what was last waited for, by execution and name of the event.

    ``held``: the executions whose gate does not open.
    """

    def __init__(self) -> None:
        self.tokens: dict[tuple[str, str], str] = {}
        self.held: set[str] = set()
        self.open: Callable[[str], None] = lambda token: None
        self._failed: set[str] = set()
        self._lock = Lock()

    def functions(self) -> dict[str, Callable[[dict[str, Any]], object]]:
        """By name."""
        return {WORKER: self.work, "flaky": self.flaky}

    def work(self, event: dict[str, Any]) -> object:
        """As main.feed: a wait is noted, a gate is opened at once unless the execution is held."""
        if "await" in event:
            wait = event["await"]
            self.tokens[wait["execution"].rpartition(":")[2], wait["name"]] = wait["token"]
        else:
            gate = event["gate"]
            name = gate["execution"].rpartition(":")[2]
            self.tokens[name, "gate"] = gate["token"]
            if name not in self.held:
                self.open(gate["token"])
        return {}

    def flaky(self, event: dict[str, Any]) -> object:
        """Fails the first time that it is called with an event, then gives it back."""
        key = json.dumps(event)
        with self._lock:
            if key not in self._failed:
                self._failed.add(key)
                raise ConnectionError("the first call fails")
            self._failed.discard(key)
        return event


class InterpreterRig(Rig):
    """The rig of an interpreter whose worker is here."""

    def __init__(self, engine: Engine, worker: Worker) -> None:
        super().__init__(engine)
        self._worker = worker

    def token(self, name: str) -> str | None:
        """See :meth:`Rig.token`."""
        return self._worker.tokens.get((name, "approved"))


def client_of(url: str) -> SFNClient:
    """A boto3 client that gives up at once."""
    config = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=60,
        read_timeout=60,
        max_pool_connections=40,
        inject_host_prefix=False,
        proxies={},
    )
    return boto3.client(
        "stepfunctions",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=config,
    )
