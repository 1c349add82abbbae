"""The plan of a table without a stack: what each state of it needs, and what is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws

from verihook.adapters.aws.boto import Boto
from verihook.adapters.aws.errors import ServiceError
from verihook.adapters.ledgers.table import create_table_request
from verihook.cli.doctor.asking import Asking
from verihook.cli.upgrade.asking_aws import Calls
from verihook.cli.upgrade.steps import Plan, StepFailed, carry_out
from verihook.cli.upgrade.table_plan import STACK_TAG, TableUpgrade
from verihook.errors import ConfigurationError

TABLE = "ledger"


@dataclass
class Account:
    """moto's DynamoDB. ``answers``: what an operation answers in its place, or raises."""

    client: Any
    answers: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, operation: str) -> Any:
        if operation not in self.answers:
            return getattr(self.client, operation)

        def stand_in(**_: Any) -> Any:
            if isinstance(self.answers[operation], Exception):
                raise self.answers[operation]
            return self.answers[operation]

        return stand_in

    def upgrade(self, *, drop: bool = False) -> TableUpgrade:
        return TableUpgrade(TABLE, Calls(Asking(lambda *_: self), lambda _: None), drop)

    def make(self, *without: str, **changed: Any) -> None:
        request = create_table_request(TABLE)
        indexes = [each for each in request["GlobalSecondaryIndexes"] if each["IndexName"] not in without]
        used = {each["AttributeName"] for keys in (request, *indexes) for each in keys["KeySchema"]}
        defined = [each for each in request["AttributeDefinitions"] if each["AttributeName"] in used]
        request |= {"GlobalSecondaryIndexes": indexes, "AttributeDefinitions": defined}
        self.client.create_table(**{**request, **changed})


@cache
def client() -> Any:
    make: Any = boto3.client
    return Boto(make("dynamodb", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"))


@pytest.fixture
def account() -> Iterator[Account]:
    with mock_aws():
        yield Account(client())


def names(plan: Plan) -> list[str]:
    return [step.name for step in plan.steps]


def test_what_gives_a_way_back_comes_first_and_then_one_index_after_the_other(account: Account) -> None:
    account.make("created", "source", StreamSpecification={"StreamEnabled": False})
    upgrade = account.upgrade()
    expected = ["recovery", "deletion-protection", "add-index:created", "add-index:source", "stream", "time-to-live"]
    assert names(upgrade.plan()) == expected
    done = list[str]()
    last = carry_out(upgrade, upgrade.plan(), lambda number, count, step: done.append(step.name))
    assert (done, last) == (expected, Plan())


def test_an_index_is_removed_by_the_flag_alone(account: Account) -> None:
    account.make("due")
    update: Any = {"IndexName": "due", "Projection": {"ProjectionType": "KEYS_ONLY"}}
    update["KeySchema"] = [{"AttributeName": "listedAt", "KeyType": "HASH"}]
    for name in ("due", "workflow-status"):
        account.client.update_table(
            TableName=TABLE, GlobalSecondaryIndexUpdates=[{"Create": {**update, "IndexName": name}}]
        )
    kept = account.upgrade().plan()
    assert not [name for name in names(kept) if "index" in name]
    assert [(each.what.partition(",")[0], each.needed) for each in kept.left] == [
        ("the index due has other keys", True),
        ("the index workflow-status is used no more", False),
    ]
    upgrade = account.upgrade(drop=True)
    plan = upgrade.plan()
    assert [name for name in names(plan) if "index" in name] == [
        "remove-index:due",
        "add-index:due",
        "remove-index:workflow-status",
    ]
    assert carry_out(upgrade, plan, lambda *_: None) == Plan()


def test_a_table_of_a_stack_is_not_changed_behind_its_back(account: Account) -> None:
    account.make("created", Tags=[{"Key": STACK_TAG, "Value": "hooks"}])
    with pytest.raises(ConfigurationError, match="verihook upgrade --stack hooks"):
        account.upgrade().plan()


def test_another_table_is_refused(account: Account) -> None:
    keys: Any = [{"AttributeName": "id", "KeyType": "HASH"}]
    account.client.create_table(
        TableName=TABLE,
        KeySchema=keys,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with pytest.raises(ConfigurationError, match="it is another table"):
        account.upgrade().plan()


def test_what_aws_does_already_is_waited_for(account: Account) -> None:
    account.make("source")
    busy: Any = account.client.describe_table(TableName=TABLE)
    busy["Table"]["GlobalSecondaryIndexes"][0]["IndexStatus"] = "CREATING"
    account.answers["describe_table"] = busy
    plan = account.upgrade().plan()
    assert plan.steps[0].what == "wait, as the index due is CREATING"
    looked = list[float]()

    def look(seconds: float) -> None:
        looked.append(seconds)
        del account.answers["describe_table"]

    plan = TableUpgrade(TABLE, Calls(Asking(lambda *_: account), look), drop=False).plan()
    plan.steps[0].run()
    assert len(looked) == 1


def test_a_time_to_live_of_another_attribute_is_left_to_the_operator(account: Account) -> None:
    account.make()
    account.client.update_time_to_live(
        TableName=TABLE, TimeToLiveSpecification={"AttributeName": "gone", "Enabled": True}
    )
    plan = account.upgrade().plan()
    assert "time-to-live" not in names(plan)
    (left,) = plan.left
    assert left.needed
    assert f"aws dynamodb update-time-to-live --table-name {TABLE}" in left.mend


def test_a_missing_right_is_named(account: Account) -> None:
    account.make("source")
    account.answers["update_table"] = ServiceError("AccessDeniedException", "no")
    with pytest.raises(StepFailed, match="may not call dynamodb:UpdateTable: allow that action"):
        next(step for step in account.upgrade().plan().steps if step.name == "add-index:source").run()
    account.answers["describe_continuous_backups"] = ServiceError("AccessDeniedException", "no")
    plan = account.upgrade().plan()
    assert "recovery" not in names(plan)
    assert "dynamodb:DescribeContinuousBackups" in plan.left[0].mend
    account.answers["list_tags_of_resource"] = ServiceError("AccessDeniedException", "no")
    with pytest.raises(StepFailed, match="dynamodb:ListTagsOfResource"):
        account.upgrade().plan()


def test_a_step_says_how_much_there_is_to_fill(account: Account) -> None:
    account.make("source")
    described: Any = account.client.describe_table(TableName=TABLE)
    described["Table"] |= {"ItemCount": 2_000_000, "TableSizeBytes": 4_000_000_000}
    account.answers["describe_table"] = described
    steps = {step.name: step for step in account.upgrade().plan().steps}
    assert "2,000,000 in 4.0 GB" in steps["add-index:source"].takes
    assert "2,000,000 write units once (1.25 dollars" in steps["add-index:source"].costs
    assert steps["recovery"].costs.startswith("0.80 dollars a month")
