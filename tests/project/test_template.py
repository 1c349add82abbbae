"""template.yaml against the code it deploys: roles, keys, environment, entry points, workflows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from verihook import main
from verihook.errors import ConfigurationError
from verihook.hooks import load_hooks
from verihook.ledgers import hours
from verihook.ledgers.table import create_table_request, time_to_live_request
from verihook.settings import aws_settings

ROOT = Path(__file__).parents[2]

PARAMETERS = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${SsmPath}"
MACHINES = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${AWS::StackName}_"
EXECUTIONS = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${AWS::StackName}_*:*"

#: All that each role may do, and to what. A line more is a decision: take it here too.
RECEIVE = {
    "dynamodb:PutItem": "Ledger.Arn",
    "dynamodb:GetItem": "Ledger.Arn",
    "dynamodb:UpdateItem": "Ledger.Arn",  # of observations alone, see test_who_takes_deliveries_changes_no_instance
    "states:StartExecution": f"{MACHINES}*",
    "states:StopExecution": EXECUTIONS,
    # Where the operator names any; see test_a_store_is_read_only_where_the_operator_names_it.
    "secretsmanager:GetSecretValue": "ReadsSecrets: SecretArns",
    "ssm:GetParameter": f"ReadsParameters: {PARAMETERS}",
    "kms:Decrypt": "DecryptsSecrets: SecretKeyArns",
}
ALLOWED = {
    "Receiver": RECEIVE,
    "Api": {**RECEIVE, "dynamodb:Query": "Ledger.Arn"},
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

#: Those that see deliveries, and so have the secrets.
VERIFYING = ["Receiver", "Api"]

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
GLOBAL: dict[str, str] = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]


def of_type(name: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of this type."""
    return {key: resource["Properties"] for key, resource in RESOURCES.items() if resource["Type"] == name}


FUNCTIONS = of_type("AWS::Serverless::Function")
ENVIRONMENT: dict[str, dict[str, str]] = {
    name: GLOBAL | function.get("Environment", {}).get("Variables", {}) for name, function in FUNCTIONS.items()
}
HOOKS = load_hooks(ROOT / "handler" / "hooks.toml")


def statements(role: str) -> list[tuple[str, str]]:
    """(action, resource) of everything that a role allows; "CONDITION: resource" where that is under a condition."""
    pairs = []
    for policy in RESOURCES[role]["Properties"]["Policies"]:
        for entry in policy["PolicyDocument"]["Statement"]:
            statement, resource = entry, ""
            if isinstance(entry, list):
                condition, statement, otherwise = entry
                assert "AWS::NoValue" == otherwise
                resource = f"{condition}: "
            assert "Allow" == statement["Effect"]
            resource += statement["Resource"]
            pairs += [(action, resource) for action in _actions(statement)]
    return pairs


