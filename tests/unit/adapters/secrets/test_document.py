"""Filling the stack's one secret, on moto: what a put keeps, and two who write at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.adapters.test_secrets import Wire, manager, wire
from verihook.adapters.aws.errors import ServiceError
from verihook.adapters.secrets.document import MOST, SourceSecrets, members

__all__ = ["manager", "wire"]


@pytest.fixture
def secrets(manager: Any) -> SourceSecrets:
    manager.create_secret(Name="stack")  # as CloudFormation makes it: without a value
    return SourceSecrets(manager, "stack")


def content(manager: Any) -> Any:
    return json.loads(manager.get_secret_value(SecretId="stack")["SecretString"])


def test_the_first_value_of_all(secrets: SourceSecrets, manager: Any) -> None:
    assert secrets.put("A", "a1")
    assert {"A": "a1"} == content(manager)


def test_the_former_value_stays_second_and_the_one_before_goes(secrets: SourceSecrets, manager: Any) -> None:
    for value in ("a1", "a2", "a3"):
        assert secrets.put("A", value)
    assert secrets.put("B", "b1")
    assert {"A": ["a3", "a2"], "B": "b1"} == content(manager)
    assert {"A": ("a3", "a2"), "B": ("b1",)} == secrets.values()


def test_the_same_value_again_writes_nothing(secrets: SourceSecrets, manager: Any, wire: Wire) -> None:
    secrets.put("A", "a1")
    secrets.put("A", "a2")
    wire.calls.clear()
    assert not secrets.put("A", "a2")
    assert ["GetSecretValue"] == wire.calls
    # Back to the former one.
    assert secrets.put("A", "a1")
    assert {"A": ["a1", "a2"]} == content(manager)


def test_retire_leaves_the_newest(secrets: SourceSecrets, manager: Any) -> None:
    assert not secrets.retire("A")
    secrets.put("A", "a1")
    assert not secrets.retire("A")
    secrets.put("A", "a2")
    assert secrets.retire("A")
    assert {"A": "a2"} == content(manager)


def test_what_is_not_ours_stays(secrets: SourceSecrets, manager: Any) -> None:
    manager.put_secret_value(SecretId="stack", SecretString='{"odd": {"x": 1}, "A": "a1"}')
    assert secrets.put("B", "b1")
    assert {"odd": {"x": 1}, "A": "a1", "B": "b1"} == content(manager)


class Overtaken:
    """A client before whose first write another operator writes."""

    def __init__(self, client: Any, write: Any) -> None:
        self._client, self._write = client, write

    def get_secret_value(self, **options: Any) -> Any:
        return self._client.get_secret_value(**options)

    def put_secret_value(self, **options: Any) -> Any:
        write, self._write = self._write, lambda: None
        write()
        return self._client.put_secret_value(**options)


@pytest.mark.parametrize("before", [(), ("a0",)])
def test_two_who_write_at_once_lose_nothing(secrets: SourceSecrets, manager: Any, before: tuple[str, ...]) -> None:
    for value in before:
        secrets.put("A", value)
    other = SourceSecrets(Overtaken(manager, lambda: secrets.put("B", "b1")), "stack")
    assert other.put("A", "a1")
    assert {"A": ("a1", *before), "B": ("b1",)} == secrets.values()


def test_after_a_version_was_brought_back_by_hand(secrets: SourceSecrets, manager: Any) -> None:
    secrets.put("A", "a1")
    first = manager.get_secret_value(SecretId="stack")["VersionId"]
    secrets.put("A", "a2")
    second = manager.get_secret_value(SecretId="stack")["VersionId"]
    manager.update_secret_version_stage(
        SecretId="stack", VersionStage="AWSCURRENT", MoveToVersionId=first, RemoveFromVersionId=second
    )
    assert secrets.put("A", "a3")
    # moto leaves AWSCURRENT on both; what was written is its default version.
    assert {"A": ["a3", "a1"]} == content(manager)


def test_one_that_would_be_too_large_is_told(secrets: SourceSecrets, wire: Wire) -> None:
    secrets.put("A", "a" * (MOST - 1_000))
    wire.calls.clear()
    with pytest.raises(ValueError, match="larger than 65536 bytes"):
        secrets.put("B", "b" * 1_000)
    assert ["GetSecretValue"] == wire.calls


@pytest.mark.parametrize("text", ["hunter2", "[1]", "{", "[" * 100_000])
def test_no_object_is_never_written_over(secrets: SourceSecrets, manager: Any, text: str) -> None:
    with pytest.raises(ValueError, match="holds no JSON object") as refusal:
        members(text)
    assert "hunter2" not in str(refusal.value)
    if len(text) < MOST:
        manager.put_secret_value(SecretId="stack", SecretString=text)
        with pytest.raises(ValueError, match="holds no JSON object"):
            secrets.put("A", "a1")


def test_a_secret_that_is_not_there_is_not_made(manager: Any) -> None:
    with pytest.raises(ServiceError, match="ResourceNotFoundException"):
        SourceSecrets(manager, "none").put("A", "a1")
