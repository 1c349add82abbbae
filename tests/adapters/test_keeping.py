"""A secret that a sender brings is kept in moto's Secrets Manager: one key, once, by the first of two."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.adapters.test_secrets import manager, wire
from verihook.adapters.secrets.secrets_manager import SecretsManagerSecrets
from verihook.errors import SecretsUnavailable

__all__ = ["manager", "wire"]


def test_keeping_changes_one_key(manager: Any) -> None:
    manager.create_secret(Name="all", SecretString='{"b": "b1"}')
    secrets = SecretsManagerSecrets(manager)
    secrets.store("secretsmanager:all#a", "a1")
    assert {"a": "a1", "b": "b1"} == json.loads(manager.get_secret_value(SecretId="all")["SecretString"])
    assert (("a1",),) == secrets.generations("secretsmanager:all#a")
    for reference, words in (
        ("secretsmanager:none", "is not there; create it first"),
        ("secretsmanager:s#a", "no JSON object"),
        ("secretsmanager:none#a", "no JSON object"),
    ):
        with pytest.raises(KeyError, match=words):
            secrets.store(reference, "x")


class Overtaken:
    """A client before whose write another function has written."""

    def __init__(self, client: Any, write: Any) -> None:
        self._client, self._write = client, write

    def get_secret_value(self, **options: Any) -> Any:
        return self._client.get_secret_value(**options)

    def put_secret_value(self, **options: Any) -> Any:
        self._write()
        return self._client.put_secret_value(**options)


@pytest.mark.parametrize("name", ["pairs", "document"])
def test_of_two_who_keep_at_once_the_first_has_it(manager: Any, name: str) -> None:
    manager.create_secret(Name="pairs")
    manager.create_secret(Name="document", SecretString="{}")
    reference = {"pairs": "secretsmanager:pairs", "document": "secretsmanager:document#a"}[name]
    first = SecretsManagerSecrets(manager)
    second = SecretsManagerSecrets(Overtaken(manager, lambda: first.store(reference, "the sender's")))
    with pytest.raises(SecretsUnavailable, match="could not be kept"):
        second.store(reference, "a stranger's")
    assert ("the sender's",) == second.resolve(reference)
    with pytest.raises(KeyError, match="not written over"):
        second.store(reference, "a stranger's")
