"""What differs between environments: examples, rollouts, keys and protection, as AWS makes them of the parameters."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml

from tests.project.shell import commands
from tests.project.template import DURABLE_FUNCTIONS, FUNCTIONS, MACHINE_ROLES, RESOURCES, ROOT, TEMPLATE, Loader
from tests.project.transformed import SHIFTED, rules_hold, stack

KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALARM = "RolloutFails"


def names(resources: dict[str, Any], kind: str) -> set[str]:
    return {name for name, each in resources.items() if each["Type"] == kind}


def test_without_the_examples_nothing_of_orders_is_deployed() -> None:
    invoices = {name: "given" for name in TEMPLATE["Parameters"] if name.startswith(("Invoice", "Confirmation"))}
    left = stack(WithExamples="no", **invoices)
    assert not [name for name in left if re.search("Order", name)]
    assert set() == names(left, "AWS::Serverless::StateMachine") | names(left, "AWS::StepFunctions::StateMachine")
    assert FUNCTIONS.keys() - DURABLE_FUNCTIONS.keys() - {"Entries"} == names(left, "AWS::Lambda::Function")
    # And with them all: what a stack has that says nothing.
    whole = stack(**invoices)
    assert DURABLE_FUNCTIONS.keys() <= names(whole, "AWS::Lambda::Function")
    assert MACHINE_ROLES.keys() == names(whole, "AWS::StepFunctions::StateMachine")


def test_all_at_once_needs_no_codedeploy() -> None:
    plain = stack()
    assert not [each for each in plain.values() if each["Type"].startswith("AWS::CodeDeploy")]
    assert ALARM not in plain


@pytest.mark.parametrize("alarm", ["", "of-ours"])
def test_a_rollout_by_shares_goes_back_on_its_alarms(alarm: str) -> None:
    resources = stack(Rollout=SHIFTED, RolloutAlarm=alarm)
    groups = names(resources, "AWS::CodeDeploy::DeploymentGroup")
    assert {"ReceiverDeploymentGroup", "ApiDeploymentGroup"} == groups
    for function in ("Receiver", "Api"):
        group = resources[f"{function}DeploymentGroup"]["Properties"]
        assert group["AutoRollbackConfiguration"]["Enabled"] is True
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        watched = [each["Name"] for each in group["AlarmConfiguration"]["Alarms"]]
        assert watched == [{"Ref": ALARM}, *([alarm] if alarm else [])]
        assert group["AlarmConfiguration"]["Enabled"] is True
        update = resources[f"{function}Aliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert update["DeploymentGroupName"] == {"Ref": f"{function}DeploymentGroup"}
    watch = resources[ALARM]["Properties"]
    by_id = {each["Id"]: each for each in watch["Metrics"]}
    summed = {id for id, each in by_id.items() if f"FILL({id}, 0)" in by_id["failures"]["Expression"]}
    assert summed == by_id.keys() - {"failures"} == {"receiver", "api", "unavailable"}
    assert (watch["Threshold"], watch["TreatMissingData"]) == (1, "notBreaching")


def test_without_alarms_there_is_nothing_of_them() -> None:
    assert {"Observability"} == stack(WithAlarms="yes").keys() - stack().keys()


def test_an_alarm_without_a_rollout_is_a_mistake() -> None:
    assert not rules_hold(RolloutAlarm="of-ours")
    assert rules_hold(RolloutAlarm="of-ours", Rollout=SHIFTED)


def test_a_key_of_ones_own_encrypts_all_that_is_kept_and_its_users_may_use_it() -> None:
    plain, own = stack(), stack(KeyArn=KEY, WithEntries="yes")
    assert KEY not in str(plain)
    assert "UsesKey" not in plain
    kept = {name: own[name]["Properties"] for name in ("Ledger", "Payloads", "InstanceKey", "SourceSecrets")}
    assert kept["Ledger"]["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}
    (rule,) = kept["Payloads"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    assert [KEY, KEY] == [kept[name]["KmsKeyId"] for name in ("InstanceKey", "SourceSecrets")]

    policy = own["UsesKey"]["Properties"]
    roles = {role["Ref"] for role in policy["Roles"]}
    # Entries has no right but to log.
    assert roles == {FUNCTIONS[name]["Role"].removesuffix(".Arn") for name in FUNCTIONS.keys() - {"Entries"}}
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Resource"] == KEY
    assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    services = [each["Fn::Sub"].partition(".")[0] for each in statement["Condition"]["StringEquals"]["kms:ViaService"]]
    assert services == ["dynamodb", "s3", "secretsmanager"]
    without = stack(KeyArn=KEY, WithExamples="no")["UsesKey"]["Properties"]["Roles"]
    assert not [role for role in without if "Order" in role["Ref"]]


@pytest.mark.parametrize(("choice", "protected"), [("yes", True), ("no", False)])
def test_the_table_is_protected_unless_the_operator_says_no(choice: str, protected: bool) -> None:
    assert stack(DeletionProtection=choice)["Ledger"]["Properties"]["DeletionProtectionEnabled"] is protected
    assert stack()["Ledger"]["Properties"]["DeletionProtectionEnabled"] is True


def test_every_log_has_its_retention_and_every_function_its_log() -> None:
    resources = stack(WithEntries="yes", LogRetentionDays="7")
    logs = names(resources, "AWS::Logs::LogGroup")
    assert {"7"} == {str(resources[name]["Properties"]["RetentionInDays"]) for name in logs}
    for name in names(resources, "AWS::Lambda::Function"):
        assert resources[name]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] in logs
    assert not [name for name, each in RESOURCES.items() if each["Type"] == "AWS::Serverless::Api"]


CONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))


def overrides(environment: str) -> dict[str, str]:
    """The parameters of an environment of samconfig.toml."""
    pairs = CONFIG[environment]["deploy"]["parameters"]["parameter_overrides"]
    return dict(pair.split("=", 1) for pair in pairs)


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_an_environment_has_its_stack_its_tags_and_parameters_that_the_template_takes(environment: str) -> None:
    config, given = CONFIG[environment], overrides(environment)
    assert config["global"]["parameters"]["stack_name"] == f"verihook-{environment}"
    assert f"environment={environment}" in config["deploy"]["parameters"]["tags"]
    # Only what no sender depends on changes without a question.
    assert config["deploy"]["parameters"]["confirm_changeset"] is (environment != "dev")
    assert given["Environment"] == environment
    for name, value in given.items():
        allowed = TEMPLATE["Parameters"][name]["AllowedValues"]
        assert value in [str(each) for each in allowed], name
    assert rules_hold(**given)


def test_the_deploy_roles_are_made_with_the_parameters_that_their_template_has() -> None:
    template = yaml.load((ROOT / "infra" / "deploy-role.yaml").read_text("utf-8"), Loader)
    page = ROOT / "docs" / "environments.md"
    (words,) = [each for each in commands(page, "sam") if "infra/deploy-role.yaml" in each]
    given = dict(word.split("=", 1) for word in words if re.match(r"[A-Z]\w+=", word))
    optional = {name for name, each in template["Parameters"].items() if "Default" in each}
    assert given.keys() == template["Parameters"].keys() - optional
    assert not {name for name in optional if f"`{name}" not in page.read_text("utf-8")}
    for name, value in given.items():
        parameter = template["Parameters"][name]
        assert value in parameter.get("AllowedValues", [value])
        assert re.fullmatch(parameter.get("AllowedPattern", ".*"), value)
    assert given["StackName"] == CONFIG["prod"]["global"]["parameters"]["stack_name"]
    for output in template["Outputs"]:
        assert f"`{output}`" in page.read_text("utf-8")


@pytest.mark.parametrize("unfit", ["DeletionProtection=no", "Rollout=AllAtOnce", "LogLevel=DEBUG"])
def test_prod_refuses_what_is_unfit_for_it(unfit: str) -> None:
    name, value = unfit.split("=")
    assert not rules_hold(**overrides("prod") | {name: value})
    assert rules_hold(**overrides("dev") | {name: value})


@pytest.mark.parametrize("tracing", ["no", "yes"])
def test_traces_are_sent_by_all_that_runs_or_by_nothing(tracing: str) -> None:
    made = stack(Tracing=tracing, WithEntries="yes")
    functions = [each["Properties"] for each in made.values() if each["Type"] == "AWS::Lambda::Function"]
    machines = [each["Properties"] for each in made.values() if each["Type"] == "AWS::StepFunctions::StateMachine"]
    assert (9, 2) == (len(functions), len(machines))
    on = tracing == "yes"
    assert {"Active" if on else "PassThrough"} == {each["TracingConfig"]["Mode"] for each in functions}
    assert {tracing} == {each["Environment"]["Variables"]["VERIHOOK_TRACING"] for each in functions}
    assert [{"Enabled": on}] * 2 == [each["TracingConfiguration"] for each in machines]
    for name, each in made.items():
        if each["Type"] == "AWS::IAM::Role":
            assert on == ("traces" in [policy["PolicyName"] for policy in each["Properties"]["Policies"]]), name
