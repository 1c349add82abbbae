"""The doctor at a stack with a domain, with secrets of the operator's, with alarms, and with engines that fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.deployed.stack import ACCOUNT, NAME, REGION
from tests.unit.cli.doctor.account import Account, an_account
from tests.unit.cli.doctor.test_deployment import SHIPPED, found
from verihook.cli.doctor.drift_of_fronts import fronts
from verihook.cli.doctor.outside import Answer
from verihook.cli.doctor.stack import Stack, public_base
from verihook.config import Hooks, load_hooks

HOOKS = """
[routes]
"hooks.example.com/github" = "code"
"old.example.com/github" = "code"
[sources.code]
sender = "github"
secrets = ["env:S"]
workflow = "w"
[sources.bank]
sender = "generic"
secrets = ["env:S"]
workflow = "w"
client_certificates = ["CN=bank"]
[workflows.w]
engine = "function"
definition = "w"
"""


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with an_account(SHIPPED) as made:
        yield made


@pytest.fixture
def hooks(tmp_path: Path) -> Hooks:
    (tmp_path / "hooks.toml").write_text(HOOKS)
    return load_hooks(tmp_path / "hooks.toml")


def of(**parameters: str) -> Stack:
    return Stack(NAME, "arn:aws:cloudformation:r:1:stack/v/0", "", parameters, {"WebhookUrl": "https://f.example/"}, {})


def said(hooks: Hooks, **parameters: str) -> list[str]:
    return [f"{each.severity} {each.subject}: {each.what}; {each.mend}" for each in fronts(of(**parameters), hooks)]


def test_the_urls_are_asked_at_the_domain_which_is_the_only_way_in(account: Account) -> None:
    before = dict(account.parameters)
    account.parameters |= {"DomainNames": "hooks.example.com,pay.example.com", "BasePath": "/payments"}
    # Past the front everything is 403.
    account.answers |= {f"https://receiver.example/hooks/{name}": Answer(403) for name in load_hooks(SHIPPED).sources}
    account.answers["https://hooks.example.com/payments/hooks/github"] = Answer(404)
    (one,) = found(account)
    assert ("fault", "url", "github") == (one.severity, one.check, one.subject)
    account.parameters, account.answers = before, {}
    assert ["https://f.example/", "https://a.example.com/"] == [
        public_base(each) for each in (of(DomainNames=""), of(DomainNames="a.example.com, b.example.com"))
    ]


def test_a_route_and_a_certificate_need_a_domain_that_has_them(hooks: Hooks) -> None:
    names = {"DomainNames": "hooks.example.com"}
    route, certificate = said(hooks, **names)
    assert "fault DomainNames: the route old.example.com/github of code" in route
    assert "deploy with old.example.com in DomainNames" in route
    assert "bank wants a certificate of its callers, and the domain asks for none" in certificate
    both = {"DomainNames": "hooks.example.com,OLD.example.com"}
    assert [] == said(hooks, **both, DomainClientCertificates="required")
    # What names ask for that were in API Gateway before, the stack does not know.
    assert [] == said(hooks, **both, DomainFront="http-api")
    assert 1 == len(said(hooks, **both, DomainFront="http-api", DomainZoneId="Z1"))
    assert [] == said(hooks)


def test_an_alarm_watches_what_there_is(hooks: Hooks) -> None:
    watched = {"AlarmSources": "code:6,gone", "AlarmWorkflows": "w"}
    (one,) = said(hooks, **watched, WithAlarms="yes")
    assert "warning AlarmSources: gone is watched" in one
    assert [] == said(hooks, **watched, WithAlarms="no")


def test_a_secret_by_its_name_is_simulated_by_the_arn_that_it_has(account: Account, tmp_path: Path) -> None:
    secrets = account.of("secretsmanager")
    arn = secrets.create_secret(Name="shop/github", SecretString="a secret of some length")["ARN"]
    changed = tmp_path / "hooks.toml"
    reference = '"env:GITHUB_WEBHOOK_SECRET"'
    changed.write_text(SHIPPED.read_text("utf-8").replace(reference, '"secretsmanager:shop/github"'))
    (tmp_path / "workflows").symlink_to(SHIPPED.parent / "workflows")
    (tmp_path.parent / "infra").symlink_to(SHIPPED.parents[1] / "infra")

    def refused() -> list[str]:
        return [each.subject for each in found(account, changed) if each.check == "permissions"]

    assert ["Receiver", "Api"] == refused()
    iam = account.of("iam")
    for name in ("Receiver", "Api"):
        role = account.stack.name(f"{name}Role")
        document = iam.get_role_policy(RoleName=role, PolicyName="all")["PolicyDocument"]
        # As the template has it of SecretArns: the whole ARN.
        document["Statement"].append({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn})
        iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=json.dumps(document))
    assert [] == refused()
    account.denied = {"secretsmanager:describe_secret"}
    denied = [each for each in found(account, changed) if each.check == "permissions"]
    account.denied = set()
    assert {("untried", "shop/github")} == {(each.severity, each.subject) for each in denied}
    assert "secretsmanager:DescribeSecret" in denied[0].mend


def test_slow_state_machines_are_told(account: Account) -> None:
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{NAME}_order-created"
    # A metric comes late.
    at = datetime.now(UTC) - timedelta(minutes=3)
    told = {"Dimensions": [{"Name": "StateMachineArn", "Value": arn}], "Value": 9, "Timestamp": at}
    account.of("cloudwatch").put_metric_data(
        Namespace="AWS/States", MetricData=[{"MetricName": "ExecutionThrottled", **told}]
    )
    (one,) = [each for each in found(account) if each.check == "load"]
    assert ("warning", "order-created", True) == (one.severity, one.subject, "slowed 9 state" in one.what)
