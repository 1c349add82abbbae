"""What a stack becomes with each choice of its parameters: URLs that stay, versions that are published, bounds."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.project.switches import OTHERWISE, PARAMETERS, other_values
from tests.project.template import DURABLE_FUNCTIONS, FUNCTIONS, TEMPLATE
from tests.project.transformed import replacing, rules_hold, stack

PUBLIC = ("Receiver", "Api")

#: Properties that a function has in every version alike; another value needs no new one.
OF_ALL_VERSIONS = {"ReservedConcurrentExecutions", "Tags"}


CHOICES = [(name, value) for name in PARAMETERS for value in other_values(name)]


def of_type(resources: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == kind}


def lasting(resources: dict[str, Any], name: str) -> dict[str, Any]:
    """What may never change, or the resource is another: its type, and the properties that replace it."""
    each = resources[name]
    return {"Type": each["Type"]} | {key: each["Properties"].get(key) for key in replacing(each["Type"])}


@pytest.mark.parametrize(("parameter", "value"), CHOICES)
def test_no_parameter_changes_a_url(parameter: str, value: str) -> None:
    before, after = stack(), stack(**{parameter: value})
    assert {"ReceiverUrl", "ApiUrl"} == of_type(after, "AWS::Lambda::Url").keys()
    for function in PUBLIC:
        for name in (f"{function}Url", f"{function}Aliaslive", function):
            assert lasting(before, name) == lasting(after, name), name
        assert {"Ref": f"{function}Aliaslive"} == after[f"{function}Url"]["Properties"]["TargetFunctionArn"]
        # A name of its own would be one more thing that replaces the function.
        assert "FunctionName" not in after[function]["Properties"]


@pytest.mark.parametrize("auth", ["NONE", "AWS_IAM"])
def test_who_may_call_a_url_may_call_its_alias(auth: str) -> None:
    resources = stack(ApiAuth=auth)
    permissions = of_type(resources, "AWS::Lambda::Permission").values()
    everybody = [each for each in permissions if each["Principal"] == "*"]
    found = {(each["FunctionName"]["Ref"], each["Action"]) for each in everybody}
    actions = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")
    open_to_all = PUBLIC if auth == "NONE" else ("Receiver",)
    assert found == {(f"{name}Aliaslive", action) for name in open_to_all for action in actions}
    assert auth == resources["ApiUrl"]["Properties"]["AuthType"]


def given(resources: dict[str, Any], function: str) -> dict[str, Any]:
    """What a function is given that a version of it keeps."""
    return {key: each for key, each in resources[function]["Properties"].items() if key not in OF_ALL_VERSIONS}


def test_what_a_function_is_given_by_a_parameter_it_is_given_as_a_new_version() -> None:
    """SAM names a version after the template's text, so another value alone publishes none: its description does."""
    assert "Description" in replacing("AWS::Lambda::Version")
    before = stack()
    wrong = []
    for parameter, value in CHOICES:
        after = stack(**{parameter: value})
        # The examples are not in every stack.
        for name in [each for each in (*PUBLIC, *DURABLE_FUNCTIONS) if each in after]:
            (version,) = [key for key in of_type(after, "AWS::Lambda::Version") if key.startswith(f"{name}Version")]
            published = lasting(before, version) != lasting(after, version)
            # Nor is one published of what has not changed: Lambda would refuse it.
            if published != (given(before, name) != given(after, name)):
                wrong.append(f"{name}, {parameter}={value}: {'' if published else 'not '}published")
    assert len(CHOICES) > 40
    assert [] == wrong


@pytest.mark.parametrize("start", PARAMETERS["Start"]["AllowedValues"])
def test_a_snapshot_is_taken_of_published_versions_alone(start: str) -> None:
    resources = stack(Start=start, ProvisionedConcurrency="3" if start == "provisioned" else "0")
    functions = of_type(resources, "AWS::Lambda::Function")
    applied = {name: each["SnapStart"]["ApplyOn"] for name, each in functions.items() if "SnapStart" in each}
    assert applied == dict.fromkeys(PUBLIC, "PublishedVersions" if start == "snapstart" else "None")
    aliases = of_type(resources, "AWS::Lambda::Alias")
    kept = {name for name, each in aliases.items() if "ProvisionedConcurrencyConfig" in each}
    assert kept == ({f"{name}Aliaslive" for name in PUBLIC} if start == "provisioned" else set())
    for name in PUBLIC:
        alias, url = aliases[f"{name}Aliaslive"], resources[f"{name}Url"]["Properties"]
        version, _ = alias["FunctionVersion"]["Fn::GetAtt"]
        assert "AWS::Lambda::Version" == resources[version]["Type"]
        assert url["TargetFunctionArn"] == {"Ref": f"{name}Aliaslive"}
        if start == "provisioned":
            assert alias["ProvisionedConcurrencyConfig"] == {"ProvisionedConcurrentExecutions": "3"}


