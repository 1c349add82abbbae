"""The plan of a table that stands without a stack: UpdateTable, one index at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from verihook.adapters.aws.errors import AwsError
from verihook.adapters.ledgers.table import STREAM_VIEW, TTL_ATTRIBUTE, time_to_live_request
from verihook.adapters.ledgers.table_state import (
    Difference,
    busy,
    consequence,
    differences,
    index_update,
    recovers,
    unfit,
)
from verihook.cli import bill
from verihook.cli.upgrade.asking_aws import Calls
from verihook.cli.upgrade.former_rows import FormerRows
from verihook.cli.upgrade.steps import WAIT, Left, Plan, Step
from verihook.errors import ConfigurationError

DROP = "--drop-indexes removes it"
_NOTHING = "nothing"
_GB = 1e9

#: What CloudFormation writes on what it makes.
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
STACK_TAG = "aws:cloudformation:stack-name"


@dataclass(frozen=True, slots=True)
class Described:
    """A table as AWS describes it."""

    name: str
    table: Mapping[str, Any]
    time_to_live: Mapping[str, Any]

    def differences(self) -> list[Difference]:
        """Return what it lacks or has too much."""
        return differences(self.table, self.time_to_live)


def stack_of(table: Mapping[str, Any], calls: Calls) -> str:
    """Return the name of the stack that a table belongs to; "" if it stands without one. Raises StepFailed."""
    answer = calls.call_if_known("dynamodb", "list_tags_of_resource", ResourceArn=table["TableArn"]) or {}
    return next((tag["Value"] for tag in answer.get("Tags", []) if tag["Key"] == STACK_TAG), "")


def describe(name: str, calls: Calls) -> Described:
    """Return the table. Raises ConfigurationError if it is no ledger, StepFailed."""
    table = calls.call("dynamodb", "describe_table", TableName=name)["Table"]
    if why := unfit(table):
        raise ConfigurationError("table", name, why)
    time = calls.call("dynamodb", "describe_time_to_live", TableName=name)
    return Described(name, table, time.get("TimeToLiveDescription", {}))


@dataclass(frozen=True, slots=True)
class TableUpgrade:
    """The upgrade of a table without a stack. ``drop``: indexes may be removed; ``rows``: older ones are listed."""

    name: str
    calls: Calls
    drop: bool
    rows: FormerRows | None = None

    def plan(self) -> Plan:
        """Return what is still to be done. Raises ConfigurationError, StepFailed."""
        now, plan, direct = describe(self.name, self.calls), Plan(), DirectSteps(self.name, self.calls)
        if stack := stack_of(now.table, self.calls):
            mend = (
                f"it belongs to the stack {stack}, whose next deployment would fail: verihook upgrade --stack {stack}"
            )
            raise ConfigurationError("--table", self.name, mend)
        if doing := busy(now.table):
            plan.steps.append(direct.wait(doing))
        self._protect(now, plan, direct)
        for each in now.differences():
            if each.change == "remove-index" and not self.drop:
                plan.left.append(kept_index(each))
            elif each.change == "add-index" and _has(now, each.subject) and not self.drop:
                continue  # said above, with the index of other keys
            elif each.change == "time-to-live" and now.time_to_live.get("TimeToLiveStatus") == "ENABLED":
                plan.left.append(other_time_to_live(self.name, each, now.time_to_live["AttributeName"]))
            else:
                plan.steps.append(direct.step(each, now))
        list_rows(self.rows, now, plan, f"--table {self.name}")
        return plan

    def _protect(self, now: Described, plan: Plan, direct: DirectSteps) -> None:
        """Add what gives a way back, before anything is changed."""
        try:
            client = self.calls.asking.client("dynamodb")
            recovery = recovers(client.describe_continuous_backups(TableName=self.name))
        except AwsError as error:
            mend = "needs dynamodb:DescribeContinuousBackups; the upgrade does not"
            plan.left.append(Left(f"point-in-time recovery could not be looked at: {error}", mend, needed=False))
        else:
            if not recovery:
                plan.steps.append(direct.recovery(now))
        if not now.table.get("DeletionProtectionEnabled"):
            plan.steps.append(direct.protection())


def list_rows(rows: FormerRows | None, now: Described, plan: Plan, which: str) -> None:
    """Add the step that lists rows of older versions, or say how it is asked for. ``which``: the option."""
    if rows is not None and not rows.done:
        plan.steps.append(rows.step(now.name, now.table))
    elif rows is None and now.differences():
        after = "when this version alone writes to the table, to list instances and waits of before"
        plan.afterwards.append(f"verihook upgrade {which} --rows, {after}")


def _has(now: Described, index: str) -> bool:
    return any(each["IndexName"] == index for each in now.table.get("GlobalSecondaryIndexes", []))


def kept_index(each: Difference) -> Left:
    """Return the entry of an index that only the flag removes."""
    if each.unused:
        return Left(f"{each.what}: a write unit for each start", DROP, needed=False)
    return Left(f"{each.what}, so that {consequence(each)}", f"{DROP}, and then adds it again", needed=True)


def other_time_to_live(name: str, each: Difference, attribute: str) -> Left:
    """Return the entry of a time to live that something else than Verihook has set."""
    off = f"aws dynamodb update-time-to-live --table-name {name} --time-to-live-specification"
    mend = f"if that is a mistake: {off} Enabled=false,AttributeName={attribute}; an hour later run this again"
    return Left(f"{each.what}, and AWS takes one attribute alone", mend, needed=True)


@dataclass(frozen=True, slots=True)
class DirectSteps:
    """Steps that change a table by calls of DynamoDB."""

    name: str
    calls: Calls

    def step(self, each: Difference, now: Described) -> Step:
        """Return the step that mends a difference."""
        match each.change:
            case "add-index":
                return self._add(each, now)
            case "remove-index":
                return self.remove(each, "which is used no more" if each.unused else "which has other keys")
            case "stream":
                return self._stream(each)
        return self._time_to_live(each)

    def wait(self, doing: str) -> Step:
        """Return the step that waits for what AWS is doing already, as after a stop."""
        return Step(
            WAIT,
            f"wait, as {doing}",
            "until AWS is done",
            _NOTHING,
            "nothing else can be changed",
            ("dynamodb:DescribeTable",),
            self.settle,
        )

    def settle(self) -> None:
        """Wait until nothing is being done with the table."""
        self.calls.wait(lambda: busy(self.calls.call("dynamodb", "describe_table", TableName=self.name)["Table"]))

    def _add(self, each: Difference, now: Described) -> Step:
        return Step(
            f"add-index:{each.subject}",
            f"add the index {each.subject} to the table {self.name} (UpdateTable), and wait until it is ACTIVE",
            filling_time(now.table),
            filling_costs(now.table),
            adding_meanwhile(each),
            ("dynamodb:UpdateTable", "dynamodb:DescribeTable"),
            partial(self._change_index, each),
        )

    def remove(self, each: Difference, why: str) -> Step:
        """Return the step that removes an index, whatever the difference is. ``why``: which one it is."""
        lists = "" if each.unused else f"; {consequence(each)} until it is there again"
        return Step(
            f"remove-index:{each.subject}",
            f"remove the index {each.subject}, {why}, from the table {self.name} (UpdateTable)",
            "minutes",
            _NOTHING,
            f"functions of an older version that use it answer 503 for their lists{lists}. No row is lost",
            ("dynamodb:UpdateTable", "dynamodb:DescribeTable"),
            partial(self._change_index, replace(each, change="remove-index")),
        )

    def _change_index(self, each: Difference) -> None:
        table = self.calls.call("dynamodb", "describe_table", TableName=self.name)["Table"]
        self._update(**index_update(table, each))

    def _stream(self, each: Difference) -> Step:
        specification = {"StreamEnabled": True, "StreamViewType": STREAM_VIEW}
        return Step(
            "stream",
            f"turn on the stream of the table {self.name} ({STREAM_VIEW}, UpdateTable)",
            "seconds",
            _NOTHING,
            f"{consequence(each)}. The event source mapping of the worker has to name the new stream",
            ("dynamodb:UpdateTable", "dynamodb:DescribeTable"),
            partial(self._update, StreamSpecification=specification),
        )

    def _time_to_live(self, each: Difference) -> Step:
        def run() -> None:
            self.calls.call("dynamodb", "update_time_to_live", **time_to_live_request(self.name))

        return Step(
            "time-to-live",
            f"have the table {self.name} delete rows after {TTL_ATTRIBUTE} (UpdateTimeToLive)",
            "up to an hour, which is not waited for",
            _NOTHING,
            consequence(each),
            ("dynamodb:UpdateTimeToLive", "dynamodb:DescribeTimeToLive"),
            run,
        )

    def recovery(self, now: Described) -> Step:
        """Return the step that turns point-in-time recovery on."""
        on = {"PointInTimeRecoveryEnabled": True}
        price, size = bill.prices(), now.table.get("TableSizeBytes", 0) / _GB
        return Step(
            "recovery",
            f"turn on point-in-time recovery of the table {self.name}: a way back to any second from then on",
            "a minute",
            f"{size * price['dynamodb']['gb_month_backup']:.2f} dollars a month for {size:.1f} GB, at list prices",
            "there is no way back to before this upgrade",
            ("dynamodb:UpdateContinuousBackups", "dynamodb:DescribeContinuousBackups"),
            lambda: self._ask("update_continuous_backups", PointInTimeRecoverySpecification=on),
        )

    def protection(self) -> Step:
        """Return the step that turns deletion protection on."""
        return Step(
            "deletion-protection",
            f"protect the table {self.name} from deletion (UpdateTable)",
            "seconds",
            _NOTHING,
            "a mistake can delete it",
            ("dynamodb:UpdateTable", "dynamodb:DescribeTable"),
            partial(self._update, DeletionProtectionEnabled=True),
        )

    def _update(self, **change: Any) -> None:
        self._ask("update_table", **change)
        self.settle()

    def _ask(self, operation: str, **given: Any) -> None:
        self.calls.call("dynamodb", operation, TableName=self.name, **given)


def filling_time(table: Mapping[str, Any]) -> str:
    """Return how long an index takes to be filled."""
    rows, size = table.get("ItemCount", 0), table.get("TableSizeBytes", 0) / _GB
    return f"minutes, longer the more rows there are ({rows:,} in {size:.1f} GB, as AWS has counted within six hours)"


def filling_costs(table: Mapping[str, Any]) -> str:
    """Return what filling an index costs at most."""
    rows, price = table.get("ItemCount", 0), bill.prices()
    dollars = rows * price["dynamodb"]["write_unit"]
    listed = f"list prices of {price['region']} as known on {price['known']}"
    return f"at most {rows:,} write units once ({dollars:.2f} dollars, {listed}), then one for each start"


def adding_meanwhile(each: Difference) -> str:
    """Return what is so until an index is there."""
    return f"deliveries are taken as before; {consequence(each)}. If this stops, AWS goes on; run it again"
