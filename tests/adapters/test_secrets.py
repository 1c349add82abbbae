"""Every kind of reference keeps the Secrets port; stores on moto, with boto3's own clients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from tests.adapters.moto_over_http import MotoOverHttp
from tests.direct_clients import direct
from verihook.adapters.aws.boto import Boto
from verihook.adapters.secrets.answer_cache import FRESH_S, MAX_AGE_S
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.adapters.secrets.parameter_store import ParameterStoreSecrets
from verihook.adapters.secrets.secrets_manager import SecretsManagerSecrets
from verihook.adapters.secrets.stores import StoresByKind
from verihook.bootstrap import secrets_of
from verihook.errors import SecretsUnavailable
from verihook.model.ports import RotatingSecrets


class Clock:
    """Seconds, set by hand."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Wire:
    """What goes to AWS: the calls made, and trouble on the way."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.trouble = ""

    def client(self, service: str) -> Any:
        """A client of moto's, over this wire."""
        client = boto3.client(service, "us-east-1", config=Config(retries={"total_max_attempts": 1}))  # type: ignore[call-overload]
        client.meta.events.register("before-call", self._pass)
        return Boto(client)

    def _pass(self, model: Any, **_: object) -> Any:
        self.calls.append(model.name)
        return (SimpleNamespace(status_code=400), {"Error": {"Code": self.trouble}}) if self.trouble else None


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield Wire()


@pytest.fixture
def manager(wire: Wire) -> Any:
    """Secrets Manager with a secret ``s``."""
    client = wire.client("secretsmanager")
    client.create_secret(Name="s", SecretString="first")
    wire.calls.clear()
    return client


def stage(client: Any, value: str, *stages: str, name: str = "s") -> str:
    """A new version under these labels; its id."""
    return str(client.put_secret_value(SecretId=name, SecretString=value, VersionStages=list(stages))["VersionId"])


# ------------------------------------------------------------------------------------------- the contract, every kind
KINDS = ["env", "file", "secretsmanager", "secretsmanager-json", "ssm"]


@pytest.fixture(params=[*KINDS, *(f"{kind} by ours" for kind in KINDS[2:])])
def kept(request: pytest.FixtureRequest, tmp_path: Path, wire: Wire) -> Iterator[tuple[RotatingSecrets, str, str]]:
    """Secrets, a reference to ``s3cret``, and one to nothing; over boto3's client and over ours."""
    kind, _, ours = request.param.partition(" by ")
    (tmp_path / "s").touch(0o600)
    (tmp_path / "s").write_text("s3cret\n")
    client, ssm = wire.client("secretsmanager"), wire.client("ssm")
    client.create_secret(Name="s", SecretString="s3cret")
    client.create_secret(Name="document", SecretString='{"a": "s3cret", "number": 1}')
    ssm.put_parameter(Name="/x/s", Value="s3cret", Type="SecureString")
    at_hand = EnvironmentSecrets({"S": "s3cret"}, tmp_path)
    secrets = StoresByKind(
        {
            "env": lambda: at_hand,
            "file": lambda: at_hand,
            "secretsmanager": lambda: SecretsManagerSecrets(client),
            "ssm": lambda: ParameterStoreSecrets(ssm),
        }
    )
    references = {
        "env": ("env:S", "env:T"),
        "file": ("file:s", "file:t"),
        "secretsmanager": ("secretsmanager:s", "secretsmanager:t"),
        "secretsmanager-json": ("secretsmanager:document#a", "secretsmanager:document#number"),
        "ssm": ("ssm:/x/s", "ssm:/x/t"),
    }
    if not ours:
        yield secrets, *references[kind]
        return
    with MotoOverHttp("secretsmanager") as manager, MotoOverHttp("ssm") as store:
        made = direct({"AWS_ENDPOINT_URL_SECRETS_MANAGER": manager.url, "AWS_ENDPOINT_URL_SSM": store.url})
        client, ssm = made.client("secretsmanager"), made.client("ssm")
        yield secrets, *references[kind]
        made.renew()


