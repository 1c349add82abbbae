"""``verihook sources``: the sources of a server, how one stands, and a delivery that the server sends to it itself."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verihook.adapters.printable import printable
from verihook.cli.connect import ENDED_BADLY, add_action, print_json
from verihook.cli.send import read_file
from verihook.cli.table import show_members, show_table
from verihook.senders.evidence import is_unchecked
from verihook.webhooks.trials import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verihook.client import Client, TrialResult
    from verihook.client.records import Source


def add_parser(commands: Any) -> None:
    """Add the command and its subcommands."""
    parser = commands.add_parser("sources", help="the sources of a server: list, look at one, try one")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add_action(actions, "list", _list, "list the sources that start a workflow which the API key covers")
    one = add_action(actions, "show", _show, "one: how it verifies, what came lately, how its sender behaves")
    one.add_argument("name", metavar="SOURCE")
    tried = add_action(actions, "test", _test, "have the server send it a delivery, good or bad on purpose")
    tried.add_argument("name", metavar="SOURCE")
    tried.add_argument("--kind", choices=KINDS, default="signed", help="what is sent; default signed")
    tried.add_argument("--body", type=Path, metavar="FILE", help="a text; default an example event")
    tried.add_argument("--type", help="event type, if the sender has it in a header")
    tried.add_argument("--confirm", metavar="WORKFLOW", help="in AWS: the workflow that the source really starts")


def _list(client: Client, options: argparse.Namespace) -> int:
    found = client.sources()
    if options.json:
        print_json({"sources": [each.raw for each in found]})
    elif found:
        rows = [_row(each) for each in found]
        show_table(("SOURCE", "SENDER", "WORKFLOW", "PATH", "TYPES"), rows, spare=("PATH", "TYPES"))
    else:
        print("No sources.")
    return 0


def _show(client: Client, options: argparse.Namespace) -> int:
    found = client.source(options.name)
    if options.json:
        print_json(found.raw)
        return 0
    raw = found.raw
    secrets = [
        each["reference"] + (f" until {each['until']}" if each["until"] else "") + (" (ended)" if each["ended"] else "")
        for each in raw["secrets"]
    ]
    refused, behaviour = raw["lastRefused"] or {}, raw["behaviour"]
    show_members(
        [
            ("url", found.url or found.source.path),
            ("sender", f"{behaviour['title']} ({found.source.sender})"),
            ("verifies", found.scheme),
            ("secrets", ", ".join(secrets) + ("" if found.usable else " - none can be used")),
            ("starts", ", ".join(found.source.workflows)),
            ("accepted", raw["lastAcceptedAt"] or "-"),
            ("refused", f"{refused['at']} {refused['reason']}" if refused else "-"),
            ("hour", _counts(raw["hour"])),
            ("day", _counts(raw["day"])),
            ("waits", f"{behaviour['timeoutSeconds']:g} s" if behaviour["timeoutSeconds"] else ""),
            ("retries", behaviour["retries"] or ""),
        ]
    )
    return 0


def _counts(counts: Mapping[str, Any]) -> str:
    accepted = f"{'at least ' if counts['atLeast'] else ''}{counts['accepted']} accepted"
    return f"{accepted}, {counts['duplicate']} duplicates, {counts['rejected']} refused, {counts['ignored']} ignored"


def _test(client: Client, options: argparse.Namespace) -> int:
    body = None if options.body is None else read_file(lambda: options.body.read_text(encoding="utf-8"), options.body)
    found = client.try_source(options.name, options.kind, body=body, event_type=options.type, confirm=options.confirm)
    if options.json:
        print_json(found.raw)
    else:
        expected = found.raw["expected"]
        print(f"{'as expected' if found.as_expected else 'NOT AS EXPECTED'}: {printable(_outcome(found))}")
        if not found.as_expected:
            reasons = f" ({' or '.join(expected['reasons'])})" if expected["reasons"] else ""
            print(printable(f"expected: {expected['outcome']}{reasons}"))
        print(printable(f"delivery {found.delivery_id}"))
    return 0 if found.as_expected else ENDED_BADLY


def _outcome(found: TrialResult) -> str:
    why = f" ({found.reason})" if found.reason else ""
    named = f", instance {found.instance_id}" if found.instance_id else ""
    return f"{found.outcome}{why}, answered {found.status}{named}"


def _row(source: Source) -> tuple[str, ...]:
    started, types = ", ".join(source.workflows), ", ".join(source.types) or "all"
    sender = f"{source.sender} (unchecked)" if is_unchecked(source.sender) else source.sender
    return source.name, sender, started, source.path, types
