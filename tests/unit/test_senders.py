"""Which senders can be used without the packages of public keys, and what is said of the others.

An artifact has these packages only if one of its sources needs them; handler/artifact.py finds out in the same way.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from tests.flows.deployment import ROOT
from verihook.senders import FOLDER, sender_ids

PROGRAM = """
import json, sys
from verihook.errors import ConfigurationError
from verihook.senders import load_sender, sender_ids
said = {}
for name in sender_ids():
    try:
        load_sender(name)
    except ConfigurationError as error:
        said[name] = str(error)
print(json.dumps(said))
"""


def needs_public_keys(sender: str) -> bool:
    table = tomllib.loads((FOLDER / f"{sender}.toml").read_text())
    signature = table["signature"]
    return is_encrypted(table.get("handshake", {})) or any(
        has_public_key(scheme) for scheme in signature.get("schemes", [signature])
    )


def is_encrypted(handshake: Mapping[str, Any]) -> bool:
    """Whether it is decrypted, which the same package does."""
    return handshake.get("kind") == "echo-encrypted"


def has_public_key(scheme: Mapping[str, Any]) -> bool:
    if scheme["scheme"] == "http-signature":
        return scheme["algorithm"] != "hmac-sha256"
    if scheme["scheme"] in ("jwt", "detached-jws"):
        return not scheme["algorithm"].startswith("HS")
    return scheme["scheme"] in ("public-key", "sns")


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """Sender -> why it cannot be loaded, in an interpreter without any package."""
    command = [sys.executable, "-S", "-E", "-B", "-c", PROGRAM]
    done = subprocess.run(command, cwd=ROOT / "handler", capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("sender", sender_ids())
def test_a_sender_needs_packages_only_for_public_keys(sender: str, said: dict[str, str]) -> None:
    assert needs_public_keys(sender) == (sender in said)
    if sender in said:
        assert "needs the package cryptography, which is not here" in said[sender]
        assert "sam build with this hooks.toml" in said[sender]
