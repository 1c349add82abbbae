"""template.yaml against the code it deploys: roles, keys, environment, entry points, workflows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from verihook import main
from verihook.errors import ConfigurationError
from verihook.hooks import load_hooks
from verihook.ledgers.table import create_table_request, time_to_live_request
from verihook.settings import aws_settings

ROOT = Path(__file__).parents[2]

MACHINES = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${AWS::StackName}_"
EXECUTIONS = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${AWS::StackName}_*:*"

#: All that each role may do, and to what. A line more is a decision: take it here too.
RECEIVE = {
    "dynamodb:PutItem": "Ledger.Arn",
    "dynamodb:GetItem": "Ledger.Arn",
    "states:StartExecution": f"{MACHINES}*",
    "states:StopExecution": EXECUTIONS,
}
ALLOWED = {
    "Receiver": RECEIVE,
    "Api": RECEIVE,
    "Recorder": {
        "dynamodb:UpdateItem": "Ledger.Arn",
        "states:DescribeExecution": EXECUTIONS,
        "sqs:SendMessage": "DeadLetters.Arn",
    },
    "Reconciler": {
        "dynamodb:Query": "${Ledger.Arn}/index/due",
        "dynamodb:BatchGetItem": "Ledger.Arn",
        "dynamodb:UpdateItem": "Ledger.Arn",
        "states:StartExecution": f"{MACHINES}*",
        "states:DescribeExecution": EXECUTIONS,
        "sqs:SendMessage": "DeadLetters.Arn",
    },
}

#: Read by aws-lambda-powertools itself.
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's tags: ``!GetAtt A.Arn`` and ``!Sub text`` become their text."""


def _tag(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


Loader.add_multi_constructor("!", _tag)

TEMPLATE: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text("utf-8"), Loader)
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
ENVIRONMENT: dict[str, str] = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]


