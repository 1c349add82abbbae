"""``verihook cost``: what webhooks cost in AWS, by engine and by what a source does. The tables of docs/costs.md."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from verihook.cli import bill
from verihook.cli.arguments import whole_number
from verihook.cli.table import show_table

#: Part of a bill -> the head of its column.
_PARTS = {
    "lambda": "LAMBDA",
    "writes": "WRITES",
    "reads": "READS",
    "engine": "ENGINE",
    "logs": "LOGS",
    "kept": "KEPT",
}

_POLICIES = {
    "ignored": "a type that the source does not want",
    "forged": "an unproven delivery",
    "redelivered": "a redelivery, duplicates = return or reject",
    "restarted": "a redelivery, duplicates = restart, of order-created",
    "limited": "starts_per_minute adds",
    "watched": "a sender that signs its body alone (github) adds",
    "reported": "report_running adds",
    "entered": "an entry of your own adds",
    "large": "20 KB that compression leaves above 8 KB add",
}


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("cost", help="what webhooks cost in AWS, by engine and source policy")
    parser.add_argument(
        "--size", type=int, choices=bill.SIZES, default=2048, metavar="BYTES", help="of a body: 512, 2048 or 20480"
    )
    parser.add_argument(
        "--sources", type=whole_number(0, 9999), default=5, metavar="N", help="how many sources are in use; default 5"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for programs")
    form.add_argument("--markdown", action="store_true", help="as the tables of docs/costs.md")
    parser.set_defaults(command=_cost)


def tables(size: int, sources: int) -> list[tuple[list[str], list[list[str]]]]:
    """Return the head and the rows of each table: engines, policies, month. Dollars, to the cent."""
    head = list(_PARTS.values())
    engines = [[engine, *_cells(bill.webhooks(engine, size))] for engine in bill.ENGINES]
    policies = [[_POLICIES[name], *_cells(each)] for name, each in bill.policies().items()]
    month = bill.month(sources)
    idle = {name: month[name] for name in ("reconciler", "secrets")}
    rows = [[name, f"{dollars:.2f}"] for name, dollars in idle.items()]
    rows += [["nothing comes: both", f"{sum(idle.values()):.2f}"]]
    rows += [[f"metrics, if something comes to {sources} sources", f"{month['metrics']:.2f}"]]
    rows += [[f"alarms, of {sources} sources too, and a dashboard", f"{sum(bill.alarms(sources).values()):.2f}"]]
    return [
        (["ENGINE OF A WEBHOOK", *head, "TOTAL"], engines),
        (["POLICY OF A SOURCE", *head, "TOTAL"], policies),
        (["A MONTH", "TOTAL"], rows),
    ]


def markdown(size: int, sources: int) -> str:
    """Return the tables as they stand in docs/costs.md."""
    parts = []
    for head, rows in tables(size, sources):
        lines = [head[:1] + [name.lower() for name in head[1:]], ["---", *["--:"] * (len(head) - 1)], *rows]
        lines[0][0] = head[0].lower()
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    return "\n\n".join(parts) + "\n"


def _cost(options: argparse.Namespace) -> int:
    price = bill.prices()
    if options.json:
        print(json.dumps(_document(price, options.size, options.sources), indent=1))
        return 0
    if options.markdown:
        print(markdown(options.size, options.sources), end="")
        return 0
    print(f"Dollars for a million webhooks of {options.size:,} bytes, at list prices of {price['region']} as known on")
    print(f"{price['known']}, without the free tier. A policy's line is a million such deliveries, or what it adds.")
    for head, rows in tables(options.size, options.sources):
        print()
        show_table(head, rows, right="TOTAL", spare=("READS", "LOGS"))
    return 0


def _document(price: Mapping[str, Any], size: int, sources: int) -> dict[str, Any]:
    return {
        "region": price["region"],
        "known": str(price["known"]),
        "bytes": size,
        "webhooks": bill.MILLION,
        "engines": {engine: _rounded(bill.webhooks(engine, size)) for engine in bill.ENGINES},
        "policies": {name: _rounded(each) for name, each in bill.policies().items()},
        "month": _rounded(bill.month(sources)),
        "alarms": _rounded(bill.alarms(sources)),
    }


def _rounded(each: bill.Bill) -> bill.Bill:
    """Return the bill with its total, rounded to hundredths of a cent."""
    return {part: round(dollars, 4) for part, dollars in (each | {"total": sum(each.values())}).items()}


def _cells(each: bill.Bill) -> list[str]:
    return [f"{each[part]:.2f}" for part in _PARTS] + [f"{sum(each.values()):.2f}"]
