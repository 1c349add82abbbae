"""Which functions have the instance key: those that derive the ids of events or sign callbacks, and no other."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.project.template import DURABLE_FUNCTIONS, ENVIRONMENT, FUNCTIONS, ROOT
from verihook.callbacks import callback_secret
from verihook.instance import derive_id

#: Handed over by CloudFormation; its text stands nowhere.
KEY = "{{resolve:secretsmanager:${InstanceKey}:SecretString}}"

#: Function -> whether it has the key.
HAS_KEY = {
    "Receiver": True,
    "Api": True,
    "Recorder": False,
    "Reconciler": True,
    "Worker": True,  # takes feeds
    "OrderApproval": False,
    "ProcessOrderFunction": False,
}

#: As a durable function starts when its workflow first asks for the services; prints the key.
START = "from verihook.bootstrap import on_aws; print(on_aws().instance_key)"


def start(handler: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    lambdas = {"_HANDLER": handler, "AWS_DEFAULT_REGION": "us-east-1", "POWERTOOLS_LOG_LEVEL": "INFO"}
    return subprocess.run(
        [sys.executable, "-c", START],
        cwd=ROOT / "handler",
        env={**dict.fromkeys(environment, "c2VjcmV0" * 4), **lambdas},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_key_is_with_those_who_need_it_alone() -> None:
    assert {name: each.get("VERIHOOK_INSTANCE_KEY") for name, each in ENVIRONMENT.items()} == {
        name: KEY if has else None for name, has in HAS_KEY.items()
    }


@pytest.mark.parametrize(("name", "has"), HAS_KEY.items())
def test_a_function_needs_the_key_only_if_the_table_says_so(name: str, has: bool) -> None:
    without = {key: value for key, value in ENVIRONMENT[name].items() if key != "VERIHOOK_INSTANCE_KEY"}
    result = start(FUNCTIONS[name]["Handler"], without)
    assert (result.returncode != 0) == has
    assert ("VERIHOOK_INSTANCE_KEY" in result.stderr) == has


@pytest.mark.parametrize("name", DURABLE_FUNCTIONS)
def test_a_durable_function_reads_no_key_even_if_there_is_one(name: str) -> None:
    result = start(FUNCTIONS[name]["Handler"], {**ENVIRONMENT[name], "VERIHOOK_INSTANCE_KEY": ""})
    assert "b''\n" == result.stdout


def test_nothing_is_derived_without_a_key() -> None:
    with pytest.raises(ValueError, match="instance key"):
        derive_id(b"", "orders", "id evt_1")
    with pytest.raises(ValueError, match="instance key"):
        callback_secret(b"")
