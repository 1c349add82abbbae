"""The whole life of a webhook's instance in each engine, over a ledger in DynamoDB Local whose units are counted.

The engines of AWS are moved by hand and tell what EventBridge would bring; the function is run by the worker from what
the table's stream would bring.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.adapters.dynamodb_local import client as local_client
from tests.costs.bodies import Recorded
from tests.unit.bare import StandingClock, bare_services
from tests.unit.engine_by_hand import EngineByHand
from verihook.adapters.engines.function import FunctionEngine
from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments, DynamoDbLedger
from verihook.adapters.ledgers.item import from_item, key
from verihook.adapters.ledgers.table import create_table_request
from verihook.adapters.payloads.files import FilePayloads
from verihook.bootstrap import AWS_PACE
from verihook.model.instance import Progress
from verihook.model.ports import Services, Trace
from verihook.model.source import Source
from verihook.model.workflow import Workflow
from verihook.request import Request
from verihook.senders import load_sender
from verihook.webhooks.intake import IntakeResult, ProvenEvent, start_for_event
from verihook.worker import work
from verihook.worker.functions import Functions
from verihook.worker.recorder import record_status_change

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

    def reads(self) -> float:
        """The same of what was read; a half is a read that may trail."""
        total, self.read = self.read.total(), Counter()
        return float(total)

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


@dataclass(frozen=True, slots=True)
class Life:
    """What one webhook came to: units written by stage, units read, and bytes that are kept of it."""

    written: dict[str, int]
    read: float
    kept: int


@dataclass
class World:
    """Services over the ledger, and what moves them. ``client``: looks at the table without being counted."""

    services: Services
    engine: EngineByHand
    clock: StandingClock
    client: Any
    table: str
    meter: Meter

    def item(self, instance_id: str) -> dict[str, Any]:
        """The row as the table has it."""
        item: dict[str, Any] = self.client.get_item(TableName=self.table, Key=key(instance_id))["Item"]
        return item


@contextmanager
def world(client: Any, table: str, folder: Path) -> Iterator[World]:
    """``client``: of DynamoDB Local, where ``table`` is empty."""
    engine, clock, meter = EngineByHand(), StandingClock(), Meter()
    meter.attach(client)
    ledger = DynamoDbLedger(client, table)
    workflows = {name: Workflow(name, name, "order-created") for name in STAGES}
    workflows["reported"] = Workflow("reported", "stepfunctions", "order-created", report_running=True)
    services = bare_services(
        workflows=workflows,
        ledger=ledger,
        documents=DynamoDbDocuments(client, table),
        engines={
            "stepfunctions": engine,
            "durable": engine,
            "function": FunctionEngine(ledger, clock, lambda *_: None, workflows),
        },
        payloads=FilePayloads(folder),
        clock=clock,
        pace=AWS_PACE,
    )
    with closing(local_client(client.meta.endpoint_url)) as uncounted:
        yield World(services, engine, clock, uncounted, table, meter)


def deliver(world: World, engine: str, body: Recorded, signed: str | None = None, **policies: Any) -> IntakeResult:
    """Take a delivery as a source with these policies does, of a workflow that is named like its engine.

    ``signed``: the digest of what was signed, where the event's id is not a part of that.
    """
    source = Source(body.sender, load_sender(body.sender), (), engine, **policies)
    arrival = ProvenEvent(body.content, body.text, body.id, body.type, _request(body), signed)
    # Another key each time: the same event is another instance.
    services = replace(world.services, instance_key=f"{engine} {len(body.text)} {policies}".encode())
    return start_for_event(source, arrival, services, Trace("r1", world.clock.now_ms(), source.name))


def _request(body: Recorded) -> Request:
    """With the headers that a sender's delivery has, and the proxies before us add."""
    headers = {
        "accept": "*/*",
        "content-type": "application/json; charset=utf-8",
        "host": "x.lambda-url.eu-west-1.on.aws",
        "user-agent": "GitHub-Hookshot/044aadd",
        "x-amzn-trace-id": "Root=1-5759e988-bd862e3fe1be46a994272793",
        load_sender(body.sender).signature_header: "sha256=d57c68ca6f92289e6987922ff26938930f6e66a2d161ef06abdf18",
    }
    request_id = "e1506fd5-9e7b-434f-bd42-4f8fa224b599"
    return Request("POST", f"/hooks/{body.sender}", "", tuple(headers.items()), body.text.encode(), request_id)


def live(world: World, engine: str, body: Recorded, **policies: Any) -> Life:
    """One webhook from its claim to its end."""
    world.meter.units()
    world.meter.reads()
    taken = deliver(world, engine, body, **policies)
    assert taken.instance_id is not None
    assert not taken.duplicate
    units = {"claim": world.meter.units()}
    if engine == "function":
        run(world, taken.instance_id)
        units["run"] = world.meter.units()
    else:
        for stage, event in events(engine, taken.instance_id, world).items():
            world.clock.at += _STEP_MS
            record_status_change(event, world.services)
            units[stage] = world.meter.units()
    item = world.item(taken.instance_id)
    row = from_item(item)
    assert ("completed", OUTPUT) == (row.status, json.loads(row.output or ""))
    return Life(units, world.meter.reads(), _stored(item))


def events(engine: str, name: str, world: World) -> dict[str, dict[str, Any]]:
    """What EventBridge brings of an execution: that it runs, and that it has ended."""
    output = json.dumps(OUTPUT)
    if engine != "durable":
        detail = {"name": name, "stateMachineArn": _MACHINE, "startDate": world.clock.now_ms()}
        running, end = {"status": "RUNNING"}, {"status": "SUCCEEDED", "output": output}
    else:
        detail = {"durableExecutionName": name, "durableExecutionArn": f"{_DURABLE}/{name}/0b7c"}
        running, end = {"status": "RUNNING"}, {"status": "SUCCEEDED"}
        world.engine.executions[name] = Progress("completed", output)
    return {"running": {"detail": detail | running}, "end": {"detail": detail | end}}


def run(world: World, instance_id: str) -> None:
    """The worker gets the row as the stream has it."""
    change = {"Keys": key(instance_id), "NewImage": world.item(instance_id), "SequenceNumber": "1"}
    functions = Functions({"order-created": lambda event, context: OUTPUT})
    world.clock.at += _STEP_MS
    failed = work.run_batch(
        {"Records": [{"eventSource": "aws:dynamodb", "dynamodb": change}]}, functions, world.services, lambda: 60_000
    )
    assert failed == {"batchItemFailures": []}


#: What DynamoDB adds to every item and entry that it stores, in bytes.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
_OVERHEAD = 100


def _stored(item: dict[str, Any]) -> int:
    """The row and its entries in the indexes, in bytes as DynamoDB charges them."""
    sizes = {name: len(name) + _size(value) for name, value in item.items()}
    total = sum(sizes.values()) + _OVERHEAD
    for index in create_table_request("any")["GlobalSecondaryIndexes"]:
        keys = {part["AttributeName"] for part in index["KeySchema"]}
        if keys <= {*sizes}:
            total += sum(sizes[name] for name in keys | {"pk", "sk"}) + _OVERHEAD
    return total


def _size(value: dict[str, Any]) -> int:
    ((kind, held),) = value.items()
    return len(held) // 2 + 1 if kind == "N" else len(held if kind == "B" else held.encode())
