"""What of a text is the secret, wherever it is kept; stores on moto."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.adapters.test_secrets import Wire, wire
from verihook.adapters.secrets.current import CurrentSecret
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.adapters.secrets.parameter_store import ParameterStoreSecrets
from verihook.adapters.secrets.secrets_manager import SecretsManagerSecrets
from verihook.adapters.secrets.shared import SharedSecrets
from verihook.model.ports import RotatingSecrets

__all__ = ["wire"]


@pytest.mark.parametrize(
    ("text", "secret"), [("s3cret\n", "s3cret"), ("s3cret\r\n", "s3cret"), (" s3cret", ""), ("s3cret\n\n", "")]
)
@pytest.mark.parametrize("kind", ["env:S", "file:s", "secretsmanager:s", "secretsmanager:d#k", "ssm:/s", "shared"])
def test_a_line_break_at_its_end_is_part_of_no_secret_wherever_it_is(
    kind: str, text: str, secret: str, tmp_path: Path, wire: Wire
) -> None:
    """Our own instructions (``--secret-string file://new.txt``) put one there."""
    (tmp_path / "s").touch(0o600)
    (tmp_path / "s").write_bytes(text.encode())
    client, ssm = wire.client("secretsmanager"), wire.client("ssm")
    client.create_secret(Name="s", SecretString=text)
    client.create_secret(Name="d", SecretString=json.dumps({"k": text}))
    ssm.put_parameter(Name="/s", Value=text, Type="SecureString")
    at_hand = EnvironmentSecrets({"S": text}, tmp_path)
    stores: dict[str, RotatingSecrets] = {
        "env": at_hand,
        "file": at_hand,
        "secretsmanager": SecretsManagerSecrets(client),
        "ssm": ParameterStoreSecrets(ssm),
        "shared": SharedSecrets(EnvironmentSecrets({}, tmp_path), CurrentSecret(client, "d")),
    }
    reference = "env:k" if kind == "shared" else kind
    store = stores[kind.partition(":")[0]]
    if secret:
        assert ((secret,),) == store.generations(reference)
    else:
        with pytest.raises(KeyError, match=f"{reference} begins or ends with white space") as refusal:
            store.generations(reference)
        assert "s3cret" not in str(refusal.value)
