"""Whether the role of each function may do what hooks.toml asks of it, as IAM itself evaluates it. Nothing is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from verihook.cli.doctor.asking import ABSENT, Asking
from verihook.cli.doctor.findings import Finding, fault
from verihook.cli.doctor.stack import Stack
from verihook.config import Hooks

CHECK = "permissions"


@dataclass(frozen=True, slots=True)
class Need:
    """An action on a resource, by an ARN; ``row``: the key of the row of the table that it is about, if it is."""

    action: str
    resource: str
    row: str = ""


def permissions(stack: Stack, hooks: Hooks, asking: Asking) -> Iterator[Finding]:
    """Yield what the functions may not do. Policies of keys, of buckets and of the organisation are IAM's to add."""
    for function, needs in needs_of(stack, hooks, asking).items():
        role = stack.id_of(f"{function}Role")
        if not role or not stack.id_of(function):
            continue
        arn = f"arn:{stack.arn.split(':')[1]}:iam::{stack.arn.split(':')[4]}:role/{role}"
        for need in dict.fromkeys(needs):
            given: dict[str, Any] = {"ActionNames": [need.action], "ResourceArns": [need.resource]}
            if need.row:
                given["ContextEntries"] = [_leading(need.row)]
            answer = asking.ask(CHECK, function, "iam", "simulate_principal_policy", PolicySourceArn=arn, **given)
            if answer is None:
                break  # nor may the others be asked
            if answer is ABSENT:
                yield fault(CHECK, function, f"there is no role {role}", "deploy again (sam build && sam deploy)")
                break
            decisions = {each["EvalDecision"] for each in answer.get("EvaluationResults", [])}
            if decisions - {"allowed"}:
                yield _refused(function, need, decisions)


def _leading(row: str) -> dict[str, Any]:
    return {"ContextKeyName": "dynamodb:LeadingKeys", "ContextKeyValues": [row], "ContextKeyType": "stringList"}


def _refused(function: str, need: Need, decisions: set[str]) -> Finding:
    about = f" (rows {need.row.partition('#')[0]}#…)" if need.row else ""
    what = f"its role may not {need.action} on {need.resource}{about}"
    mend = "deploy this template, which allows it"
    if need.action in ("secretsmanager:GetSecretValue", "ssm:GetParameter"):
        mend = "name it in the parameter SecretArns (secretsmanager:) or SsmPath (ssm:) of the stack"
    if "explicitDeny" in decisions:
        mend = "a policy denies it: of the role, its boundary or the organisation; take it out there"
    return fault(CHECK, function, what, mend)


def needs_of(stack: Stack, hooks: Hooks, asking: Asking) -> dict[str, list[Need]]:
    """Return what each function has to be able to do at least, by what hooks.toml leads it to."""
    table = stack.arn_of("dynamodb", f"table/{stack.id_of('Ledger')}")
    objects = f"arn:{stack.arn.split(':')[1]}:s3:::{stack.id_of('Payloads')}/input"
    key, secrets = stack.id_of("InstanceKey"), stack.id_of("SourceSecrets")
    claims = [Need(f"dynamodb:{each}", table, "instance#x") for each in ("GetItem", "PutItem", "UpdateItem")]
    starts = [*_starts(stack, hooks)]
    payloads = [Need("s3:PutObject", objects), Need("s3:GetObject", objects)]
    reads_key = [Need("secretsmanager:GetSecretValue", key)]
    takes = [*claims, *payloads, *starts, *reads_key]
    verifies = [Need("secretsmanager:GetSecretValue", secrets), *_stored(stack, hooks, asking)]
    due = Need("dynamodb:Query", f"{table}/index/due")
    return {
        "Receiver": [*takes, *verifies],
        "Api": [*takes, *verifies, Need("dynamodb:Query", f"{table}/index/created")],
        "Reconciler": [*claims, *starts, *reads_key, due],
        "Recorder": claims,
        "Feeds": takes,
        "Worker": [*claims[:2], *payloads],
    }


def _starts(stack: Stack, hooks: Hooks) -> Iterator[Need]:
    for workflow in hooks.workflows.values():
        made = f"{stack.name}_{workflow.definition}"
        if workflow.engine == "stepfunctions":
            action = "states:StartSyncExecution" if workflow.express else "states:StartExecution"
            yield Need(action, stack.arn_of("states", f"stateMachine:{made}"))
        elif workflow.engine == "durable":
            yield Need("lambda:InvokeFunction", stack.arn_of("lambda", f"function:{made}:live"))


def _stored(stack: Stack, hooks: Hooks, asking: Asking) -> Iterator[Need]:
    """Yield what reading the references to stores takes.

    AWS makes up the end of a secret's ARN, so it is asked for that: with another end, a policy that names the whole ARN
    would seem to refuse. `secrets` names one that is not there.
    """
    references = [secret.reference for source in hooks.sources.values() for secret in source.secrets]
    for kind, name in dict.fromkeys(_part(each) for each in references):
        if kind == "secretsmanager":
            arn: Any = name
            if not name.startswith("arn:"):
                found = asking.ask(CHECK, name, "secretsmanager", "describe_secret", SecretId=name)
                arn = (found or {}).get("ARN")
            if arn:
                yield Need("secretsmanager:GetSecretValue", arn)
        elif kind == "ssm":
            yield Need("ssm:GetParameter", stack.arn_of("ssm", f"parameter{name}"))


def _part(reference: str) -> tuple[str, str]:
    """Return the store that a reference names, and what in it, without the member."""
    kind, _, name = reference.partition(":")
    return kind, name.partition("#")[0]