def _actions(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else actions


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


@pytest.mark.parametrize("name", VERIFYING)
def test_who_takes_deliveries_changes_no_instance(name: str) -> None:
    conditions = [
        statement.get("Condition")
        for policy in RESOURCES[f"{name}Role"]["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if isinstance(statement, dict) and {"dynamodb:UpdateItem", "dynamodb:Query"} & {*_actions(statement)}
    ]
    assert [{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [hours.partition("*")]}}] == conditions


@pytest.mark.parametrize("name", VERIFYING)
def test_a_store_is_read_only_where_the_operator_names_it(name: str) -> None:
    conditions = TEMPLATE["Conditions"]
    assert [[["", "SecretArns"], ""]] == conditions["ReadsSecrets"]
    assert [["SsmPath", ""]] == conditions["ReadsParameters"]
    assert [[["", "SecretKeyArns"], ""]] == conditions["DecryptsSecrets"]
    assert {""} == {TEMPLATE["Parameters"][key]["Default"] for key in ("SecretArns", "SsmPath", "SecretKeyArns")}
    (decrypt,) = [
        entry[1]
        for policy in RESOURCES[f"{name}Role"]["Properties"]["Policies"]
        for entry in policy["PolicyDocument"]["Statement"]
        if isinstance(entry, list) and entry[0] == "DecryptsSecrets"
    ]
    services = [f"{service}.${{AWS::Region}}.${{AWS::URLSuffix}}" for service in ("secretsmanager", "ssm")]
    assert {"StringEquals": {"kms:ViaService": services}} == decrypt["Condition"]


@pytest.mark.parametrize(
    ("path", "good"),
    [("", True), ("/verihook/stripe", True), ("/verihook/*", True), ("/*", False), ("*", False), ("/a*", False)],
)
def test_a_path_of_parameters_is_never_the_whole_store(path: str, good: bool) -> None:
    assert good == bool(re.fullmatch(TEMPLATE["Parameters"]["SsmPath"]["AllowedPattern"], path))


@pytest.mark.parametrize("name", ALLOWED)
def test_the_environment_is_enough_and_all_of_it_is_read(name: str) -> None:
    ours = {variable for variable in ENVIRONMENT[name] if variable.startswith("VERIHOOK_")}
    references = {secret.reference for source in HOOKS.sources.values() for secret in source.secrets}
    secrets = {reference.removeprefix("env:") for reference in references if reference.startswith("env:")}
    assert ENVIRONMENT[name].keys() == ours | POWERTOOLS | (secrets if name in VERIFYING else set())

    values = dict.fromkeys(ours, "k" * 32)
    aws_settings(values)
    for variable in ours:
        with pytest.raises(ConfigurationError, match=variable):
            aws_settings({key: value for key, value in values.items() if key != variable})


#: Prints which sources the function verifies, and which of these modules that took.
START = """
import sys
from verihook.main import services
print(*services().verify)
modules = ("verihook.keyring", "verihook.secrets.environment", "verihook.fetcher", "cryptography", "boto3")
print(*[name for name in (*modules, "aws_lambda_powertools.utilities.parameters") if name in sys.modules])
"""


@pytest.mark.parametrize("name", ALLOWED)
def test_a_function_starts_with_its_environment_and_loads_no_secret_that_it_does_not_need(name: str) -> None:
    # What Lambda itself sets, beside the template.
    lambdas = {"_HANDLER": FUNCTIONS[name]["Handler"], "AWS_DEFAULT_REGION": "us-east-1"}
    result = subprocess.run(
        [sys.executable, "-c", START],
        cwd=ROOT / "handler",
        env={**dict.fromkeys(ENVIRONMENT[name], "c2VjcmV0" * 4), "POWERTOOLS_LOG_LEVEL": "INFO", **lambdas},
        capture_output=True,
        text=True,
        check=True,
    )
    sources, modules = result.stdout.splitlines()
    verifying = name in VERIFYING
    assert (list(HOOKS.sources) if verifying else []) == sources.split()
    assert ["verihook.keyring", "verihook.secrets.environment", "boto3"][0 if verifying else 2 :] == modules.split()


def test_no_secret_is_shown_or_has_a_default() -> None:
    parameters = TEMPLATE["Parameters"]
    receiver = ENVIRONMENT["Receiver"]
    secrets = {receiver[name] for name in receiver if "SECRET" in name}
    assert secrets == {name for name, parameter in parameters.items() if parameter.get("NoEcho")}
    for name in secrets:
        assert "Default" not in parameters[name]
        assert parameters[name]["MinLength"] >= 16
    # Handed over by CloudFormation; its text stands nowhere.
    assert GLOBAL["VERIHOOK_INSTANCE_KEY"] == "{{resolve:secretsmanager:${InstanceKey}:SecretString}}"
    assert RESOURCES["InstanceKey"]["Properties"]["GenerateSecretString"]["PasswordLength"] >= 32


def test_the_recorder_hears_of_this_stacks_executions() -> None:
    assert GLOBAL["VERIHOOK_STATE_MACHINE_PREFIX"] == MACHINES
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
