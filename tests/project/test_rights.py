"""What template.yaml allows each role, against rights.py beside it: least privilege, nothing beyond the stack."""

from __future__ import annotations

import re

import pytest

from tests.project.rights import ALLOWED, MACHINE_LOGS, TASKS, TRACES
from tests.project.template import (
    FUNCTIONS,
    MACHINE_ROLES,
    PARAMETERS,
    RESOURCES,
    TEMPLATE,
    VERIFYING,
    WORKFLOWS,
    actions,
    entries,
    of_type,
    rights,
)
from verihook.adapters.ledgers import observation_item
from verihook.instances.api_keys import PARTITION as KEYS


def test_every_function_is_known() -> None:
    assert FUNCTIONS.keys() == ALLOWED.keys()


@pytest.mark.parametrize("name", ALLOWED)
def test_a_function_may_do_what_it_needs_and_nothing_else(name: str) -> None:
    logs = {"logs:CreateLogStream": f"{name}Logs.Arn", "logs:PutLogEvents": f"{name}Logs.Arn"}
    role = FUNCTIONS[name]["Role"].removesuffix(".Arn")
    assert role == f"{name}Role"
    assert "ManagedPolicyArns" not in RESOURCES[role]["Properties"]
    assert rights(role) == {**ALLOWED[name], **logs, **TRACES}


@pytest.mark.parametrize("name", TASKS)
def test_a_state_machine_may_do_what_its_tasks_need_and_nothing_else(name: str) -> None:
    assert MACHINE_ROLES.keys() == TASKS.keys()
    assert MACHINE_ROLES[name] == f"{name}Role.Arn"
    assert rights(f"{name}Role") == {**TASKS[name], **MACHINE_LOGS, **TRACES}


def test_no_right_reaches_beyond_this_stack() -> None:
    for role in of_type("AWS::IAM::Role"):
        for condition, statement in entries(role):
            assert not any("*" in action for action in actions(statement)), role
            resource = statement["Resource"]
            ours = (
                "${AWS::StackName}_" in resource
                or resource.partition("/")[0].strip("${}").partition(".")[0] in RESOURCES
            )
            named = resource in TEMPLATE["Parameters"] or resource == PARAMETERS
            assert ours or named or (set(actions(statement)) <= {*MACHINE_LOGS, *TRACES}), (role, resource)
            if named and role != "ProcessOrderRole":
                assert condition, (role, resource)


@pytest.mark.parametrize("name", ALLOWED)
def test_who_has_the_table_has_the_rows_that_it_needs(name: str) -> None:
    for _, statement in entries(f"{name}Role"):
        if statement["Resource"] == "Ledger.Arn":
            (keys,) = statement["Condition"]["ForAllValues:StringLike"].values()
            kinds = ("instance#*", "document#", "label#*", "bucket#*", "line#*", observation_item.partition("*"))
            assert all(key.startswith(kinds) for key in keys)


@pytest.mark.parametrize("name", sorted({*ALLOWED} - {"Api"}))
def test_the_api_alone_reaches_the_keys(name: str) -> None:
    granted = [
        prefix.rstrip("*")
        for _, statement in entries(f"{name}Role")
        for prefix in statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
    ]
    assert not [prefix for prefix in granted if f"document#{KEYS}".startswith(prefix)]


@pytest.mark.parametrize("name", VERIFYING)
def test_a_store_is_read_only_where_the_operator_names_it(name: str) -> None:
    conditions = TEMPLATE["Conditions"]
    assert [[["", "SecretArns"], ""]] == conditions["ReadsSecrets"]
    assert [["SsmPath", ""]] == conditions["ReadsParameters"]
    assert [[["", "SecretKeyArns"], ""]] == conditions["DecryptsSecrets"]
    assert {""} == {TEMPLATE["Parameters"][key]["Default"] for key in ("SecretArns", "SsmPath", "SecretKeyArns")}
    (decrypt,) = [statement for condition, statement in entries(f"{name}Role") if condition == "DecryptsSecrets"]
    services = [f"{service}.${{AWS::Region}}.${{AWS::URLSuffix}}" for service in ("secretsmanager", "ssm")]
    assert {"StringEquals": {"kms:ViaService": services}} == decrypt["Condition"]


def test_the_receiver_may_write_the_secret_of_the_source_that_pairs_and_no_other() -> None:
    parameter = TEMPLATE["Parameters"]["PairingSecretArn"]
    assert "" == parameter["Default"]
    assert [["PairingSecretArn", ""]] == TEMPLATE["Conditions"]["Pairs"]
    writes = [
        (role, condition, statement["Resource"])
        for role in of_type("AWS::IAM::Role")
        for condition, statement in entries(role)
        for action in actions(statement)
        if action.startswith("secretsmanager:") and action != "secretsmanager:GetSecretValue"
        if action != "secretsmanager:DescribeSecret"
    ]
    assert [("ReceiverRole", "Pairs", "PairingSecretArn")] == writes
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:verihook/asana-AbCdEf"
    for given, good in (("", True), (arn, True), (f"{arn}*", False), ("*", False), ("verihook/asana", False)):
        assert good == bool(re.fullmatch(parameter["AllowedPattern"], given))


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_secret_of_a_connection_is_read_only_where_the_operator_names_it(name: str) -> None:
    conditions = TEMPLATE["Conditions"]
    assert [[["", "ConnectionSecretArns"], ""]] == conditions["ReadsConnections"]
    assert ["ReadsConnections", "DecryptsSecrets"] == conditions["DecryptsConnections"]
    assert "" == TEMPLATE["Parameters"]["ConnectionSecretArns"]["Default"]
    (decrypt,) = [statement for condition, statement in entries(f"{name}Role") if condition == "DecryptsConnections"]
    through = "secretsmanager.${AWS::Region}.${AWS::URLSuffix}"
    assert {"StringEquals": {"kms:ViaService": through}} == decrypt["Condition"]


@pytest.mark.parametrize(
    ("path", "good"),
    [("", True), ("/verihook/stripe", True), ("/verihook/*", True), ("/*", False), ("*", False), ("/a*", False)],
)
def test_a_path_of_parameters_is_never_the_whole_store(path: str, good: bool) -> None:
    assert good == bool(re.fullmatch(TEMPLATE["Parameters"]["SsmPath"]["AllowedPattern"], path))