def test_a_secret_that_is_there(kept: tuple[RotatingSecrets, str, str]) -> None:
    secrets, reference, _ = kept
    assert ("s3cret",) == secrets.resolve(reference)
    for fresh in (False, True):
        assert (("s3cret",),) == secrets.generations(reference, fresh=fresh)


def test_a_secret_that_is_not_there_is_named_in_words(kept: tuple[RotatingSecrets, str, str]) -> None:
    secrets, _, missing = kept
    for _ in range(2):  # the second time from what is remembered
        with pytest.raises(KeyError, match=f"^'{missing} (is not|cannot be read)"):
            secrets.resolve(missing)


def test_a_kept_secret_is_the_one_that_is_read_next(kept: tuple[RotatingSecrets, str, str], wire: Wire) -> None:
    secrets, reference, missing = kept
    if reference.startswith(("env:", "ssm:")):
        with pytest.raises(KeyError, match=f"{missing} cannot be written; name a file: or"):
            secrets.store(missing, "new")
        return
    if missing == "secretsmanager:t":  # as a stack makes one: it is there, and has no value
        wire.client("secretsmanager").create_secret(Name="t")
    with pytest.raises(KeyError):
        secrets.resolve(missing)
    with pytest.raises(KeyError, match="an empty secret is not kept"):
        secrets.store(missing, "")
    secrets.store(missing, "new")
    assert ("new",) == secrets.resolve(missing)


def test_what_is_there_is_never_written_over(kept: tuple[RotatingSecrets, str, str]) -> None:
    secrets, reference, _ = kept
    with pytest.raises(KeyError, match=r"holds a secret, which is not written over|cannot be written"):
        secrets.store(reference, "a stranger's")
    assert ("s3cret",) == secrets.resolve(reference)


def test_an_unknown_kind() -> None:
    with pytest.raises(KeyError, match=r"reference must be one of env, file, secretsmanager.* \(got 'vault'\)"):
        secrets_of({}, Path()).resolve("vault:x")


# ------------------------------------------------------------------------------------------- Secrets Manager
def test_all_three_stages(manager: Any) -> None:
    clock = Clock()
    secrets = SecretsManagerSecrets(manager, clock)
    steps = [secrets.generations("secretsmanager:s", fresh=True)]
    pending = stage(manager, "second", "AWSPENDING")
    clock.now += FRESH_S
    steps.append(secrets.generations("secretsmanager:s", fresh=True))
    first = manager.get_secret_value(SecretId="s")["VersionId"]
    manager.update_secret_version_stage(
        SecretId="s", VersionStage="AWSCURRENT", MoveToVersionId=pending, RemoveFromVersionId=first
    )
    clock.now += FRESH_S
    steps.append(secrets.generations("secretsmanager:s", fresh=True))
    # What AWS leaves after a rotation: AWSPENDING on the version that is current now.
    assert [(("first",),), (("second", "first"),), (("second",), ("first",))] == steps
    assert ("second", "first") == secrets.resolve("secretsmanager:s")


def test_a_key_of_a_document_by_arn(manager: Any) -> None:
    arn = manager.create_secret(Name="all", SecretString='{"a": "a1"}')["ARN"]
    stage(manager, '{"a": "a2", "b": "b2"}', "AWSCURRENT", name="all")
    secrets = SecretsManagerSecrets(manager)
    assert (("a2",), ("a1",)) == secrets.generations(f"secretsmanager:{arn}#a")
    # A key that the previous document had not.
    assert (("b2",),) == secrets.generations(f"secretsmanager:{arn}#b")


