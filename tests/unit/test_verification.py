"""The checks and handshakes of hooks.toml, bound to their secrets; a mistake is said before anything is served."""

from __future__ import annotations

from pathlib import Path

import pytest

from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.config import Hooks, load_hooks
from verihook.errors import ConfigurationError, SignatureError
from verihook.model.ports import RotatingSecrets
from verihook.request import Request
from verihook.senders import load_sender
from verihook.verification import handshakes, keyrings, setting_of

NOW = 1_800_000_000

HOOKS = """
[sources.orders]
sender = "generic"
secrets = ["env:NEW", "env:OLD"]
workflow = "w"
[sources.chat]
sender = "slack"
secrets = ["env:NEW"]
workflow = "w"
[workflows.w]
engine = "stepfunctions"
definition = "w"
"""


def hooks_of(folder: Path, text: str = HOOKS) -> Hooks:
    path = folder / "hooks.toml"
    path.write_text(text)
    return load_hooks(path)


def secrets_of(folder: Path, **variables: str) -> RotatingSecrets:
    return EnvironmentSecrets(variables, folder)


def ignore(where: str, error: BaseException) -> None:
    raise AssertionError(where)


def delivery(secret: str, body: bytes = b"{}") -> Request:
    unsigned = Request("POST", "/hooks/orders", "", (), body, "r")
    return load_sender("generic").scheme.sign(secret, unsigned, message_id="m", now=NOW)


def test_each_source_has_its_check(tmp_path: Path) -> None:
    rings = keyrings(hooks_of(tmp_path), secrets_of(tmp_path, NEW="n" * 32, OLD="o" * 32), ignore)
    verify = {name: ring.verify for name, ring in rings.items()}
    assert {"orders", "chat"} == set(verify)
    assert "current" == verify["orders"](delivery("n" * 32), NOW).verified_by
    assert "previous" == verify["orders"](delivery("o" * 32), NOW).verified_by
    for forged in (delivery("x" * 32), Request("POST", "/", "", (), b"{}", "r")):
        with pytest.raises(SignatureError):
            verify["orders"](forged, NOW)
    with pytest.raises(SignatureError):
        verify["chat"](delivery("n" * 32), NOW)


@pytest.mark.parametrize("variables", [{}, {"NEW": "n" * 32}, {"NEW": "n" * 32, "OLD": ""}])
def test_a_secret_that_is_missing_ends_the_start(tmp_path: Path, variables: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"hooks\.toml: sources\.orders\.secrets"):
        keyrings(hooks_of(tmp_path), secrets_of(tmp_path, **variables), ignore)


def test_only_senders_with_a_handshake_have_one(tmp_path: Path) -> None:
    bound = handshakes(hooks_of(tmp_path), secrets_of(tmp_path, NEW="n" * 32, OLD="o" * 32))
    assert {"chat"} == set(bound)


def test_keys_are_read_from_the_hosts_of_the_scheme_alone(tmp_path: Path) -> None:
    orders = hooks_of(tmp_path).sources["orders"]
    assert setting_of(orders).fetch is None
