"""Where hooks.toml, the stack's parameters and what is deployed say different things."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from verihook.cli.doctor.asking import ABSENT, Asking
from verihook.cli.doctor.findings import Finding, fault, untried, warning
from verihook.cli.doctor.stack import Stack
from verihook.config import Hooks

CHECK = "drift"

#: How much longer than an instance its payload is kept at least, in days: a start put off for a year, a run of one.
PAYLOAD_EXTRA_DAYS = 732

#: Fetches the bytes at a URL. Raises OSError.
Fetch = Callable[[str], bytes]


def parameters(stack: Stack, hooks: Hooks) -> Iterator[Finding]:
    """Yield in what the parameters of the stack do not fit hooks.toml."""
    given = stack.parameters
    entries = [name for name, source in hooks.sources.items() if source.entry]
    if entries and given.get("WithEntries") != "yes":
        what = f"the sources {', '.join(entries)} have an entry, and the stack has no function for entries"
        yield fault(CHECK, "WithEntries", f"{what}: they answer 503", "deploy with WithEntries=yes")
    pairing = [name for name, source in hooks.sources.items() if "pairing" in source.parameters]
    if given.get("PairingSecretArn") and not pairing:
        what = "the receiver may write a secret, and no source is pairing"
        yield warning(CHECK, "PairingSecretArn", what, "deploy with PairingSecretArn empty")
    if pairing and not given.get("PairingSecretArn"):
        what = f"{', '.join(pairing)} waits for its sender's secret, and the receiver may write none"
        yield fault(
            CHECK, "PairingSecretArn", what, "deploy with PairingSecretArn, the ARN of the secret that is to be written"
        )
    queues = {source.feed for source in hooks.sources.values() if source.feed.split(":")[2:3] == ["sqs"]}
    if given.get("FeedQueueArn") and given["FeedQueueArn"] not in queues:
        what = "the queue is read, and is the feed of no source: every message is refused"
        yield fault(CHECK, "FeedQueueArn", what, "name it as the feed of a source, or deploy with FeedQueueArn empty")
    for queue in sorted(queues - {given.get("FeedQueueArn", "")}):
        yield fault(
            CHECK, "FeedQueueArn", f"nothing reads {queue}, the feed of a source", "deploy with it as FeedQueueArn"
        )
    yield from _payload_days(given, hooks)
    secret = [name for name, each in hooks.connections.items() if each.secret.startswith("secretsmanager:")]
    if secret and not given.get("ConnectionSecretArns"):
        what = f"the connections {', '.join(secret)} have secrets that no workflow may read"
        yield fault(CHECK, "ConnectionSecretArns", what, "deploy with their ARNs in ConnectionSecretArns")


def _payload_days(given: dict[str, str], hooks: Hooks) -> Iterator[Finding]:
    kept = max((workflow.retention_days for workflow in hooks.workflows.values()), default=0)
    least = kept + PAYLOAD_EXTRA_DAYS
    days = given.get("PayloadDays", "")
    if days.isdigit() and int(days) < least:
        what = f"large inputs are deleted after {days} days; an instance that is kept for {kept} days can need {least}"
        yield warning(CHECK, "PayloadDays", what, f"deploy with PayloadDays={least}")


def deployed_hooks(stack: Stack, hooks: Hooks, asking: Asking, fetch: Fetch) -> Iterator[Finding]:
    """Yield in which tables the hooks.toml in the deployed receiver differs from this one."""
    name = stack.id_of("Receiver")
    answer = asking.ask(CHECK, "hooks.toml", "lambda", "get_function", FunctionName=name, Qualifier="live")
    if answer is None or answer is ABSENT:
        return
    try:
        with ZipFile(BytesIO(fetch(answer["Code"]["Location"]))) as package:
            deployed = tomllib.loads(package.read("hooks.toml").decode())
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        mend = "compare it by hand: aws lambda get-function has the package"
        yield untried(CHECK, "hooks.toml", f"the deployed package cannot be read: {error}", mend)
        return
    here = tomllib.loads(hooks.path.read_text(encoding="utf-8"))
    for key in _differing(deployed, here):
        mend = "deploy this hooks.toml (sam build && sam deploy), or give the doctor the one that is deployed (--hooks)"
        yield warning(CHECK, key, "is deployed as something else than this hooks.toml says", mend)


def _differing(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    """Yield the keys, such as ``sources.github``, whose values differ."""
    for key in dict.fromkeys((*one, *other)):
        left, right = one.get(key), other.get(key)
        if isinstance(left, dict) and isinstance(right, dict) and key in ("sources", "workflows", "connections"):
            for name in dict.fromkeys((*left, *right)):
                if left.get(name) != right.get(name):
                    yield f"{key}.{name}"
        elif left != right:
            yield key
