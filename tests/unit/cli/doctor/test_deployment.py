"""``verihook doctor --stack``: each planted misconfiguration is named with its mend, and a clean stack has none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from tests.deployed.stack import NAME
from tests.project.template import ROOT
from tests.unit.cli.doctor.account import WEBHOOKS, Account, an_account
from verihook.adapters.clock import SystemClock
from verihook.cli.doctor.asking import Asking
from verihook.cli.doctor.deployment import deployment
from verihook.cli.doctor.findings import Finding
from verihook.cli.doctor.outside import Answer
from verihook.config import load_hooks
from verihook.errors import ConfigurationError

SHIPPED = ROOT / "handler" / "hooks.toml"


@pytest.fixture
def account() -> Iterator[Account]:
    with an_account(SHIPPED) as made:
        yield made


def found(account: Account, hooks: Path = SHIPPED, name: str = NAME) -> list[Finding]:
    asking = Asking(account.client_of)
    return list(deployment(name, load_hooks(hooks), asking, account.get, account.fetch, SystemClock().now_ms()))


def table(account: Account) -> str:
    return account.stack.name("Ledger")


def without_index(account: Account) -> None:
    update: Any = [{"Delete": {"IndexName": "status"}}]
    account.of("dynamodb").update_table(TableName=table(account), GlobalSecondaryIndexUpdates=update)


def without_time_to_live(account: Account) -> None:
    off: Any = {"AttributeName": "expiresAt", "Enabled": False}
    account.of("dynamodb").update_time_to_live(TableName=table(account), TimeToLiveSpecification=off)


def without_stream(account: Account) -> None:
    account.of("dynamodb").update_table(TableName=table(account), StreamSpecification={"StreamEnabled": False})


def unprotected(account: Account) -> None:
    account.of("dynamodb").update_table(TableName=table(account), DeletionProtectionEnabled=False)


def without_recovery(account: Account) -> None:
    off: Any = {"PointInTimeRecoveryEnabled": False}
    account.of("dynamodb").update_continuous_backups(TableName=table(account), PointInTimeRecoverySpecification=off)


def stream_is_off(account: Account) -> None:
    (mapping,) = account.of("lambda").list_event_source_mappings()["EventSourceMappings"]
    account.of("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)


def schedule_is_off(account: Account) -> None:
    account.of("events").disable_rule(Name=f"{NAME}-ReconcilerEveryMinute")


def rule_without_target(account: Account) -> None:
    account.of("events").remove_targets(Rule=f"{NAME}-RecorderExecutionStatus", Ids=["1"])


def without_machine(account: Account) -> None:
    (arn,) = [
        each["stateMachineArn"]
        for each in account.of("stepfunctions").list_state_machines()["stateMachines"]
        if each["name"].endswith("order-review")
    ]
    account.of("stepfunctions").delete_state_machine(stateMachineArn=arn)


def without_alias(account: Account) -> None:
    account.of("lambda").delete_alias(FunctionName=f"{NAME}_order-approval", Name="live")


def without_function(account: Account) -> None:
    account.of("lambda").delete_function(FunctionName=account.stack.name("Recorder"))


def stopped(account: Account) -> None:
    account.of("lambda").put_function_concurrency(
        FunctionName=account.stack.name("Receiver"), ReservedConcurrentExecutions=0
    )


def other_table(account: Account) -> None:
    name = account.stack.name("Worker")
    variables = account.of("lambda").get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    variables["VERIHOOK_TABLE"] = "of-yesterday"
    account.of("lambda").update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def put(account: Account, name: str, value: object) -> None:
    secrets = account.of("secretsmanager")
    content = json.loads(secrets.get_secret_value(SecretId="SourceSecrets")["SecretString"])
    content[name] = value
    secrets.put_secret_value(SecretId="SourceSecrets", SecretString=json.dumps({k: v for k, v in content.items() if v}))


def key_marked_for_deletion(account: Account) -> None:
    account.of("secretsmanager").delete_secret(SecretId="InstanceKey", RecoveryWindowInDays=7)


def without_right(account: Account) -> None:
    role = account.stack.name("ReceiverRole")
    document = account.of("iam").get_role_policy(RoleName=role, PolicyName="all")["PolicyDocument"]
    statements = [each for each in document["Statement"] if "states:StartExecution" not in each["Action"]]
    account.of("iam").put_role_policy(
        RoleName=role, PolicyName="all", PolicyDocument=json.dumps({**document, "Statement": statements})
    )


def dead_letter(account: Account) -> None:
    account.of("sqs").send_message(
        QueueUrl=account.of("sqs").get_queue_url(QueueName="dead")["QueueUrl"], MessageBody="x"
    )


def throttled(account: Account) -> None:
    metric(account, "Throttles", "Receiver", 7)


def metric(account: Account, name: str, function: str, value: float) -> None:
    dimensions = [{"Name": "FunctionName", "Value": account.stack.name(function)}] if function else []
    account.of("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": name,
                "Dimensions": dimensions,
                "Value": value,
                "Timestamp": datetime.now(UTC) - timedelta(minutes=3),
            }
        ],
    )


def kept_for_ever(account: Account) -> None:
    account.of("logs").delete_retention_policy(logGroupName=account.stack.name("ReceiverLogs"))


def parameter(name: str, value: str) -> Callable[[Account], None]:
    return lambda account: account.parameters.__setitem__(name, value)


def answers(path: str, answer: Answer) -> Callable[[Account], None]:
    return lambda account: account.answers.__setitem__(f"{WEBHOOKS}{path}", answer)


#: What is planted -> (severity, check, subject, of what is said, of the mend).
PLANTED: dict[str, tuple[Callable[[Account], None], tuple[str, str, str, str, str]]] = {
    "an index is missing": (
        without_index,
        ("fault", "table", "", "no index status", "verihook upgrade --stack verihook"),
    ),
    "rows do not expire": (without_time_to_live, ("fault", "table", "", "expiresAt", "upgrade")),
    "no stream": (without_stream, ("fault", "table", "", "NEW_IMAGE", "upgrade")),
    "no protection": (unprotected, ("warning", "table", "", "deletion protection", "DeletionProtection=yes")),
    "no recovery": (without_recovery, ("warning", "table", "", "point-in-time", "deploy")),
    "the stream invokes nobody": (
        stream_is_off,
        ("fault", "streams", "Worker", "stay queued", "update-event-source-mapping"),
    ),
    "no schedule": (schedule_is_off, ("fault", "rules", "ReconcilerEveryMinute", "disabled", "enable-rule")),
    "a rule without target": (rule_without_target, ("fault", "rules", "RecorderExecutionStatus", "nothing", "deploy")),
    "no state machine": (
        without_machine,
        ("fault", "engines", "order-review", "verihook_order-review", "template.yaml"),
    ),
    "no alias": (without_alias, ("fault", "engines", "order-approval", "alias live", "template.yaml")),
    "no function": (without_function, ("fault", "functions", "Recorder", "no function", "deploy")),
    "the receiver is stopped": (stopped, ("fault", "functions", "Receiver", "is 0", "delete-function-concurrency")),
    "another table": (other_table, ("fault", "functions", "Worker", "of-yesterday", "deploy")),
    "a secret is missing": (
        lambda account: put(account, "GITHUB_WEBHOOK_SECRET", ""),
        ("fault", "secrets", "github", "not set", "verihook secrets put GITHUB_WEBHOOK_SECRET --stack verihook"),
    ),
    "a secret cannot be used": (
        lambda account: put(account, "STANDARD_WEBHOOK_SECRET", "whsec_!"),
        ("fault", "secrets", "standard", "base64", "verihook secrets put"),
    ),
    "the key goes": (key_marked_for_deletion, ("fault", "secrets", "InstanceKey", "deletion", "restore-secret")),
    "a right is missing": (without_right, ("fault", "permissions", "Receiver", "states:StartExecution", "deploy")),
    "dead letters": (dead_letter, ("fault", "load", "DeadLetters", "1 events", "each message")),
    "throttled": (throttled, ("fault", "load", "Receiver", "7 times", "ReceiverConcurrency")),
    "near the quota": (
        lambda account: metric(account, "ConcurrentExecutions", "", 900),
        ("warning", "load", "account", "900 of the account's 1000", "Service Quotas"),
    ),
    "logs for ever": (kept_for_ever, ("warning", "logs", "ReceiverLogs", "for ever", "LogRetentionDays")),
    "payloads go first": (
        parameter("PayloadDays", "733"),
        ("warning", "drift", "PayloadDays", "733", "PayloadDays=822"),
    ),
    "a queue of no source": (
        parameter("FeedQueueArn", "arn:aws:sqs:us-east-1:123456789012:q"),
        ("fault", "drift", "FeedQueueArn", "no source", "empty"),
    ),
    "may still write a secret": (
        parameter("PairingSecretArn", "arn:aws:secretsmanager:us-east-1:123456789012:secret:a"),
        ("warning", "drift", "PairingSecretArn", "no source is pairing", "empty"),
    ),
    "half a deployment": (
        lambda account: setattr(account, "status", "UPDATE_ROLLBACK_FAILED"),
        ("fault", "stack", "verihook", "UPDATE_ROLLBACK_FAILED", "events"),
    ),
    "the URL is down": (
        answers("hooks/github", Answer(503)),
        ("fault", "url", "github", "503", "log"),
    ),
    "a source is not deployed": (answers("hooks/slack", Answer(404)), ("fault", "url", "slack", "404", "deploy")),
    "a firewall": (answers("hooks/stripe", Answer(403)), ("fault", "url", "stripe", "403", "WAF")),
    "the clock is wrong": (
        answers("hooks/orders", Answer(405, {"date": formatdate(SystemClock().now_ms() / 1000 + 86_400, usegmt=True)})),
        ("warning", "clock", WEBHOOKS, "behind", "NTP"),
    ),
}


def test_a_clean_stack_has_nothing(account: Account) -> None:
    assert [] == found(account)


#: Planted after the others, as it would hide one of them.
LAST = ("no stream",)


@pytest.mark.parametrize("names", [[name for name in PLANTED if name not in LAST], LAST], ids=["most", "last"])
def test_what_is_planted_is_named_with_its_mend(account: Account, names: list[str]) -> None:
    for name in names:
        PLANTED[name][0](account)
    seen = found(account)
    expected = set()
    for name in names:
        severity, check, subject, what, mend = PLANTED[name][1]
        named = [
            each
            for each in seen
            if (each.severity, each.check) == (severity, check) and subject in each.subject
            if what in each.what and mend in each.mend
        ]
        assert named, (name, seen)
        expected |= {*named}
    # And nothing that was not planted.
    assert not {*seen} - expected


def test_a_hooks_toml_that_is_not_the_deployed_one_is_told_by_its_tables(account: Account, tmp_path: Path) -> None:
    changed = tmp_path / "hooks.toml"
    changed.write_text(SHIPPED.read_text("utf-8").replace('types = ["push", ', 'types = ["ping", "push", '))
    (tmp_path / "workflows").symlink_to(SHIPPED.parent / "workflows")
    (one,) = found(account, changed)
    assert ("warning", "drift", "sources.github") == (one.severity, one.check, one.subject)


def test_what_may_not_be_asked_is_said_and_ends_nothing(account: Account) -> None:
    account.denied = {
        "dynamodb:describe_time_to_live",
        "iam:simulate_principal_policy",
        "secretsmanager:get_secret_value",
        "sqs:get_queue_attributes",
    }
    seen = found(account)
    assert {"untried"} == {each.severity for each in seen}
    told = " ".join(each.mend for each in seen)
    for action in ("dynamodb:DescribeTimeToLive", "iam:SimulatePrincipalPolicy", "sqs:GetQueueAttributes"):
        assert action in told
    assert "secretsmanager:GetSecretValue" in told


def test_a_stack_that_is_not_there_is_wrong_use(account: Account) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        found(account, name="other")


def test_a_stack_of_another_product_is_told_once(account: Account) -> None:
    account.gone = {"Ledger", "InstanceKey", "SourceSecrets"}
    seen = found(account)
    assert {"it has no Ledger", "it has no InstanceKey", "it has no SourceSecrets"} <= {each.what for each in seen}


def test_no_text_shows_a_secret(account: Account) -> None:
    put(account, "STANDARD_WEBHOOK_SECRET", "whsec_hidden!")
    assert "hidden" not in str(found(account))
