"""A source over a real store client while its secret is rotated, the store is down, or strangers knock."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.test_secrets import Wire, manager, stage, wire
from verihook.adapters.clock import SystemClock
from verihook.adapters.engines.stepfunctions import StepFunctionsEngine
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.adapters.secrets.parameter_store import ParameterStoreSecrets
from verihook.adapters.secrets.secrets_manager import SecretsManagerSecrets
from verihook.adapters.secrets.stores import StoresByKind
from verihook.adapters.telemetry.console import ConsoleTelemetry
from verihook.bootstrap import AWS_PACE, assemble
from verihook.config import load_hooks
from verihook.errors import SecretsUnavailable, SignatureError
from verihook.model.ports import RotatingSecrets, Services
from verihook.request import Request
from verihook.senders import load_sender
from verihook.webhooks.keyring import REFRESH_S, RETRY_S
from verihook.webhooks.receive import receive

__all__ = ["manager", "wire"]

NOW = 1_800_000_000

HOOKS = """
[sources.a]
sender = "generic"
secrets = ["secretsmanager:s"]
workflow = "w"
[sources.b]
sender = "generic"
secrets = ["secretsmanager:s", { ref = "env:OLD", until = 2027-01-15T08:00:02Z }]
workflow = "w"
[sources.c]
sender = "generic"
secrets = ["ssm:/c"]
workflow = "w"
[workflows.w]
engine = "stepfunctions"
definition = "w"
"""


class Clock(SystemClock):
    """Set by hand."""

    seconds = NOW

    def now_ms(self) -> int:
        return self.seconds * 1000

    def now(self) -> float:
        return self.seconds


class Deployment:
    """The receiver over stores, the ledger and moto's Step Functions."""

    def __init__(self, services: Services, wire: Wire, log: io.StringIO, clock: Clock) -> None:
        self.clock = clock
        self.services, self.wire, self.log = replace(services, clock=self.clock), wire, log

    def post(self, secret: str, event: str = "1", source: str = "a") -> tuple[int, dict[str, Any]]:
        reply = receive(delivery(secret, event, source), self.services)
        return reply.status, json.loads(reply.body)

    def verified_by(self, secret: str, source: str = "a") -> str:
        return self.services.verify[source](delivery(secret, "1", source), self.clock.seconds).verified_by

    def calls(self) -> int:
        """How many calls to a store since this was last asked."""
        made = len(self.wire.calls)
        self.wire.calls.clear()
        return made


def delivery(secret: str, event: str = "1", source: str = "a") -> Request:
    body = json.dumps({"id": event}).encode()
    unsigned = Request("POST", f"/hooks/{source}", "", (), body, "r")
    return load_sender("generic").scheme.sign(secret, unsigned, message_id=event, now=NOW)


def refusal(deployment: Deployment, secret: str, *, seconds: int = 0, source: str = "a") -> str:
    deployment.clock.seconds += seconds
    with pytest.raises(SignatureError) as refused:
        deployment.verified_by(secret, source)
    return refused.value.reason


@pytest.fixture
def deployment(tmp_path: Path, manager: Any, wire: Wire) -> Iterator[Deployment]:
    (tmp_path / "hooks.toml").write_text(HOOKS)
    ssm = wire.client("ssm")
    ssm.put_parameter(Name="/c", Value="c1", Type="SecureString")
    engine = Wire().client("stepfunctions")
    machine = engine.create_state_machine(
        name="w",
        definition='{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}',
        roleArn="arn:aws:iam::123456789012:role/w",
    )
    at_hand = EnvironmentSecrets({"OLD": "old"}, tmp_path)
    clock = Clock()
    secrets: RotatingSecrets = StoresByKind(
        {
            "env": lambda: at_hand,
            "secretsmanager": lambda: SecretsManagerSecrets(manager, clock.now),
            "ssm": lambda: ParameterStoreSecrets(ssm, clock.now),
        }
    )
    wire.calls.clear()
    log = io.StringIO()
    file = SqliteFile(tmp_path / "ledger.db")
    services = assemble(
        load_hooks(tmp_path / "hooks.toml"),
        secrets,
        SqliteLedger(file),
        SqliteDocuments(file),
        ConsoleTelemetry(log),
        engines={"stepfunctions": StepFunctionsEngine(engine, machine["stateMachineArn"].removesuffix("w"))},
        payloads=None,
        caller=None,
        instance_key=b"k" * 32,
        pace=AWS_PACE,
    )
    yield Deployment(services, wire, log, clock)
    file.close()


def test_a_rotation_in_the_middle_of_redeliveries(deployment: Deployment, manager: Any) -> None:
    """The order of AWS: create (AWSPENDING), give it to the sender, finish (AWSCURRENT). No delivery is refused."""
    assert 0 == deployment.calls()  # nothing is asked before the first delivery
    ids = {event: deployment.post("first", event)[1]["instanceId"] for event in ("1", "2", "3")}
    assert "current" == deployment.verified_by("first")

    pending = stage(manager, "second", "AWSPENDING")
    deployment.clock.seconds += REFRESH_S  # a fetch in the last minute may have been spent on a forgery
    # The sender signs with either for a while, and redelivers what it sent before.
    for event, secret in (("1", "second"), ("2", "first"), ("4", "second")):
        status, body = deployment.post(secret, event)
        assert (200, event in ids) == (status, body["duplicate"])
        assert ids.setdefault(event, body["instanceId"]) == body["instanceId"]
    assert ["current", "current"] == [deployment.verified_by(secret) for secret in ("first", "second")]

    first = manager.get_secret_value(SecretId="s")["VersionId"]
    manager.update_secret_version_stage(
        SecretId="s", VersionStage="AWSCURRENT", MoveToVersionId=pending, RemoveFromVersionId=first
    )
    assert "signature-mismatch" == refusal(deployment, "guess", seconds=REFRESH_S)  # brings the news
    assert ["current", "previous"] == [deployment.verified_by(secret) for secret in ("second", "first")]
    for event, secret in (("1", "second"), ("3", "first"), ("4", "first")):
        status, body = deployment.post(secret, event)
        assert (200, ids[event]) == (status, body["instanceId"])


