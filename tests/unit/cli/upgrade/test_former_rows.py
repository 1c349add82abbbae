"""Rows that versions before lists have written are put into these, whatever happens meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from tests.costs.before import FIRST_ROW
from tests.unit.cli.upgrade.test_table_plan import TABLE, client
from verihook.adapters.aws.errors import ServiceError
from verihook.adapters.clock import SystemClock
from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments, DynamoDbLedger
from verihook.adapters.ledgers.table import create_table_request
from verihook.cli.doctor.asking import Asking
from verihook.cli.upgrade.asking_aws import Calls
from verihook.cli.upgrade.former_rows import FormerRows, _Ports
from verihook.cli.upgrade.steps import StepFailed, carry_out
from verihook.cli.upgrade.table_plan import TableUpgrade
from verihook.instances import open_waits
from verihook.model.listing import Query
from verihook.model.ports import Document

NOW = SystemClock().now_ms()
WAITS = json.dumps(
    {
        "events": [],
        "waits": [{"name": "approved", "token": "t1", "at": NOW}, {"name": "$resume", "token": "t2", "at": NOW}],
        "handovers": [],
        "seen": [],
    }
)


class Moto:
    """moto's DynamoDB, with one call of which something else is quicker. ``scans``: how often it was read."""

    def __init__(self) -> None:
        self.overtaken = ""
        self.scans = self.updates = 0

    def scan(self, **request: Any) -> Any:
        self.scans += 1
        return client().scan(**{**request, "Limit": 2})

    def update_item(self, **request: Any) -> Any:
        self.updates += 1
        if self.overtaken and self.overtaken in request["Key"]["pk"]["S"]:
            change = "SET #s = :s"
            client().update_item(
                TableName=TABLE,
                Key=request["Key"],
                UpdateExpression=change,
                ExpressionAttributeNames={"#s": "status"},
                ExpressionAttributeValues={":s": {"S": "failed"}},
            )
        return client().update_item(**request)

    def __getattr__(self, operation: str) -> Any:
        return getattr(client(), operation)


@pytest.fixture
def moto() -> Iterator[Moto]:
    with mock_aws():
        client().create_table(**create_table_request(TABLE))
        for name, status in (("r1", "running"), ("c1", "completed"), ("q1", "queued"), ("p1", "purged")):
            row: dict[str, Any] = {**FIRST_ROW, "pk": {"S": f"instance#{name}"}, "status": {"S": status}}
            if name == "p1":
                row |= {"status": {"S": "completed"}, "purged": {"BOOL": True}}
            client().put_item(TableName=TABLE, Item=row)
        documents = DynamoDbDocuments(client(), TABLE)
        for name in ("r1", "c1", "gone"):
            documents.write(f"instance#{name}", Document("mailbox", WAITS, 1, None), NOW)
        yield Moto()


def list_rows(moto: Moto) -> None:
    calls = Calls(Asking(lambda *_: moto), lambda _: None)
    upgrade = TableUpgrade(TABLE, calls, drop=False, rows=FormerRows(calls))
    carry_out(upgrade, upgrade.plan(), lambda *_: None)


def ids(query: Query) -> set[str]:
    return {each.id for each in DynamoDbLedger(client(), TABLE).page(query, 10, None, NOW)}


def test_instances_and_open_waits_are_listed_and_none_is_written_twice(
    moto: Moto, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ids(Query()) == set()
    list_rows(moto)
    assert moto.scans > 2
    assert ids(Query()) == ids(Query(source="orders")) == ids(Query(workflow="order-created")) == {"r1", "c1", "q1"}
    assert (ids(Query(status="running")), ids(Query(status="completed"))) == ({"r1"}, {"c1"})
    ports = _Ports(DynamoDbLedger(client(), TABLE), DynamoDbDocuments(client(), TABLE), SystemClock())
    (wait,) = open_waits.page(["order-created"], 10, "", ports).waits
    assert (wait.instance.id, wait.name, wait.at) == ("r1", "approved", NOW)
    assert "3 instances and 1 waits listed" in capsys.readouterr().err
    list_rows(moto)
    assert moto.updates == 3


def test_a_row_that_changes_meanwhile_is_left_to_what_has_changed_it(moto: Moto) -> None:
    moto.overtaken = "q1"
    list_rows(moto)
    assert ids(Query()) == {"r1", "c1"}
    moto.overtaken = ""
    list_rows(moto)
    assert ids(Query(status="failed")) == {"q1"}


def test_a_missing_right_is_named(moto: Moto) -> None:
    def denied(**_: Any) -> None:
        raise ServiceError("AccessDeniedException", "no")

    moto.update_item = denied  # type: ignore[method-assign]
    with pytest.raises(StepFailed, match="dynamodb:UpdateItem"):
        list_rows(moto)


def test_it_reads_the_table_only_if_it_is_asked_to(moto: Moto) -> None:
    calls = Calls(Asking(lambda *_: moto), lambda _: None)
    assert "rows" not in [step.name for step in TableUpgrade(TABLE, calls, drop=False).plan().steps]
    step = FormerRows(calls).step(TABLE, {"ItemCount": 2_000_000, "TableSizeBytes": 8_192_000_000})
    assert (step.takes, step.costs[:34]) == (
        "about 2,001 seconds, at 1,000 rows a second",
        "1,000,000 read units (0.12 dollars",
    )
