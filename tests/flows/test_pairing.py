"""Asana and Notion bring their secret to a deployment whose receiver has the rights of template.yaml."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.deployed.gateway import SESSION, Gateway
from tests.deployed.iam import Call, Role
from tests.flows.conftest import AwsFace
from tests.flows.faces import Answer
from tests.flows.secret_store import INSTANCE_KEY_ARN, SECRETS_ARN
from tests.project.template import actions, entries
from verihook import bootstrap, main

BROUGHT = "a" * 64
STRANGERS = "f" * 64
TOKEN = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"
HEARTBEAT = b'{"events":[]}'

_SOURCE = """
[sources.{name}]
sender = "{name}"
secrets = ["secretsmanager:{arn}#secret"]
workflow = "any"
parameters = {{ {pairing} }}
"""
_WORKFLOW = """
[workflows.any]
engine = "stepfunctions"
definition = "order-created"
"""
_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"


class Pairing:
    """Two sources that say that they are pairing, and one environment after the other."""

    def __init__(self, face: AwsFace, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.face, self._folder, self._patch = face, folder, patch
        self.arns = {
            name: face.secrets.call("CreateSecret", Name=f"pairs/{name}", SecretString="{}")["ARN"]
            for name in ("asana", "notion")
        }
        self._stack = ExitStack()
        self.gateway: Gateway

    def start(self, pairing_secret: str, *, says_so: bool = True) -> None:
        """A fresh environment of a deployment with this PairingSecretArn."""
        text = _WORKFLOW
        for name, arn in self.arns.items():
            text += _SOURCE.format(
                name=name, arn=arn, pairing=f'pairing = "secretsmanager:{arn}#secret"' if says_so else ""
            )
        (self._folder / "hooks.toml").write_text(text)
        self.gateway = self._stack.enter_context(
            Gateway(self._role(pairing_secret), {"secretsmanager": self.face.secrets.url})
        )
        self._patch.setenv("VERIHOOK_HOOKS", str(self._folder / "hooks.toml"))
        self._patch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", self.gateway.url)
        self._patch.setenv("AWS_SESSION_TOKEN", SESSION)
        bootstrap.renew_connections()
        main.services.cache_clear()

    def _role(self, pairing_secret: str) -> Role:
        """What the receiver's role says of secrets, with these parameters."""
        given: dict[str, str | list[str]] = {
            "InstanceKey": f"{_ARN}{INSTANCE_KEY_ARN}",
            "SourceSecrets": f"{_ARN}{SECRETS_ARN}",
            "SecretArns": [*self.arns.values()],
            "PairingSecretArn": pairing_secret,
            # That of a front, which this deployment does not have.
            "OriginSecret": f"{_ARN}origin",
        }
        return Role(
            [
                {"Effect": "Allow", "Action": actions(statement), "Resource": given[statement["Resource"]]}
                for condition, statement in entries("ReceiverRole")
                if any(action.startswith("secretsmanager:") for action in actions(statement))
                if condition != "Pairs" or pairing_secret
            ]
        )

    def post(self, source: str, body: bytes, **headers: str) -> Answer:
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        return self.face.send("POST", f"/hooks/{source}", [("content-type", "application/json"), *named], body)

    def bring(self, secret: str) -> Answer:
        return self.post("asana", b"{}", x_hook_secret=secret)

    def beat(self, secret: str) -> Answer:
        return self.post("asana", HEARTBEAT, x_hook_signature=mac(HEARTBEAT, secret))

    def holds(self, name: str) -> object:
        return json.loads(self.face.secrets.call("GetSecretValue", SecretId=self.arns[name])["SecretString"])

    def close(self) -> None:
        for arn in self.arns.values():
            self.face.secrets.call("DeleteSecret", SecretId=arn, ForceDeleteWithoutRecovery=True)
        self._stack.close()
        bootstrap.renew_connections()
        main.services.cache_clear()


def mac(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.fixture
def pairing(aws_face: AwsFace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pairing]:
    made = Pairing(aws_face, tmp_path, monkeypatch)
    yield made
    made.close()


def test_asana_pairs_once_and_every_environment_knows_it(pairing: Pairing) -> None:
    pairing.start(pairing.arns["asana"])
    answer = pairing.bring(BROUGHT)
    assert (200, b"", BROUGHT) == (answer.status, answer.body, answer.headers["x-hook-secret"])
    assert {"secret": BROUGHT} == pairing.holds("asana")
    assert 200 == pairing.beat(BROUGHT).status

    # A stranger who comes second, there or to another environment, changes nothing.
    for start in (lambda: None, lambda: pairing.start(pairing.arns["asana"])):
        start()
        refused = pairing.bring(STRANGERS)
        assert (403, "handshake-refused") == (refused.status, refused.json["code"])
        assert "x-hook-secret" not in refused.headers
        assert 200 == pairing.beat(BROUGHT).status
        assert 401 == pairing.beat(STRANGERS).status
    assert {"secret": BROUGHT} == pairing.holds("asana")
    assert [] == pairing.gateway.refused


def test_an_environment_that_does_not_know_it_yet_writes_nothing_over(pairing: Pairing) -> None:
    pairing.start(pairing.arns["asana"])
    assert 503 == pairing.beat(BROUGHT).status  # it has seen that there is none, and keeps that for minutes
    put = json.dumps({"secret": BROUGHT})
    pairing.face.secrets.call("PutSecretValue", SecretId=pairing.arns["asana"], SecretString=put)
    assert 403 == pairing.bring(STRANGERS).status
    assert {"secret": BROUGHT} == pairing.holds("asana")


def test_after_the_pairing_the_right_is_needed_no_more(pairing: Pairing) -> None:
    pairing.start(pairing.arns["asana"])
    assert 200 == pairing.bring(BROUGHT).status
    pairing.start("", says_so=False)
    assert 200 == pairing.beat(BROUGHT).status
    assert (403, "handshake-refused") == (pairing.bring(STRANGERS).status, pairing.bring(STRANGERS).json["code"])
    assert not [call for call in pairing.gateway.made if "Put" in str(call)]


def test_without_the_parameter_nothing_is_written(pairing: Pairing) -> None:
    pairing.start("")
    assert (503, "secrets-unavailable") == (pairing.bring(BROUGHT).status, pairing.bring(BROUGHT).json["code"])
    assert {} == pairing.holds("asana")
    assert pairing.gateway.refused


def test_another_sources_secret_cannot_be_written(pairing: Pairing) -> None:
    pairing.start(pairing.arns["asana"])
    body = json.dumps({"verification_token": TOKEN}).encode()
    assert (503, "secrets-unavailable") == (
        pairing.post("notion", body).status,
        pairing.post("notion", body).json["code"],
    )
    assert {} == pairing.holds("notion")
    assert all(f"PutSecretValue on {pairing.arns['notion']}" in refused for refused in pairing.gateway.refused)
    # And the same with the right to the other one alone.
    pairing.start(pairing.arns["notion"])
    assert 200 == pairing.post("notion", body).status
    assert {"secret": TOKEN} == pairing.holds("notion")
    assert 503 == pairing.bring(BROUGHT).status
    assert {} == pairing.holds("asana")


@pytest.mark.parametrize("name", [INSTANCE_KEY_ARN, SECRETS_ARN])
def test_the_stacks_own_secrets_cannot_be_written(pairing: Pairing, name: str) -> None:
    pairing.start(pairing.arns["asana"])
    role = pairing.gateway.role
    assert role.allows(Call("secretsmanager:GetSecretValue", f"{_ARN}{name}"))
    assert not role.allows(Call("secretsmanager:PutSecretValue", f"{_ARN}{name}"))
