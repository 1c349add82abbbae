"""The whole life of a webhook's instance in each engine, over a ledger in DynamoDB Local whose units are counted.

The engines of AWS are moved by hand and tell what EventBridge would bring; the function is run by the worker from what
the table's stream would bring.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.costs.bodies import Recorded
from tests.unit.bare import StandingClock, bare_services
from tests.unit.engine_by_hand import EngineByHand
from verihook import work
from verihook.bootstrap import AWS_PACE
from verihook.engines.function import FunctionEngine
from verihook.functions import Functions
from verihook.instance import Progress
from verihook.intake import Arrival, take
from verihook.ledgers.dynamodb import DynamoDbLedger
from verihook.ledgers.item import key
from verihook.payloads.files import FilePayloads
from verihook.ports import Services, Trace
from verihook.recorder import record
from verihook.senders import load_sender
from verihook.source import Source
from verihook.workflow import Workflow

#: What each engine writes, in its order.
STAGES = {
    "stepfunctions": ("claim", "running", "end"),
    "durable": ("claim", "running", "end"),
    "function": ("claim", "run"),
}

#: The output of the shipped workflows is about this.
OUTPUT = {"orderId": "ord_001", "total": 34, "tax": 2.72}

#: How long a step of a life takes, in milliseconds.
_STEP_MS = 1_000

_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:verihook_order-created"
_DURABLE = "arn:aws:lambda:us-east-1:123456789012:function:verihook_order-approval:1/durable-execution"


@dataclass
class Meter:
    """Adds up what DynamoDB says of a client's calls: units written and read, by table and index."""

    written: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    calls: list[str] = field(default_factory=list)

    def attach(self, client: Any) -> None:
        """From now on every call of the client asks for its units."""
        client.meta.events.register("provide-client-params.dynamodb", _ask)
        client.meta.events.register("after-call.dynamodb", self._note)

    def units(self) -> int:
        """What was written since the last time, in units."""
        total, self.written = self.written.total(), Counter()
        assert total == int(total)
        return int(total)

    def _note(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        if "ConsumedCapacity" not in parsed:
            return
        kind = self.written if model.name in ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem") else self.read
        self.calls.append(model.name)
        consumed = parsed["ConsumedCapacity"]
        for each in consumed if isinstance(consumed, list) else [consumed]:
            kind["table"] += each["Table"]["CapacityUnits"]
            for index, part in each.get("GlobalSecondaryIndexes", {}).items():
                kind[index] += part["CapacityUnits"]


def _ask(params: dict[str, Any], model: Any, **_: Any) -> None:
    if "ReturnConsumedCapacity" in model.input_shape.members:
        params["ReturnConsumedCapacity"] = "INDEXES"


@dataclass
class World:
    """Services over the ledger, and what moves them."""

    services: Services
    engine: EngineByHand
    clock: StandingClock
    client: Any
    table: str
    meter: Meter


@contextmanager
def world(client: Any, table: str, folder: Path) -> Iterator[World]:
    """``client``: of DynamoDB Local, where ``table`` is empty."""
    engine, clock, meter = EngineByHand(), StandingClock(), Meter()
    meter.attach(client)
    ledger = DynamoDbLedger(client, table)
    workflows = {name: Workflow(name, name, "order-created") for name in STAGES}
    services = bare_services(
        workflows=workflows,
        ledger=ledger,
        engines={
            "stepfunctions": engine,
            "durable": engine,
            "function": FunctionEngine(ledger, clock, lambda name: None, workflows),
        },
        payloads=FilePayloads(folder),
        clock=clock,
        pace=AWS_PACE,
    )
    yield World(services, engine, clock, client, table, meter)


def live(world: World, engine: str, body: Recorded) -> dict[str, int]:
    """Stage -> the units that it wrote, of one webhook from its claim to its end."""
    world.meter.units()
    source = Source(body.sender, load_sender(body.sender), (), engine)
    arrival = Arrival(body.content, body.text, body.id, body.type)
    # Another key each time: the same event is another instance.
    services = replace(world.services, instance_key=f"{engine} {len(body.text)}".encode())
    taken = take(source, arrival, services, Trace("r1", world.clock.now_ms(), source.name))
    assert taken.instance_id is not None
    assert not taken.duplicate
    units = {"claim": world.meter.units()}
    if engine == "function":
        _run(world, taken.instance_id)
        units["run"] = world.meter.units()
    else:
        for stage, event in _events(engine, taken.instance_id, world).items():
            world.clock.at += _STEP_MS
            record(event, world.services)
            units[stage] = world.meter.units()
    row = world.services.ledger.get(taken.instance_id, world.clock.now_ms())
    assert row is not None
    assert ("completed", OUTPUT) == (row.status, json.loads(row.output or ""))
    return units


def _events(engine: str, name: str, world: World) -> dict[str, dict[str, Any]]:
    """What EventBridge brings of an execution: that it runs, and that it has ended."""
    output = json.dumps(OUTPUT)
    if engine == "stepfunctions":
        detail = {"name": name, "stateMachineArn": _MACHINE, "startDate": world.clock.now_ms()}
        running, end = {"status": "RUNNING"}, {"status": "SUCCEEDED", "output": output}
    else:
        detail = {"durableExecutionName": name, "durableExecutionArn": f"{_DURABLE}/{name}/0b7c"}
        running, end = {"status": "RUNNING"}, {"status": "SUCCEEDED"}
        world.engine.executions[name] = Progress("completed", output)
    return {"running": {"detail": detail | running}, "end": {"detail": detail | end}}


def _run(world: World, instance_id: str) -> None:
    """The worker gets the row as the stream has it."""
    image = world.client.get_item(TableName=world.table, Key=key(instance_id))["Item"]
    change = {"Keys": key(instance_id), "NewImage": image, "SequenceNumber": "1"}
    functions = Functions({"order-created": lambda event, context: OUTPUT})
    world.clock.at += _STEP_MS
    failed = work.batch(
        {"Records": [{"eventSource": "aws:dynamodb", "dynamodb": change}]}, functions, world.services, lambda: 60_000
    )
    assert failed == {"batchItemFailures": []}
