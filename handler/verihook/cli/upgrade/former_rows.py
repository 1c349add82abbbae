"""The step that puts rows of older versions into the lists of this one: instances, and waits that are open."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from verihook.adapters.aws.errors import ServiceError
from verihook.adapters.clock import SystemClock
from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments, DynamoDbLedger
from verihook.adapters.ledgers.dynamodb.former_rows import MAILBOX, list_request, scan_request
from verihook.adapters.ledgers.item import expired, from_item
from verihook.cli import bill
from verihook.cli.upgrade.asking_aws import Calls
from verihook.cli.upgrade.steps import Step, StepFailed
from verihook.errors import LedgerUnavailable
from verihook.instances import open_waits
from verihook.instances.mailboxes import read_mailbox
from verihook.model.instance import parse_execution_name

#: How many rows are read in a second at most: live traffic has the rest of the table.
ROWS_A_SECOND = 1000

#: Bytes of a read unit that need not be consistent.
_READ_UNIT = 8192


@dataclass(slots=True)
class _Ports:
    ledger: DynamoDbLedger
    documents: DynamoDbDocuments
    clock: SystemClock


@dataclass(slots=True)
class FormerRows:
    """The rows of the table ``name``. ``done``: the step was done by this command, and is in no plan any more."""

    calls: Calls
    done: bool = False

    def step(self, name: str, table: Mapping[str, Any]) -> Step:
        """Return the step."""
        rows, size, price = table.get("ItemCount", 0), table.get("TableSizeBytes", 0), bill.prices()
        units = size // _READ_UNIT
        dollars = units * price["dynamodb"]["read_unit"]
        return Step(
            "rows",
            f"read all rows of the table {name} once, and put those of older versions into the lists of this one",
            f"about {rows // ROWS_A_SECOND + 1:,} seconds, at {ROWS_A_SECOND:,} rows a second",
            f"{units:,} read units ({dollars:.2f} dollars at list prices), and up to five write units a row",
            "older instances and waits are found by id alone. After a stop it reads all again, and writes none twice",
            ("dynamodb:Scan", "dynamodb:UpdateItem", "dynamodb:PutItem", "dynamodb:GetItem"),
            lambda: self._run(name),
        )

    def _run(self, name: str) -> None:
        client: Any = self.calls.asking.client("dynamodb")
        ports = _Ports(DynamoDbLedger(client, name), DynamoDbDocuments(client, name), SystemClock())
        read = listed = marked = 0
        for page in self._pages(name):
            read += page["ScannedCount"]
            for item in page["Items"]:
                if item["pk"]["S"].startswith(MAILBOX):
                    marked += _mark(item["pk"]["S"].removeprefix(MAILBOX), ports)
                elif not expired(item, ports.clock.now_ms()):
                    listed += self._list(name, item)
            print(f"   {read:,} rows read: {listed:,} instances and {marked:,} waits listed", file=sys.stderr)
        self.done = True

    def _pages(self, name: str) -> Iterator[Mapping[str, Any]]:
        request = scan_request(name, ROWS_A_SECOND)
        while True:
            page = self.calls.call("dynamodb", "scan", **request)
            yield page
            if not page.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
            self.calls.pause(1)

    def _list(self, name: str, item: Mapping[str, Any]) -> int:
        try:
            self.calls.call("dynamodb", "update_item", **list_request(name, from_item(item)))
        except StepFailed as failed:
            # Something has written the row since, and this version writes its places, too.
            cause = failed.__cause__
            if not isinstance(cause, ServiceError) or cause.code != "ConditionalCheckFailedException":
                raise
            return 0
        return 1


def _mark(execution: str, ports: _Ports) -> int:
    """List the open waits of an execution that runs, and return how many there are. Raises StepFailed."""
    instance_id, attempt = parse_execution_name(execution) or ("", 0)
    now = ports.clock.now_ms()
    try:
        row = ports.ledger.get(instance_id, now)
        if row is None or row.final or row.purged or row.attempt != attempt:
            return 0
        waits = [wait for wait in read_mailbox(execution, ports.documents, now).waits if not wait.name.startswith("$")]
        for wait in waits:
            open_waits.mark(row, wait, open_waits.NO_NOTICE, ports)
    except LedgerUnavailable as error:
        raise StepFailed(f"the table did not answer: {error.__cause__ or error}; run this again") from error
    return len(waits)
