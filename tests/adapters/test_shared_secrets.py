"""The stack's one secret behind every ``env:NAME``, on moto: what a start costs, what is missing, what is rotated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.test_rotation import delivery
from tests.adapters.test_secrets import Clock, Wire, manager, wire
from tests.unit.webhooks.test_keyring import Reports
from verihook.adapters.secrets.answer_cache import MAX_AGE_S
from verihook.adapters.secrets.current import CurrentSecret
from verihook.adapters.secrets.document import SourceSecrets
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.adapters.secrets.shared import SharedSecrets
from verihook.config import load_hooks
from verihook.errors import SecretsUnavailable, SignatureError
from verihook.verification import keyrings
from verihook.webhooks.keyring import REFRESH_S, RETRY_S, Keyring

__all__ = ["manager", "wire"]

HOOKS = """
[sources.orders]
sender = "generic"
secrets = ["env:ORDERS"]
workflow = "w"
[sources.rotated]
sender = "generic"
secrets = ["env:ORDERS", "env:OLD"]
workflow = "w"
[sources.bare]
sender = "generic"
secrets = ["env:BARE"]
workflow = "w"
[sources.standard]
sender = "standard-webhooks"
secrets = ["env:STANDARD"]
workflow = "w"
[workflows.w]
engine = "stepfunctions"
definition = "w"
"""


class Start:
    """The sources of HOOKS as a function starts with them, over the secret "stack"."""

    def __init__(self, client: Any, folder: Path) -> None:
        self.clock, self.reports, self._client = Clock(), Reports(), client
        (folder / "hooks.toml").write_text(HOOKS)
        self._folder = folder

    def rings(self, **variables: str) -> dict[str, Keyring]:
        secrets = SharedSecrets(
            EnvironmentSecrets(variables, self._folder), CurrentSecret(self._client, "stack", self.clock)
        )
        return keyrings(load_hooks(self._folder / "hooks.toml"), secrets, self.reports, int(self.clock.now))

    def verified_by(self, ring: Keyring, secret: str) -> str:
        return ring.verify(delivery(secret), int(self.clock.now)).verified_by


@pytest.fixture
def start(manager: Any, wire: Wire, tmp_path: Path) -> Start:
    manager.create_secret(Name="stack")
    wire.calls.clear()
    return Start(manager, tmp_path)


def fill(client: Any, **members: object) -> None:
    client.put_secret_value(SecretId="stack", SecretString=json.dumps(members))


def shared(client: Any, folder: Path, **variables: str) -> SharedSecrets:
    return SharedSecrets(EnvironmentSecrets(variables, folder), CurrentSecret(client, "stack"))


def test_a_member_is_a_text_or_a_list_with_the_newest_first(start: Start, manager: Any, tmp_path: Path) -> None:
    fill(manager, A="a", B=["b2", "b1"], C="in the secret")
    (tmp_path / "s").touch(0o600)
    (tmp_path / "s").write_text("from a file\n")
    secrets = shared(manager, tmp_path, C="a variable")
    assert (("a",),) == secrets.generations("env:A")
    assert (("b2",), ("b1",)) == secrets.generations("env:B")
    assert ("b2", "b1") == secrets.resolve("env:B")
    assert ("a variable",) == secrets.resolve("env:C")
    assert ("from a file",) == secrets.resolve("file:s")


@pytest.mark.parametrize("content", ["", '{"B": "b"}', '{"A": ""}', '{"A": []}', '{"A": ["a", 1]}', '{"A": 1}'])
def test_a_member_that_is_none_is_named_with_what_to_do(
    start: Start, manager: Any, tmp_path: Path, content: str
) -> None:
    if content:
        manager.put_secret_value(SecretId="stack", SecretString=content)
    with pytest.raises(KeyError, match="env:A is not set; put it into the stack's secret: verihook secrets put A"):
        shared(manager, tmp_path).resolve("env:A")
    with pytest.raises(KeyError, match="file:none cannot be read"):
        shared(manager, tmp_path).resolve("file:none")


def test_a_secret_that_is_no_object_is_told_without_showing_it(start: Start, manager: Any, tmp_path: Path) -> None:
    for content in ("hunter2", '["hunter2"]', '"hunter2"'):
        manager.put_secret_value(SecretId="stack", SecretString=content)
        with pytest.raises(KeyError, match="env:A cannot be read: the secret holds no JSON object") as refusal:
            shared(manager, tmp_path).resolve("env:A")
        assert "hunter2" not in str(refusal.value)


def test_it_never_writes(start: Start, manager: Any, wire: Wire, tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="env:A cannot be written"):
        shared(manager, tmp_path).store("env:A", "x")
    assert [] == wire.calls


def test_a_start_is_one_call_and_what_is_missing_stops_no_other(start: Start, manager: Any, wire: Wire) -> None:
    fill(manager, ORDERS="orders secret", STANDARD="whsec_!")
    wire.calls.clear()
    rings = start.rings()
    assert ["GetSecretValue"] == wire.calls
    assert ["secrets of rotated: env:OLD", "secrets of bare: env:BARE", "secrets of standard"] == [
        told.partition(": env:OLD is")[0].partition(": env:BARE is")[0].partition(": the secret is not base64")[0]
        for told in start.reports
    ]
    assert "whsec_!" not in "".join(start.reports)
    assert {"orders": True, "rotated": True, "bare": False, "standard": False} == {
        name: ring.has_usable_secret(int(start.clock.now)) for name, ring in rings.items()
    }
    assert "current" == start.verified_by(rings["orders"], "orders secret")
    for name in ("bare", "standard"):
        with pytest.raises(SecretsUnavailable):
            start.verified_by(rings[name], "guess")
    assert ["GetSecretValue"] == wire.calls


def test_an_old_secret_that_is_missing_is_our_fault_and_not_the_senders(start: Start, manager: Any) -> None:
    fill(manager, ORDERS="new")
    rotated = start.rings()["rotated"]
    assert "current" == start.verified_by(rotated, "new")
    with pytest.raises(SecretsUnavailable):  # it may be signed with the old one
        start.verified_by(rotated, "old")


def test_a_flood_to_sources_without_a_secret_is_told_once_and_asks_seldom(
    start: Start, manager: Any, wire: Wire
) -> None:
    fill(manager, ORDERS="a")
    rings = start.rings()
    wire.calls.clear()
    told = len(start.reports)
    for _ in range(REFRESH_S):
        start.clock.now += 1
        for name in ("bare", "standard"):
            with pytest.raises(SecretsUnavailable):
                start.verified_by(rings[name], "guess")
    assert len(wire.calls) <= REFRESH_S // RETRY_S
    assert told == len(start.reports)


def test_what_is_put_there_works_without_a_new_start(start: Start, manager: Any) -> None:
    rings = start.rings()
    SourceSecrets(manager, "stack").put("BARE", "bare secret")
    start.clock.now += RETRY_S
    assert "current" == start.verified_by(rings["bare"], "bare secret")


def test_the_token_of_a_handshake_is_found_once_it_is_there(start: Start, manager: Any, tmp_path: Path) -> None:
    """It is asked for as it is known: it is not fetched past the cache."""
    secrets = SharedSecrets(EnvironmentSecrets({}, tmp_path), CurrentSecret(manager, "stack", start.clock))
    with pytest.raises(KeyError):
        secrets.resolve("env:META_VERIFY_TOKEN")
    SourceSecrets(manager, "stack").put("META_VERIFY_TOKEN", "token")
    start.clock.now += RETRY_S
    assert ("token",) == secrets.resolve("env:META_VERIFY_TOKEN")


def test_a_rotation_by_put_and_retire(start: Start, manager: Any) -> None:
    secrets = SourceSecrets(manager, "stack")
    secrets.put("ORDERS", "first")
    ring = start.rings()["orders"]
    secrets.put("ORDERS", "second")
    start.clock.now += REFRESH_S
    assert ["current", "previous"] == [start.verified_by(ring, secret) for secret in ("second", "first")]

    secrets.retire("ORDERS")
    start.clock.now += MAX_AGE_S + REFRESH_S
    assert "current" == start.verified_by(ring, "second")
    with pytest.raises(SignatureError):
        start.verified_by(ring, "first")


def test_a_store_that_is_down_at_the_start_is_asked_once(start: Start, manager: Any, wire: Wire) -> None:
    fill(manager, ORDERS="a", OLD="b", BARE="c", STANDARD="d" * 32)
    wire.calls.clear()
    wire.trouble = "ThrottlingException"
    rings = start.rings()
    assert ["GetSecretValue"] == wire.calls
    with pytest.raises(SecretsUnavailable):
        start.verified_by(rings["orders"], "a")
    wire.trouble = ""
    start.clock.now += RETRY_S
    assert ["current", "current"] == [
        start.verified_by(rings[name], secret) for name, secret in (("orders", "a"), ("bare", "c"))
    ]