@pytest.mark.parametrize(
    "content", [{"SecretBinary": b"\xff\x00"}, {"SecretString": "[1]"}, {"SecretString": '{"k": ""}'}]
)
def test_what_is_no_secret(manager: Any, content: dict[str, Any]) -> None:
    manager.create_secret(Name="odd", **content)
    with pytest.raises(KeyError, match="secretsmanager:odd#k is not there, or not a text"):
        SecretsManagerSecrets(manager).resolve("secretsmanager:odd#k")


def test_one_that_is_marked_for_deletion_is_gone(manager: Any) -> None:
    manager.delete_secret(SecretId="s")
    with pytest.raises(KeyError, match="secretsmanager:s is not there"):
        SecretsManagerSecrets(manager).resolve("secretsmanager:s")


def test_answers_are_kept_and_shared_by_the_keys_of_a_document(manager: Any, wire: Wire) -> None:
    manager.create_secret(Name="all", SecretString='{"a": "1", "b": "2"}')
    clock = Clock()
    secrets = SecretsManagerSecrets(manager, clock)
    wire.calls.clear()
    for _ in range(3):
        assert ("1",) == secrets.resolve("secretsmanager:all#a")
        assert ("2",) == secrets.resolve("secretsmanager:all#b")
    assert ["GetSecretValue"] * 3 == wire.calls  # a stage each, those included that there are not
    clock.now += FRESH_S
    secrets.generations("secretsmanager:all#a", fresh=True)
    assert ["GetSecretValue"] * 6 == wire.calls


def test_how_long_answers_are_kept(manager: Any, wire: Wire) -> None:
    clock = Clock()
    secrets = SecretsManagerSecrets(manager, clock)
    for seconds, calls in ((0, 3), (MAX_AGE_S - 1, 3), (1, 6), (0, 6)):
        clock.now += seconds
        secrets.resolve("secretsmanager:s")
        assert calls == len(wire.calls)


# ------------------------------------------------------------------------------------------- Parameter Store
@pytest.mark.parametrize("kind", ["String", "SecureString"])
def test_a_parameter_is_decrypted_and_kept(wire: Wire, kind: Any) -> None:
    client = wire.client("ssm")
    client.put_parameter(Name="/x/a", Value="v1", Type=kind)
    clock = Clock()
    secrets = ParameterStoreSecrets(client, clock)
    wire.calls.clear()
    assert ("v1",) == secrets.resolve("ssm:/x/a")
    client.put_parameter(Name="/x/a", Value="v2", Type=kind, Overwrite=True)
    assert ("v1",) == secrets.resolve("ssm:/x/a")
    assert ["GetParameter", "PutParameter"] == wire.calls
    clock.now += FRESH_S
    assert (("v2",),) == secrets.generations("ssm:/x/a", fresh=True)


# ------------------------------------------------------------------------------------------- trouble
@pytest.mark.parametrize(
    "code", ["ThrottlingException", "InternalServiceError", "AccessDeniedException", "DecryptionFailure"]
)
def test_a_store_in_trouble_is_unavailable_and_tells_no_stranger_why(manager: Any, wire: Wire, code: str) -> None:
    stores = (SecretsManagerSecrets(manager), "secretsmanager:s"), (ParameterStoreSecrets(wire.client("ssm")), "ssm:/x")
    wire.trouble = code
    for store, reference in stores:
        wire.calls.clear()
        with pytest.raises(SecretsUnavailable) as refusal:
            store.resolve(reference)
        assert "A secret store did not answer." == str(refusal.value)
        assert code in str(refusal.value.__cause__)
        assert 1 == len(wire.calls)  # the other stages are not tried
    with pytest.raises(SecretsUnavailable):
        SecretsManagerSecrets(manager).store("secretsmanager:s", "x")


def test_a_store_that_nobody_reaches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with pytest.raises(SecretsUnavailable, match="cannot be reached"):  # no region: no client
        secrets_of({}, tmp_path).resolve("ssm:/x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for reference in ("secretsmanager:s", "ssm:/x"):
        with pytest.raises(SecretsUnavailable, match="did not answer"):
            secrets_of({}, tmp_path).resolve(reference)
