"""Which functions have the instance key: those that derive the ids of events or sign callbacks, and no other."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from tests.flows.secret_store import INSTANCE_KEY, INSTANCE_KEY_ARN, SECRETS_ARN, SecretStore
from tests.flows.waiting import wait_until
from tests.project.template import ENVIRONMENT, FUNCTIONS, ROOT, WORKFLOWS, rights
from verihook.instances.callbacks import callback_secret
from verihook.model.instance import derive_id

ARN = "VERIHOOK_INSTANCE_KEY_ARN"

#: Function -> whether it has the key.
HAS_KEY = {
    "Receiver": True,
    "Api": True,
    "Recorder": False,
    "Reconciler": True,
    "Feeds": True,
    "Worker": False,
    "Entries": False,
    "OrderApproval": False,
    "ProcessOrderFunction": False,
}

#: As a durable function starts when its workflow first asks for the services; prints the key.
START = "from verihook.bootstrap import on_aws; print(on_aws().instance_key)"


@pytest.fixture(scope="module")
def store() -> Iterator[SecretStore]:
    with SecretStore() as store:
        store.call("CreateSecret", Name="short", SecretString="k" * 31)
        store.call("CreateSecret", Name="empty")
        yield store


def start(name: str, store: SecretStore, **variables: str) -> subprocess.CompletedProcess[str]:
    handler = FUNCTIONS[name]["Handler"]
    lambdas = {
        "_HANDLER": handler,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": store.url,
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    return subprocess.run(
        [sys.executable, "-c", START],
        cwd=ROOT / "handler",
        env={
            **dict.fromkeys(ENVIRONMENT[name], "c2VjcmV0" * 4),
            "VERIHOOK_SECRETS": SECRETS_ARN,
            **lambdas,
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_key_is_with_those_who_need_it_alone() -> None:
    assert {name: each.get(ARN) for name, each in ENVIRONMENT.items()} == {
        name: "InstanceKey" if has else None for name, has in HAS_KEY.items()
    }


def test_the_operators_code_never_shares_an_environment_with_the_key() -> None:
    """Code that can name it in a variable, or read it, could derive the ids of events and sign callbacks."""
    assert not [name for name in WORKFLOWS if "InstanceKey" in str(ENVIRONMENT[name])]
    assert not [name for name in WORKFLOWS if "InstanceKey" in str(rights(f"{name}Role"))]


def test_who_has_the_key_may_read_it_and_no_other() -> None:
    reads = {name: rights(f"{name}Role").get("secretsmanager:GetSecretValue", "").split(" | ") for name in FUNCTIONS}
    assert {name: "InstanceKey" in each for name, each in reads.items()} == HAS_KEY


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_variable_holds_the_key(name: str) -> None:
    assert "VERIHOOK_INSTANCE_KEY" not in ENVIRONMENT[name]
    assert not [value for value in ENVIRONMENT[name].values() if "{{resolve:" in value]


@pytest.mark.parametrize(("name", "has"), HAS_KEY.items())
def test_a_function_reads_the_key_at_its_start_only_if_the_table_says_so(
    name: str, has: bool, store: SecretStore
) -> None:
    store.calls.clear()
    result = start(name, store, **{ARN: INSTANCE_KEY_ARN})
    assert f"{INSTANCE_KEY.encode() if has else b''!r}\n" == result.stdout, result.stderr
    assert has == (("GetSecretValue", INSTANCE_KEY_ARN) in store.calls)


def test_the_key_and_the_secrets_of_sources_are_read_together(store: SecretStore) -> None:
    """A start waits for the slower one, not for one after the other."""

    def together() -> bool:
        # Less than what one call may take: a second try must not be the other one's company. On a busy machine one of
        # two threads may come too late.
        store.meeting = threading.Barrier(2, timeout=0.8)
        try:
            result = start("Receiver", store, **{ARN: INSTANCE_KEY_ARN})
        finally:
            store.meeting = None
        return f"{INSTANCE_KEY.encode()!r}\n" == result.stdout

    wait_until(together, what="the two were never read together")


@pytest.mark.parametrize(
    ("arn", "words"),
    [
        ("", f"ConfigurationError: environment: {ARN}: is not set"),
        ("short", f"ConfigurationError: environment: {ARN}: short must hold at least 32 characters"),
        ("empty", f"ConfigurationError: environment: {ARN}: empty must hold at least 32 characters"),
        ("none", f"ConfigurationError: environment: {ARN}: none must hold at least 32 characters"),
    ],
)
def test_a_key_that_is_none_ends_the_start_in_words(arn: str, words: str, store: SecretStore) -> None:
    result = start("Reconciler", store, **{ARN: arn})
    assert words in result.stderr.splitlines()[-1]


def test_a_store_that_does_not_answer_is_asked_again_by_the_next_start(store: SecretStore) -> None:
    store.trouble = "InternalServiceError"
    try:
        assert "SecretsUnavailable" in start("Receiver", store, **{ARN: INSTANCE_KEY_ARN}).stderr.splitlines()[-1]
    finally:
        store.trouble = ""


def test_nothing_is_derived_without_a_key() -> None:
    with pytest.raises(ValueError, match="instance key"):
        derive_id(b"", "orders", "id evt_1")
    with pytest.raises(ValueError, match="instance key"):
        callback_secret(b"")
