"""``verihook events``: raise an event for an instance, list its events and waits, and what waits of all of them."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from verihook.adapters.printable import printable
from verihook.cli.arguments import json_value, whole_number
from verihook.cli.connect import add_action, print_json
from verihook.cli.table import show_table, utc_time

if TYPE_CHECKING:
    from verihook.client import Client, OpenWait


def add_parser(commands: Any) -> None:
    """Add the command and its subcommands."""
    parser = commands.add_parser("events", help="raise an event for an instance, list its events and waits")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    one = add_action(
        actions, "raise", _raise, "raise one: the oldest wait for it gets it, or it is kept until one comes"
    )
    one.add_argument("id", metavar="ID", help="of the instance")
    one.add_argument("name", metavar="NAME", help="what the workflow waits for")
    one.add_argument("--payload", type=json_value, metavar="JSON|@FILE|-", help="what the wait gets; default null")
    one.add_argument("--event-id", metavar="ID", help="the same again changes nothing; made if absent")
    some = add_action(
        actions, "list", _list, "list events that no wait has taken yet, and waits that no event came for"
    )
    some.add_argument("id", metavar="ID", help="of the instance")
    some.add_argument("--sent", action="store_true", help="instead the last 50 that were sent, and who sent them")
    waiting = add_action(actions, "waiting", _waiting, "list the waits of all instances that no event came for")
    waiting.add_argument("--workflow", metavar="NAME", help="of one workflow; default all")
    waiting.add_argument("--limit", type=whole_number(1, 10_000), default=50, help="how many; default 50")


def _list(client: Client, options: argparse.Namespace) -> int:
    if options.sent:
        return _sent(client, options)
    found = client.events(options.id)
    if options.json:
        print_json({"events": [each.raw for each in found]})
    elif found:
        rows = [(each.name, each.state, utc_time(each.at), each.id or "") for each in found]
        show_table(("EVENT", "STATE", "SINCE", "ID"), rows, spare=("ID",))
    else:
        print("No events.")
    return 0


def _sent(client: Client, options: argparse.Namespace) -> int:
    found = client.sent_events(options.id)
    if options.json:
        print_json({"sent": [each.raw for each in found]})
    elif found:
        rows = [
            (each.name, utc_time(each.at), each.by, each.raw["by"].get("name", ""), each.id or "") for each in found
        ]
        show_table(("EVENT", "SENT", "BY", "NAME", "ID"), rows, spare=("ID",))
    else:
        print("No events.")
    return 0


def _waiting(client: Client, options: argparse.Namespace) -> int:
    found: list[OpenWait] = []
    page = client.waits(options.workflow, limit=min(options.limit, 100))
    found += page.waits
    while page.cursor and len(found) < options.limit:
        page = client.waits(options.workflow, limit=100, cursor=page.cursor)
        found += page.waits
    found = found[: options.limit]
    if options.json:
        print_json({"waits": [each.raw for each in found]})
    elif found:
        show_table(("INSTANCE", "WORKFLOW", "EVENT", "SINCE", "UNTIL", "SHOWS"), [_wait(each) for each in found])
    else:
        print("Nothing waits.")
    return 0


def _wait(each: OpenWait) -> tuple[str, ...]:
    shown = "" if each.shows is None else json.dumps(each.shows, ensure_ascii=False)
    until = "" if each.until is None else utc_time(each.until)
    return each.instance_id, each.workflow, each.name, utc_time(each.since), until, shown


def _raise(client: Client, options: argparse.Namespace) -> int:
    found = client.raise_event(options.id, options.name, options.payload, event_id=options.event_id)
    if options.json:
        print_json(found.raw)
    else:
        print(f"{options.name} is raised for {printable(found.id)}, which is {printable(found.status)}.")
    return 0
