"""``verihook senders show NAME``: how to receive from a sender, step by step."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from verihook.errors import ConfigurationError
from verihook.senders import Sender, load_sender, sender_ids, sender_table
from verihook.senders.evidence import WARNING, is_unchecked
from verihook.senders.schemes.sns_hosts import TOPICS
from verihook.senders.tables import must_be_one_of

#: The handshake of a sender -> what its source needs.
_PARAMETERS = {
    "ConfirmGet": (TOPICS, "the ARNs of your topics, separated by commas"),
    "EchoEncrypted": ("verify_token", "a reference to the Verification Token of the app, such as env:NAME"),
    "HashChallenge": (
        "verify_token",
        "a reference to the verification token that you give to the sender, such as env:NAME",
    ),
    "MacChallenge": ("public_key", "the public key that belongs to the secret"),
    "PairByHeader": ("pairing", "the same reference as in secrets, until the secret has come"),
    "PairByJson": ("pairing", "the same reference as in secrets, until the secret has come"),
}


def add_show(actions: Any) -> None:
    """Add the subcommand."""
    parser = actions.add_parser("show", help="how to receive from a sender, step by step")
    parser.add_argument("sender", metavar="NAME", help="of a sender, as verihook senders lists it")
    parser.set_defaults(command=_show)


def steps(sender_id: str) -> Iterator[str]:
    """Yield the lines. Raises ConfigurationError if there is no such sender."""
    if sender_id not in sender_ids():
        raise ConfigurationError("senders", "", must_be_one_of(sender_ids(), sender_id))
    table, sender = sender_table(sender_id), load_sender(sender_id)
    yield f"{table['title']}"
    yield f"  {table['documentation']}"
    yield f"  {table['evidence']}, {table['read']}" + (
        f": the description {WARNING}" if is_unchecked(sender_id) else ""
    )
    yield "\n1. Write a source into handler/hooks.toml, with a workflow of yours:\n"
    yield from (f"   {line}" for line in _source(sender_id, sender))
    yield "\n2. Start Verihook with the secret, or put it into the stack: verihook secrets --help"
    yield f"3. At the sender, give the URL https://YOUR-HOST/hooks/{sender_id}"
    yield from (f"   {line}" for line in _first(table.get("first", {})))
    yield "4. Try it with a sample of its deliveries, or with a file of yours:\n"
    yield f"   verihook send {sender_id} --wait\n"
    yield from _delivery(sender, table.get("delivery", {}))


def _show(options: argparse.Namespace) -> int:
    for line in steps(options.sender):
        print(line)
    return 0


def _source(sender_id: str, sender: Sender) -> Iterator[str]:
    """The lines of the source's table."""
    handshake, message = type(sender.handshake).__name__, str(getattr(sender.scheme, "message", ""))
    yield f"[sources.{sender_id}]"
    yield f'sender = "{sender_id}"'
    if not sender.scheme.keyless:
        secret = f"file:{sender_id}.secret" if handshake.startswith("PairBy") else f"env:{_variable(sender_id)}"
        yield f'secrets = ["{secret}"]'
    yield 'workflow = "order-created"'
    is_signed = "{url}" in message or type(sender.scheme).__name__ == "HttpSignatureScheme"
    if is_signed or handshake == "HashChallenge":
        why = "it is signed" if is_signed else "the answer has its hash"
        yield f'public_url = "https://YOUR-HOST/hooks/{sender_id}"   # as it is registered: {why}'
    for name, meaning in _parameters(handshake, message, sender):
        yield f'parameters.{name} = ""   # {meaning}'


def _parameters(handshake: str, message: str, sender: Sender) -> Iterator[tuple[str, str]]:
    if handshake in _PARAMETERS:
        yield _PARAMETERS[handshake]
    if getattr(sender.handshake, "token", "") and handshake == "EchoQuery":
        yield "verify_token", "a reference to the token that you give to the sender, such as env:NAME"
    for part in message.split("{parameter:")[1:]:
        yield part.partition("}")[0], "it is signed"


def _first(first: Mapping[str, str]) -> Iterator[str]:
    """The lines on what the sender sends first."""
    sends, answer = first.get("sends", "not known"), first.get("answer", "")
    yield f"What it sends then: {sends}." + (f" It is answered {answer}." if answer else "")


def _delivery(sender: Sender, delivery: Mapping[str, Any]) -> Iterator[str]:
    """The lines on how the sender delivers."""
    if sender.timeout_s:
        yield f"It waits {sender.timeout_s:g} s for an answer."
    yield f"It tries again: {delivery.get('retries', 'not known')}."
    yield f"What it makes of a refusal: {delivery.get('refusals', 'not known')}."
    places = sender.places
    told = str(places.id or "") if places.each is None else f"{places.each.id or 'none'}, in each of {places.each}"
    yield f"Its event id: {told or 'none: each delivery is an event'}."


def _variable(sender_id: str) -> str:
    return sender_id.upper().replace("-", "_") + "_SECRET"
