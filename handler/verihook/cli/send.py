"""``verihook send SOURCE FILE``: sign as the source's sender does, post, print the answer, follow the status."""

from __future__ import annotations

import argparse
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from verihook.adapters.printable import printable
from verihook.bootstrap import secrets_of
from verihook.cli.arguments import seconds, whole_number
from verihook.cli.options import add_data_option, add_hooks_option
from verihook.config import load_hooks
from verihook.config.settings import environment
from verihook.errors import ConfigurationError
from verihook.local.data import read_run
from verihook.model.instance import FINAL
from verihook.model.ports import RotatingSecrets
from verihook.model.source import SecretReference, Source
from verihook.records import replace
from verihook.request import Request
from verihook.senders.evidence import WARNING, is_unchecked
from verihook.senders.samples import DEFAULT_TYPE, fresh, sample_of, sample_type
from verihook.senders.tables import must_be_one_of
from verihook.webhooks.signed_delivery import TAMPERINGS, SignedDelivery, content_type_of

T = TypeVar("T")

#: ``wrap(body, event id, event type)``: what is signed and sent in place of the body, and its content type.
Wrap = Callable[[bytes, str, str], tuple[bytes, str]]

#: The pause between two looks at the status (--wait), in seconds.
POLL = 0.3

#: How wrong the clock of a sender can be made (--skew), in seconds: about 32 years.
MAX_SKEW_S = 999_999_999

#: What to do if the source's secret cannot sign.
KEY_MEND = "; a sender's (test) private key is given with --key FILE"


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("send", help="send a webhook, signed as the source's sender signs")
    add_delivery_options(parser)
    parser.add_argument("--wait", action="store_true", help="follow the instance to its end")
    parser.add_argument("--timeout", type=seconds, default=60.0, metavar="SECONDS", help="of --wait; default 60")
    parser.add_argument(
        "--repeat", type=whole_number(1, 10_000), default=1, metavar="N", help="send the same delivery N times"
    )
    parser.add_argument("--url", help="of the server; default the one that runs on --data")
    add_source_options(parser)
    parser.set_defaults(command=_send)


def add_delivery_options(parser: argparse.ArgumentParser) -> None:
    """Add what says which delivery is made, a good one or a bad one on purpose."""
    parser.add_argument("source", metavar="SOURCE", help="name of a source in hooks.toml")
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="the body, byte for byte; default a sample of the sender"
    )
    parser.add_argument("--id", help="event id, if the sender has it in a header; default a new one")
    parser.add_argument(
        "--type",
        help="event type, if the sender has it in a header; default the source's first, or ping",
    )
    parser.add_argument("--content-type", metavar="TYPE", help="default JSON, or a form if the body looks like one")
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="the sender's (test) private key; default the source's secret"
    )
    parser.add_argument(
        "--tamper",
        action="append",
        default=[],
        choices=TAMPERINGS,
        help="change the delivery after it was signed; may be given several times",
    )
    parser.add_argument(
        "--skew",
        type=whole_number(-MAX_SKEW_S, MAX_SKEW_S),
        default=0,
        metavar="SECONDS",
        help="sign as a sender whose clock is off",
    )


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where a source and its secrets are."""
    add_data_option(parser)
    add_hooks_option(parser)


def find_source(options: argparse.Namespace) -> Source:
    """Return the source that the command names. Raises ConfigurationError."""
    hooks = load_hooks(options.hooks)
    if options.source not in hooks.sources:
        raise ConfigurationError(hooks.path.name, "sources", must_be_one_of(hooks.sources, options.source))
    return hooks.sources[options.source]


def with_secrets(source: Source, given: Sequence[SecretReference]) -> Source:
    """Return the source with these secrets instead of its own, if any are given."""
    return replace(source, secrets=tuple(given)) if given else source


def note_unchecked(source: Source) -> None:
    """Say on standard error if the description of the source's sender is unchecked."""
    if is_unchecked(source.sender.id):
        print(f"verihook: unchecked: the description of {source.sender.id} {WARNING}", file=sys.stderr)


def open_secrets(options: argparse.Namespace) -> RotatingSecrets:
    """Return the secrets of the server that runs on the data folder, or else of this environment."""
    run = read_run(options.data)
    return secrets_of({**environment(), **(run.secrets if run else {})}, options.hooks.parent, options.data)


def cannot_send(source: Source, hooks: str, why: str, mend: str = "") -> ConfigurationError:
    """Return the error that says why no delivery of this source can be made, and what to do."""
    return ConfigurationError(hooks, f"sources.{source.name}", f"cannot send as {source.sender.id}: {why}{mend}")


def secret_missing(source: Source, options: argparse.Namespace, error: KeyError) -> ConfigurationError:
    """Return the error for a secret that is not set, with what to do."""
    mend = f"{error.args[0]}; set it as the server has it"
    if read_run(options.data) is None:
        mend += (
            f"; no server runs on the data folder {options.data}, which would give it: start one there (make run, or"
        )
        mend += " verihook run), or name the folder of one that runs (--data)"
    return ConfigurationError(options.hooks.name, f"sources.{source.name}.secrets", mend)