def test_a_secret_that_is_simply_replaced(deployment: Deployment, manager: Any) -> None:
    """No AWSPENDING: the delivery that needs the new secret is what fetches it."""
    assert 200 == deployment.post("first")[0]
    stage(manager, "second", "AWSCURRENT")
    deployment.clock.seconds += REFRESH_S
    assert 200 == deployment.post("second", "2")[0]
    assert ["previous", "current"] == [deployment.verified_by(secret) for secret in ("first", "second")]
    stage(manager, "third", "AWSCURRENT")
    assert "signature-mismatch" == refusal(deployment, "guess", seconds=REFRESH_S)
    assert "signature-mismatch" == refusal(deployment, "first")  # two rotations ago


def test_a_parameter_that_is_replaced(deployment: Deployment) -> None:
    assert "current" == deployment.verified_by("c1", "c")
    deployment.wire.client("ssm").put_parameter(Name="/c", Value="c2", Overwrite=True)
    deployment.clock.seconds += REFRESH_S
    assert "current" == deployment.verified_by("c2", "c")
    assert "signature-mismatch" == refusal(deployment, "c1", source="c")


@pytest.mark.parametrize(("source", "calls"), [("a", 3), ("c", 1)])
def test_a_flood_of_forgeries_fetches_once_a_minute(deployment: Deployment, source: str, calls: int) -> None:
    """A fetch is a call for each stage of Secrets Manager, and one of Parameter Store."""
    made = []
    for _ in range(3):
        for _ in range(REFRESH_S):
            assert 401 == deployment.post("guess", source=source)[0]
            deployment.clock.seconds += 1
        made.append(deployment.calls())
    assert [calls, calls, calls] == made
    # And no genuine sender is kept out by it, nor costs anything.
    assert "current" == deployment.verified_by("first" if source == "a" else "c1", source)


def test_the_good_path_calls_nothing_while_the_cache_is_fresh(deployment: Deployment) -> None:
    assert 200 == deployment.post("first", "0")[0]
    assert 3 == deployment.calls()
    for event in range(1, 5):
        deployment.clock.seconds += REFRESH_S
        assert 200 == deployment.post("first", str(event))[0]
    assert 0 == deployment.calls()


@pytest.mark.parametrize("trouble", ["ThrottlingException", "InternalServiceError"])
def test_an_outage(deployment: Deployment, trouble: str) -> None:
    deployment.wire.trouble = trouble
    status, body = deployment.post("first")
    assert (503, "secrets-unavailable") == (status, body["code"])
    assert "! secrets of a: secretsmanager:s: SecretsUnavailable" in deployment.log.getvalue()
    for _ in range(RETRY_S - 1):
        deployment.clock.seconds += 1
        assert 503 == deployment.post("first")[0]
    assert 1 == deployment.calls()  # no more than one try until Retry-After is over
    deployment.wire.trouble = ""
    deployment.clock.seconds += 1
    assert 200 == deployment.post("first")[0]

    # What is known goes on, for as long as the store is away; what does not match may be our own fault.
    deployment.wire.trouble = trouble
    for _ in range(10):
        deployment.clock.seconds += REFRESH_S
        assert 503 == deployment.post("second")[0]
        assert 200 == deployment.post("first")[0]
    deployment.wire.trouble = ""
    deployment.clock.seconds += REFRESH_S
    assert 401 == deployment.post("second")[0]


def test_an_outage_of_the_newest_leaves_the_older_ones(deployment: Deployment) -> None:
    deployment.wire.trouble = "ThrottlingException"
    assert "previous" == deployment.verified_by("old", "b")
    with pytest.raises(SecretsUnavailable):
        deployment.verified_by("first", "b")
    deployment.wire.trouble = ""
    with pytest.raises(SecretsUnavailable):
        deployment.verified_by("first", "b")  # not asked again within the minute


def test_the_end_of_an_old_secret_beside_a_store(deployment: Deployment) -> None:
    assert "previous" == deployment.verified_by("old", "b")
    deployment.clock.seconds += 1
    assert "previous" == deployment.verified_by("old", "b")
    assert "signature-mismatch" == refusal(deployment, "old", seconds=1, source="b")
    assert "current" == deployment.verified_by("first", "b")


def test_a_secret_that_is_deleted_verifies_no_more(deployment: Deployment, manager: Any) -> None:
    assert 200 == deployment.post("first")[0]
    manager.delete_secret(SecretId="s")
    deployment.clock.seconds += REFRESH_S
    assert 503 == deployment.post("guess", "2")[0]
    assert 503 == deployment.post("first", "2")[0]
    manager.restore_secret(SecretId="s")
    deployment.clock.seconds += RETRY_S
    assert 200 == deployment.post("first", "2")[0]
