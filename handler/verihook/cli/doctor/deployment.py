"""Everything that is looked at of a deployed stack, in the order in which an operator would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from verihook.adapters.aws.errors import AwsError
from verihook.adapters.ledgers.dynamodb import DynamoDbLedger
from verihook.adapters.secrets.current import CurrentSecret
from verihook.adapters.secrets.stores import stores
from verihook.cli.doctor.asking import ABSENT, Asking
from verihook.cli.doctor.drift import Fetch, deployed_hooks, parameters
from verihook.cli.doctor.drift_of_fronts import fronts
from verihook.cli.doctor.findings import Finding, fault, untried
from verihook.cli.doctor.functions import engines, functions, rules, streams
from verihook.cli.doctor.load import load
from verihook.cli.doctor.outside import Get, from_outside, public_urls
from verihook.cli.doctor.permissions import permissions
from verihook.cli.doctor.secret_checks import secrets_in_use
from verihook.cli.doctor.stack import public_base, read_stack, stack_status
from verihook.cli.doctor.table_checks import table
from verihook.cli.doctor.traffic import traffic
from verihook.config import Hooks
from verihook.errors import LedgerUnavailable


def deployment(name: str, hooks: Hooks, asking: Asking, get: Get, fetch: Fetch, now_ms: int) -> Iterator[Finding]:
    """Yield what is wrong with the stack ``name``. Raises ConfigurationError if there is none."""
    stack, now_s = read_stack(name, asking), now_ms // 1000
    yield from stack_status(stack)
    yield from parameters(stack, hooks)
    yield from fronts(stack, hooks)
    yield from deployed_hooks(stack, hooks, asking, fetch)
    if stack.id_of("Ledger"):
        yield from table(stack.id_of("Ledger"), asking, f"verihook upgrade --stack {name}")
        yield from streams(stack, hooks, asking)
    yield from functions(stack, asking)
    yield from rules(stack, asking)
    yield from engines(stack, hooks, asking)
    yield from _kept_secret(stack.id_of("InstanceKey"), "InstanceKey", asking)
    yield from _kept_secret(stack.id_of("SourceSecrets"), "SourceSecrets", asking)
    yield from _secrets(stack.id_of("SourceSecrets"), hooks, asking, now_s, f"verihook secrets put NAME --stack {name}")
    yield from permissions(stack, hooks, asking)
    yield from load(stack, hooks, asking, now_s)
    yield from _traffic(stack.id_of("Ledger"), hooks, asking, now_ms)
    if base := public_base(stack):
        yield from from_outside(hooks, base, get, now_s)
    yield from public_urls(hooks, get, now_s)
    yield from asking.found


def _kept_secret(arn: str, logical: str, asking: Asking) -> Iterator[Finding]:
    """Look whether a secret of the stack is there and stays. Its value is not read."""
    if not arn:
        return
    answer = asking.ask("secrets", logical, "secretsmanager", "describe_secret", SecretId=arn)
    if answer is ABSENT:
        lost = "redeliveries are not recognised" if logical == "InstanceKey" else "every source answers 503"
        mend = "restore it (aws secretsmanager restore-secret) within its days of grace; docs/guarantees.md"
        yield fault("secrets", logical, f"there is no secret {arn}: {lost}", mend)
    elif answer and answer.get("DeletedDate"):
        what = f"is marked for deletion: nothing can read it, and it will be gone ({answer['DeletedDate']:%Y-%m-%d})"
        yield fault("secrets", logical, what, f"aws secretsmanager restore-secret --secret-id {arn}")


def _secrets(arn: str, hooks: Hooks, asking: Asking, now_s: int, put: str) -> Iterator[Finding]:
    if not arn:
        return
    try:
        shared = CurrentSecret(asking.client("secretsmanager"), arn)
    except AwsError as error:
        yield untried("secrets", "SourceSecrets", str(error), "look at region and credentials")
        return
    # Nothing of this machine's environment: the functions do not have it.
    store = stores({}, hooks.path.parent, asking.client, shared)
    yield from secrets_in_use(hooks, store, now_s, (), put, "until then its deliveries are answered 503")


def _traffic(name: str, hooks: Hooks, asking: Asking, now_ms: int) -> Iterator[Finding]:
    if not name:
        return
    try:
        client: Any = asking.client("dynamodb")
        yield from traffic(hooks, DynamoDbLedger(client, name), now_ms)
    except (LedgerUnavailable, AwsError) as error:
        what = f"the rows cannot be read: {error.__cause__ or error}"
        yield untried(
            "traffic",
            name,
            what,
            "run the doctor with credentials that may: dynamodb:Query on the table and its indexes",
        )