@pytest.mark.parametrize(
    ("start", "count", "possible"),
    [
        ("plain", "0", True),
        ("plain", "1", False),
        ("snapstart", "0", True),
        ("snapstart", "1", False),
        ("provisioned", "0", False),
        ("provisioned", "1", True),
    ],
)
def test_provisioned_concurrency_has_its_count_and_excludes_the_others(start: str, count: str, possible: bool) -> None:
    assert possible == rules_hold(Start=start, ProvisionedConcurrency=count)


def test_old_versions_stay_only_where_executions_go_on_with_them() -> None:
    versions = {name: each for name, each in stack().items() if each["Type"] == "AWS::Lambda::Version"}
    kept = {re.sub("Version[0-9a-f]+$", "", name): each for name, each in versions.items()}
    assert kept.keys() == {*PUBLIC, *DURABLE_FUNCTIONS}
    for name, each in kept.items():
        durable = name in DURABLE_FUNCTIONS
        assert ("Retain" if durable else "Delete") == each["DeletionPolicy"]
        assert durable == ("Retain" == each.get("UpdateReplacePolicy"))


#: Function -> the parameter that reserves for it.
RESERVATIONS = {
    **{name: f"{name}Concurrency" for name in FUNCTIONS if name not in DURABLE_FUNCTIONS},
    **dict.fromkeys(DURABLE_FUNCTIONS, "DurableConcurrency"),
}


def reserved(resources: dict[str, Any]) -> dict[str, str]:
    functions = of_type(resources, "AWS::Lambda::Function")
    key = "ReservedConcurrentExecutions"
    return {name: each[key] for name, each in functions.items() if key in each}


@pytest.mark.parametrize("name", RESERVATIONS)
def test_every_function_can_be_bounded(name: str) -> None:
    parameter = RESERVATIONS[name]
    found = reserved(stack(WithEntries="yes", **{parameter: "7"}))
    assert found == {each: "7" for each, its in RESERVATIONS.items() if its == parameter}
    assert FUNCTIONS.keys() == RESERVATIONS.keys()


#: Concurrent executions of a new account.
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
SMALL_ACCOUNT = 10
#: Of the stream of a new table on demand.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
SHARDS = 4


def test_the_defaults_deploy_on_a_small_account_and_leave_room_for_senders() -> None:
    # AWS refuses any reservation there: 100 have to be left unreserved.
    assert {} == reserved(stack(FeedQueueArn=OTHERWISE["FeedQueueArn"]))
    mappings = of_type(stack(FeedQueueArn=OTHERWISE["FeedQueueArn"]), "AWS::Lambda::EventSourceMapping")
    # What splits deliveries is at work only while there are some that carry several events.
    assert {"WorkerQueued", "FeedsQueue", "FeedsBatches"} == mappings.keys()
    stream = int(mappings["WorkerQueued"]["ParallelizationFactor"]) * SHARDS
    queue = int(mappings["FeedsQueue"]["ScalingConfig"]["MaximumConcurrency"])
    assert stream + queue <= SMALL_ACCOUNT * 0.6


def test_the_streams_and_queues_bounds_are_the_operators() -> None:
    resources = stack(FeedQueueArn=OTHERWISE["FeedQueueArn"], WorkerParallel="10", FeedQueueConcurrency="50")
    mappings = of_type(resources, "AWS::Lambda::EventSourceMapping")
    assert "10" == mappings["WorkerQueued"]["ParallelizationFactor"]
    assert {"MaximumConcurrency": "50"} == mappings["FeedsQueue"]["ScalingConfig"]


def test_the_urls_are_told() -> None:
    outputs = json.dumps(TEMPLATE["Outputs"])
    assert "ReceiverUrl.FunctionUrl" in outputs
    assert "ApiUrl.FunctionUrl" in outputs