def read_file(read: Callable[[], T], path: Path) -> T:
    """Return what ``read`` returns. Raises ConfigurationError if the file cannot be read."""
    try:
        return read()
    except OSError as error:
        raise ConfigurationError(str(path), "", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(str(path), "", "is not UTF-8") from error


def _send(options: argparse.Namespace) -> int:
    import httpx

    source = find_source(options)
    note_unchecked(source)
    run = read_run(options.data)
    url = (options.url or (run.url if run else "http://127.0.0.1:8787")).rstrip("/")
    delivery = signed_request(source, options)
    try:
        with httpx.Client(timeout=10) as client:
            reply = _post(client, url, delivery, options.repeat)
            if not reply.is_success:
                return 1
            # A sender may have no body in its answers.
            named = reply.headers.get("location", "").partition("instanceId=")[2]
            instance_id = reply.json().get("instanceId") if _of_json(reply) else named
            return _follow(client, url, instance_id, options.timeout) if options.wait and instance_id else 0
    except httpx.TransportError as error:
        mend = "start the server (make run, or verihook run), or name another (--url, --data)"
        print(f"verihook: {url} cannot be reached ({printable(str(error))}); {mend}", file=sys.stderr)
        return 1


def _post(client: Any, url: str, delivery: Request, repeat: int) -> Any:
    """Post the delivery ``repeat`` times, print the first answer and how often each came, and return the first."""
    target = f"{url}{delivery.path}{'?' if delivery.query else ''}{delivery.query}"
    # As bytes: httpx refuses text beyond ASCII in a header.
    headers = [(name.encode(), value.encode()) for name, value in delivery.headers]
    answers: Counter[str] = Counter()
    first = None
    for _ in range(repeat):
        reply = client.request(delivery.method, target, content=delivery.body, headers=headers)
        duplicate = " (duplicate)" if '"duplicate":true' in reply.text else ""
        answers[printable(f"{reply.status_code} {reply.reason_phrase}{duplicate}")] += 1
        if first is None:
            first = reply
            shown = reply.text or reply.headers.get("location", "")
            print(printable(f"{reply.status_code} {reply.reason_phrase}\n{shown}", keep="\n"), flush=True)
    if repeat > 1:
        print(f"{repeat} sent: {', '.join(f'{count} x {answer}' for answer, count in answers.items())}", flush=True)
    return first


def _follow(client: Any, url: str, instance_id: str, timeout: float) -> int:
    """Print each change of the status until the end; return 0 if that is ``completed``."""
    deadline = time.monotonic() + timeout
    shown = ""
    while time.monotonic() < deadline:
        reply = client.get(f"{url}/", params={"instanceId": instance_id})
        status = reply.json().get("status") if _of_json(reply) else reply.reason_phrase
        if status != shown:
            shown = status
            print(printable(reply.text, keep="\n"), flush=True)
        if status in FINAL or not reply.is_success:
            return 0 if status == "completed" else 1
        time.sleep(POLL)
    print(f"verihook: no end within {timeout:g} seconds; the instance goes on", file=sys.stderr)
    return 1


def _of_json(reply: Any) -> bool:
    return "json" in reply.headers.get("content-type", "")


def signed_request(source: Source, options: argparse.Namespace, wrap: Wrap | None = None) -> Request:
    """Return the request that the sender would make. Raises ConfigurationError; what ``wrap`` raises.

    ``options``: those of :func:`add_delivery_options`.
    """
    event_id, kind = options.id or str(uuid.uuid4()), DEFAULT_TYPE
    if options.file is None:
        body, kind = _sample(source, event_id)
    else:
        body = read_file(options.file.read_bytes, options.file)
    kind = options.type or next((kind.rstrip("*.") for kind in source.types), kind)
    content_type = options.content_type or content_type_of(body)
    if wrap is not None:
        body, content_type = wrap(body, event_id, kind)
    signed_at = int(time.time()) + options.skew
    secret = signing_secret(source, options)
    sending = SignedDelivery(source, secret, body, content_type, event_id, kind, signed_at)
    try:
        sending.signed()
    except ValueError as error:
        mend = KEY_MEND if "private" in str(error) and not options.key else ""
        raise cannot_send(source, options.hooks.name, str(error), mend) from error
    try:
        return sending.tampered(options.tamper)
    except ValueError as error:
        raise cannot_send(source, options.hooks.name, str(error)) from error


def _sample(source: Source, event_id: str) -> tuple[bytes, str]:
    """Return the body of a sample of the source's sender, as a new event, and its type."""
    sender = source.sender
    return fresh(sample_of(sender.id), sender.places, event_id), sample_type(sender.id)


def signing_secret(source: Source, options: argparse.Namespace) -> str:
    """Return what the sender signs with: the private key of ``--key``, else the newest of the source's secrets."""
    if options.key is not None:
        key = read_file(lambda: options.key.read_text(encoding="utf-8"), options.key).strip()
        if not key:
            raise ConfigurationError(str(options.key), "", "is empty")
        return str(key)
    if not source.secrets:
        raise cannot_send(source, options.hooks.name, "the source has no secret to sign with", KEY_MEND)
    try:
        return open_secrets(options).resolve(source.secrets[0].reference)[0]
    except KeyError as error:
        raise secret_missing(source, options, error) from error