def of_type(name: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of this type."""
    return {key: resource["Properties"] for key, resource in RESOURCES.items() if resource["Type"] == name}


FUNCTIONS = of_type("AWS::Serverless::Function")
HOOKS = load_hooks(ROOT / "handler" / "hooks.toml")


def statements(role: str) -> list[tuple[str, str]]:
    """(action, resource) of everything that a role allows."""
    policies = RESOURCES[role]["Properties"]["Policies"]
    found = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    assert {statement["Effect"] for statement in found} == {"Allow"}
    pairs = []
    for statement in found:
        actions = statement["Action"]
        pairs += [(action, statement["Resource"]) for action in ([actions] if isinstance(actions, str) else actions)]
    return pairs


def test_every_function_is_known() -> None:
    assert FUNCTIONS.keys() == ALLOWED.keys()


@pytest.mark.parametrize("name", ALLOWED)
def test_a_function_may_do_what_it_needs_and_nothing_else(name: str) -> None:
    logs = {"logs:CreateLogStream": f"{name}Logs.Arn", "logs:PutLogEvents": f"{name}Logs.Arn"}
    role = FUNCTIONS[name]["Role"].removesuffix(".Arn")
    assert role == f"{name}Role"
    assert "ManagedPolicyArns" not in RESOURCES[role]["Properties"]
    assert sorted(statements(role)) == sorted({**ALLOWED[name], **logs}.items())


@pytest.mark.parametrize("name", ALLOWED)
def test_a_function_has_its_entry_point_and_its_log(name: str) -> None:
    function = FUNCTIONS[name]
    module, _, entry = function["Handler"].rpartition(".")
    assert module == main.__name__
    assert callable(getattr(main, entry))
    assert "RetentionInDays" in RESOURCES[function["LoggingConfig"]["LogGroup"]]["Properties"]


def test_only_the_receiver_is_public() -> None:
    urls = {
        name: function["FunctionUrlConfig"] for name, function in FUNCTIONS.items() if "FunctionUrlConfig" in function
    }
    assert urls == {"Receiver": {"AuthType": "NONE"}, "Api": {"AuthType": "AWS_IAM"}}


def test_the_table_is_the_one_that_the_ledger_expects() -> None:
    expected = create_table_request("") | time_to_live_request("")
    del expected["TableName"]
    assert {key: RESOURCES["Ledger"]["Properties"].get(key) for key in expected} == expected


def test_what_is_kept_survives_mistakes() -> None:
    ledger = RESOURCES["Ledger"]["Properties"]
    assert ledger["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert ledger["SSESpecification"] == {"SSEEnabled": True}
    for name in ("Ledger", "InstanceKey"):
        assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_the_environment_is_enough_and_all_of_it_is_read() -> None:
    ours = {name for name in ENVIRONMENT if name.startswith("VERIHOOK_")}
    references = {reference for source in HOOKS.sources.values() for reference in source.secrets}
    secrets = {reference.removeprefix("env:") for reference in references if reference.startswith("env:")}
    assert ENVIRONMENT.keys() == ours | secrets | POWERTOOLS

    values = dict.fromkeys(ours, "k" * 32)
    aws_settings(values)
    for name in ours:
        with pytest.raises(ConfigurationError, match=name):
            aws_settings({key: value for key, value in values.items() if key != name})


def test_no_secret_is_shown_or_has_a_default() -> None:
    parameters = TEMPLATE["Parameters"]
    secrets = {ENVIRONMENT[name] for name in ENVIRONMENT if "SECRET" in name}
    assert secrets == {name for name, parameter in parameters.items() if parameter.get("NoEcho")}
    for name in secrets:
        assert "Default" not in parameters[name]
        assert parameters[name]["MinLength"] >= 16
    # Handed over by CloudFormation; its text stands nowhere.
    assert ENVIRONMENT["VERIHOOK_INSTANCE_KEY"] == "{{resolve:secretsmanager:${InstanceKey}:SecretString}}"
    assert RESOURCES["InstanceKey"]["Properties"]["GenerateSecretString"]["PasswordLength"] >= 32


def test_the_recorder_hears_of_this_stacks_executions() -> None:
    assert ENVIRONMENT["VERIHOOK_STATE_MACHINE_PREFIX"] == MACHINES
    assert FUNCTIONS["Recorder"]["Events"]["ExecutionStatus"]["Properties"]["Pattern"] == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [{"prefix": MACHINES}]},
    }


@pytest.mark.parametrize("name", ["Recorder", "Reconciler"])
def test_what_fails_in_the_background_is_kept(name: str) -> None:
    function = FUNCTIONS[name]
    failed = {"Type": "SQS", "Destination": "DeadLetters.Arn"}
    assert function["EventInvokeConfig"]["DestinationConfig"] == {"OnFailure": failed}
    for event in function["Events"].values():
        assert event["Properties"]["DeadLetterConfig"] == {"Arn": "DeadLetters.Arn"}
    assert RESOURCES["DeadLetters"]["Properties"]["SqsManagedSseEnabled"] is True

    (statement,) = RESOURCES["DeadLettersPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    senders = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert {f"{name}{event}.Arn" for event in function["Events"]} <= set(senders)


def test_every_state_machine_that_hooks_name_is_deployed_under_that_name() -> None:
    machines = of_type("AWS::Serverless::StateMachine")
    prefix = MACHINES.rpartition(":stateMachine:")[2]
    names = {machine["Name"].removeprefix(prefix) for machine in machines.values()}
    wanted = {workflow.definition for workflow in HOOKS.workflows.values() if workflow.engine == "stepfunctions"}
    assert wanted <= names
    for machine in machines.values():
        assert machine["Name"].startswith(prefix)
        assert machine["Type"] == "STANDARD"  # EXPRESS would run a name twice
        assert machine["Logging"]["IncludeExecutionData"] is False
        json.loads((ROOT / machine["DefinitionUri"]).read_text("utf-8"))


def test_every_log_is_deleted_in_time() -> None:
    for name, log in of_type("AWS::Logs::LogGroup").items():
        assert log["RetentionInDays"] == "LogRetentionDays", name
