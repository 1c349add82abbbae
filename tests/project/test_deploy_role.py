"""infra/deploy-role.yaml: CloudFormation may do what every type of our resources takes, and no more than is needed."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.project.nested import Nested, read
from tests.project.template import actions as listed
from tests.project.transformed import actions

TEMPLATE = read("deploy-role.yaml")
UNNEEDED: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("deploy_role.toml").read_text("utf-8"))
STACK = "verihook-prod"
ALL = {
    "WithAlarms": "yes",
    "WithDomain": "yes",
    "HostedZoneId": "Z1",
    "TrustBucket": "authorities",
    "KeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1",
}
#: That of GitHub's tokens, which the template of the roles makes itself.
OF_THE_ROLES = {"AWS::IAM::OIDCProvider"}


def statements(**given: str) -> Iterator[dict[str, Any]]:
    """What CloudFormation's role may do."""
    names = {"StackName": STACK, "Environment": "prod", "AWS::Partition": "aws", "AWS::Region": "eu-central-1"}
    resources = Nested(TEMPLATE, names | {"AWS::AccountId": "123456789012"} | given).resources
    yield from resources["ExecutionRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    for each in resources.values():
        if each["Type"] == "AWS::IAM::ManagedPolicy":
            assert [{"Ref": "ExecutionRole"}] == each["Properties"]["Roles"]
            yield from each["Properties"]["PolicyDocument"]["Statement"]


def matches(action: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def test_it_may_do_what_every_resource_takes() -> None:
    allowed = [pattern for statement in statements(**ALL) for pattern in listed(statement)]
    unneeded = [pattern for patterns in UNNEEDED.values() for pattern in patterns]
    needed = {action for kind, each in actions().items() if kind not in OF_THE_ROLES for action in each}
    assert {"cloudfront:CreateDistribution", "sns:CreateTopic", "cloudwatch:PutDashboard", "kms:CreateKey"} <= needed
    assert [] == sorted(action for action in needed if not matches(action, [*allowed, *unneeded]))
    # Nor is one listed that is allowed, or that nothing asks for any more.
    assert [] == [pattern for pattern in unneeded if pattern.partition(":")[2] != "*" and matches(pattern, allowed)]
    assert [] == [pattern for pattern in unneeded if not any(matches(action, [pattern]) for action in needed)]


#: An action, and what it is done to: within reach and not.
REACH = [
    ("cloudwatch:PutMetricAlarm", "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{}_oldest-queued"),
    ("cloudwatch:PutMetricAlarm", "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{}-RolloutFails-1"),
    ("cloudwatch:PutDashboard", "arn:aws:cloudwatch::123456789012:dashboard/{}_eu-central-1"),
    ("sns:CreateTopic", "arn:aws:sns:eu-central-1:123456789012:{}_alarms"),
    ("cloudformation:CreateStack", "arn:aws:cloudformation:eu-central-1:123456789012:stack/{}-Observability-1/a"),
    ("cloudformation:CreateStack", "arn:aws:cloudformation:eu-central-1:123456789012:stack/{}-Domain-1/a"),
    ("cloudfront:CreateFunction", "arn:aws:cloudfront::123456789012:function/{}-Domain-1-viewer"),
    ("dynamodb:CreateTable", "arn:aws:dynamodb:eu-central-1:123456789012:table/{}-Ledger-1"),
]


@pytest.mark.parametrize(("action", "arn"), REACH)
def test_what_has_the_stacks_name_is_within_reach_and_another_stacks_is_not(action: str, arn: str) -> None:
    def may(stack: str) -> bool:
        given = [each for each in statements(**ALL) if matches(action, listed(each)) and "Condition" not in each]
        found = [it for each in given for it in _texts(each["Resource"])]
        return any(fnmatch.fnmatchcase(arn.format(stack), pattern) for pattern in found)

    assert (may(STACK), may("orders-prod")) == (True, False)


def test_what_has_no_name_is_known_by_its_tags() -> None:
    """Or one environment could delete the key, or the distribution, of another."""
    for statement in statements(**ALL):
        for action in listed(statement):
            service = action.partition(":")[0]
            if service == "acm" or (service in ("kms", "cloudfront") and "function/" not in str(statement["Resource"])):
                tags = statement.get("Condition", {}).get("StringEquals", {})
                assert statement["Resource"] == ALL["KeyArn"] or {"prod", "verihook"} == set(tags.values()), action


def test_what_is_not_there_takes_no_right() -> None:
    """Domains, alarms and a key of one's own are parameters of the roles, too."""
    given = {action.partition(":")[0] for statement in statements() for action in listed(statement)}
    assert not given & {"acm", "cloudfront", "kms", "route53", "sns", "wafv2"}
    assert {"cloudfront", "route53"} <= {a.partition(":")[0] for each in statements(**ALL) for a in listed(each)}


def test_a_policy_is_not_longer_than_iam_takes() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: without blanks."""
    resources = Nested(TEMPLATE, {"StackName": "a" * 48, "Environment": "prod", **ALL}).resources
    for name, each in resources.items():
        if each["Type"] in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Role"):
            most = 10_240 if each["Type"] == "AWS::IAM::Role" else 6_144
            text = "".join(str(each["Properties"].get("Policies") or each["Properties"]["PolicyDocument"]).split())
            assert len(text) < most, f"{name}: {len(text)}"


def _texts(resource: Any) -> list[str]:
    each = resource if isinstance(resource, list) else [resource]
    return [it["Fn::Sub"] if isinstance(it, dict) else it for it in each]
