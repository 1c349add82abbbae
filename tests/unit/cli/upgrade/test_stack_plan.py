"""A stack of an older version: its table comes up to date by updates of the stack, and the deployment then succeeds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.deployed.stack import NAME, REGION
from tests.unit.cli.upgrade.cloudformation import TABLE, CloudFormation, template_of
from verihook.adapters.aws.boto import Boto
from verihook.adapters.aws.errors import ServiceError
from verihook.adapters.ledgers.table import STREAM_VIEW, create_table_request
from verihook.cli.upgrade.steps import Plan, StepFailed, carry_out
from verihook.errors import ConfigurationError

LISTS = ["created", "workflow", "status", "source"]


@cache
def client(service: str) -> Any:
    make: Any = boto3.client
    return Boto(make(service, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x"))


@pytest.fixture
def stack_of() -> Iterator[Callable[[str], CloudFormation]]:
    with mock_aws():
        yield lambda version: CloudFormation(client("dynamodb"), client("s3"), template_of(version))


def of_today(stack: CloudFormation) -> dict[str, Any]:
    """What sam deploy brings: the template with the table of today, as tests/project/test_template.py compares it."""
    new = deepcopy(stack.template)
    today = create_table_request("")
    stack.table_of(new).update(
        AttributeDefinitions=today["AttributeDefinitions"],
        GlobalSecondaryIndexes=today["GlobalSecondaryIndexes"],
        StreamSpecification={"StreamViewType": STREAM_VIEW},
    )
    return new


def names(plan: Plan) -> list[str]:
    return [step.name for step in plan.steps]


def do(stack: CloudFormation, *, drop: bool = False) -> Plan:
    upgrade = stack.upgrade(drop=drop)
    return carry_out(upgrade, upgrade.plan(), lambda *_: None)


def indexes() -> set[str]:
    described: Any = client("dynamodb").describe_table(TableName=TABLE)
    return {each["IndexName"] for each in described["Table"]["GlobalSecondaryIndexes"]}


def test_a_stack_without_lists_gets_one_index_in_each_update_and_is_then_deployed(
    stack_of: Callable[[str], CloudFormation],
) -> None:
    stack = stack_of("without-engines")
    assert stack.deploy(of_today(stack)) == "UPDATE_ROLLBACK_COMPLETE"
    before, stack.updates = deepcopy(stack.template), []

    plan = stack.upgrade().plan()
    assert names(plan) == [*(f"add-index:{name}" for name in LISTS), "stream"]
    assert all("cloudformation:UpdateStack" in step.actions for step in plan.steps)
    begun = list[str]()
    upgrade = stack.upgrade()
    last = carry_out(upgrade, plan, lambda number, count, step: begun.append(step.name))
    # Each step waits until it is done, its index included.
    assert begun == names(plan)
    assert (last.steps, last.left) == ([], [])
    assert indexes() == {"due", *LISTS}
    assert len(stack.updates) == 5
    for update in stack.updates:
        assert {**update["Resources"], "Ledger": 0} == {**before["Resources"], "Ledger": 0}
        assert {**update, "Resources": 0} == {**before, "Resources": 0}
    table = stack.table_of(stack.template)
    assert {**table, **stack.table_of(before)} == {
        **stack.table_of(before),
        "StreamSpecification": table["StreamSpecification"],
    }
    assert stack.deploy(of_today(stack)) == "UPDATE_COMPLETE"


def test_a_stack_of_0_1_0_is_deployed_at_once_which_removes_its_unused_index(
    stack_of: Callable[[str], CloudFormation],
) -> None:
    stack = stack_of("0.1.0")
    plan = stack.upgrade().plan()
    assert plan.steps == []
    (left,) = plan.left
    assert ("workflow-status" in left.what, left.needed) == (True, False)
    assert left.mend.startswith("the deployment afterwards removes it")
    assert [text.split(" ", 2)[:2] for text in plan.afterwards] == [
        ["sam", "build"],
        ["verihook", "secrets"],
        ["verihook", "upgrade"],
    ]
    assert stack.deploy(of_today(stack)) == "UPDATE_COMPLETE"
    assert indexes() == {"due", *LISTS}


def test_an_unused_index_is_removed_before_the_deployment_by_the_flag(
    stack_of: Callable[[str], CloudFormation],
) -> None:
    stack = stack_of("0.1.0")
    last = do(stack, drop=True)
    assert (last.steps, last.left, len(stack.updates)) == ([], [], 1)
    assert indexes() == {"due", *LISTS}
    keys = {each["AttributeName"] for each in create_table_request("")["AttributeDefinitions"]}
    assert {each["AttributeName"] for each in stack.table_of(stack.template)["AttributeDefinitions"]} == keys


class Killed(BaseException):
    """The process is no more."""


def test_a_command_that_is_killed_in_each_update_goes_on(stack_of: Callable[[str], CloudFormation]) -> None:
    stack = stack_of("without-engines")
    for _ in range(5):
        upgrade = stack.upgrade()

        def killed(_: float) -> None:
            raise Killed

        upgrade.calls.pause = killed
        with pytest.raises(Killed):
            carry_out(upgrade, upgrade.plan(), lambda *_: None)
        assert stack.status == "UPDATE_IN_PROGRESS"
        waiting = stack.upgrade().plan()
        assert names(waiting) == ["wait"]
        waiting.steps[0].run()
    # The last index is being filled still.
    do(stack)
    assert (len(stack.updates), indexes()) == (5, {"due", *LISTS})


def test_a_long_template_goes_through_the_bucket_of_the_code(stack_of: Callable[[str], CloudFormation]) -> None:
    stack = stack_of("without-engines")
    stack.template["Description"] = "x" * 50_000
    do(stack)
    assert len(stack.updates) == 5
    keys = [each["Key"] for each in client("s3").list_objects_v2(Bucket="sam-artifacts")["Contents"]]
    assert len(keys) == 5
    assert all(key.startswith("verihook/") and key.endswith(".template") for key in keys)

    for resource in stack.template["Resources"].values():
        resource["Properties"].pop("Code", None)
    stack.template["Resources"]["Ledger"]["Properties"].pop("StreamSpecification")
    client("dynamodb").update_table(TableName=TABLE, StreamSpecification={"StreamEnabled": False})
    with pytest.raises(ConfigurationError, match="--bucket"):
        do(stack)


def test_an_index_that_cloudformation_does_not_know_would_make_it_fail(
    stack_of: Callable[[str], CloudFormation],
) -> None:
    stack = stack_of("without-engines")
    added: Any = next(
        each for each in create_table_request("")["GlobalSecondaryIndexes"] if each["IndexName"] == "created"
    )
    definitions: Any = create_table_request("")["AttributeDefinitions"]
    used = [each for each in definitions if each["AttributeName"] in ("createdShard", "listedAt")]
    client("dynamodb").update_table(
        TableName=TABLE, AttributeDefinitions=used, GlobalSecondaryIndexUpdates=[{"Create": added}]
    )
    plan = stack.upgrade().plan()
    assert "add-index:created" not in names(plan)
    (left,) = plan.left
    assert left.needed
    assert "created is in the table" in left.what
    plan = stack.upgrade(drop=True).plan()
    assert names(plan)[:2] == ["remove-index:created", "add-index:created"]
    assert do(stack, drop=True).left == []
    assert stack.deploy(of_today(stack)) == "UPDATE_COMPLETE"


def test_what_the_template_has_and_the_table_has_lost_is_put_back_without_the_stack(
    stack_of: Callable[[str], CloudFormation],
) -> None:
    stack = stack_of("0.1.0")
    lost: Any = [{"Delete": {"IndexName": "source"}}]
    client("dynamodb").update_table(TableName=TABLE, GlobalSecondaryIndexUpdates=lost)
    assert names(stack.upgrade().plan()) == ["add-index:source"]
    do(stack)
    assert (stack.updates, "source" in indexes()) == ([], True)


def test_an_update_that_is_taken_back_says_why_and_the_next_one_goes_on(
    stack_of: Callable[[str], CloudFormation],
) -> None:
    stack = stack_of("without-engines")
    stack.fails = "LimitExceededException: too many indexes"
    with pytest.raises(StepFailed, match=r"\(UPDATE_ROLLBACK_COMPLETE\): Ledger: .*too many indexes"):
        do(stack)
    assert do(stack).steps == []


def test_a_stack_that_takes_no_update_and_one_that_is_not_ours(stack_of: Callable[[str], CloudFormation]) -> None:
    stack = stack_of("without-engines")
    stack.status = "UPDATE_ROLLBACK_FAILED"
    plan = stack.upgrade().plan()
    assert plan.steps == []
    assert "continue-update-rollback" in plan.left[0].mend
    stack.status = "UPDATE_COMPLETE"
    del stack.template["Resources"]["Ledger"]
    with pytest.raises(ConfigurationError, match=f"{NAME}: it has no Ledger"):
        stack.upgrade().plan()


def test_a_template_that_sam_did_not_make_is_refused(
    stack_of: Callable[[str], CloudFormation], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = stack_of("without-engines")
    text = json.dumps(stack.template)
    monkeypatch.setattr(stack, "get_template", lambda **_: {"TemplateBody": text})
    assert len(stack.upgrade().plan().steps) == 5
    monkeypatch.setattr(stack, "get_template", lambda **_: {"TemplateBody": "Resources: {}"})
    with pytest.raises(ConfigurationError, match="not the JSON that SAM makes"):
        stack.upgrade().plan()


def test_a_missing_right_is_named(stack_of: Callable[[str], CloudFormation], monkeypatch: pytest.MonkeyPatch) -> None:
    stack = stack_of("without-engines")

    def denied(**_: Any) -> None:
        raise ServiceError("AccessDenied", "no")

    monkeypatch.setattr(stack, "update_stack", denied)
    with pytest.raises(StepFailed, match="may not call cloudformation:UpdateStack: allow that action"):
        do(stack)
