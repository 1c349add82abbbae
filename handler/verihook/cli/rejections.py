"""``verihook rejections``: why deliveries were refused, by source, reason and hour."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from textwrap import wrap
from typing import Any

from verihook import errors
from verihook.adapters.clock import SystemClock
from verihook.adapters.printable import printable
from verihook.cli.arguments import past_time, whole_number
from verihook.cli.ledger import add_options, open_ledger
from verihook.cli.table import show_table, terminal_width, utc_time
from verihook.model.instance import milliseconds_of
from verihook.model.ports import KEPT_MS, Observation
from verihook.webhooks.observe import OTHER
from verihook.webhooks.reasons import in_words

#: Kind of observation, of deliveries that were accepted -> the warning.
_WARNINGS = {
    "changed": (
        "{count} redeliveries had another body than the first of their id, last seen {last}. If `event.id` is the id "
        "of an object and not of the event, events are lost: docs/configuration.md."
    ),
    "replayed": (
        "{count} deliveries had the signed bytes of an earlier one under another event id, last seen {last}. Two "
        "events may be alike; if that cannot be, they were captured: docs/senders.md."
    ),
}

#: Reason of a refusal by the entry of a source -> what it means.
_ENTRIES = {
    "entry-failed": "The entry of the source raised, returned what it may not, or its process died.",
    "entry-timeout": "The entry of the source did not return in time. Move what is slow into the workflow.",
    "entry-refused": "The entry of the source answered with a status of 400 or more. That may be as it was meant.",
}


#: What is said of a code that is none of these, nor of an error or a signature.
_NOT_KNOWN = "docs/operations.md says what it means."


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("rejections", help="why deliveries were refused, the newest first")
    parser.add_argument("--source", metavar="NAME", help="of one source; default all")
    parser.add_argument(
        "--since", type=_since, default="14d", metavar="WHEN", help="30m, 2h, 7d or a UTC time; default 14d"
    )
    parser.add_argument(
        "--limit", type=whole_number(1, 100_000), default=100, metavar="N", help="rows; default 100, the newest"
    )
    add_options(parser)
    parser.set_defaults(command=_rejections)


def _since(text: str) -> int:
    """Milliseconds since the epoch; never before the 14 days that the ledger keeps."""
    return max(milliseconds_of(past_time(text)), SystemClock().now_ms() - KEPT_MS)


def _rejections(options: argparse.Namespace) -> int:
    with open_ledger(options) as ledger:
        seen = ledger.observations("rejected", options.source, options.limit, options.since)
        observed = {kind: ledger.observations(kind, options.source, options.limit, options.since) for kind in _WARNINGS}
    for rows in (seen, *observed.values()):
        rows.sort(key=lambda row: row.last_at, reverse=True)
    if options.json:
        content = {"rejections": [row.public() for row in seen]}
        # Only if there are any: programs that know "rejections" alone go on as before.
        more = {kind: [row.public() for row in rows] for kind, rows in observed.items() if rows}
        print(json.dumps(content | more, indent=2))
        return 0
    _warn(observed)
    if seen:
        _show(seen)
    else:
        of = f" of source {options.source!r}" if options.source else ""
        print(f"No rejections{of} since {utc_time(options.since)}.")
    return 0


def _warn(observed: Mapping[str, list[Observation]]) -> None:
    """Print a line for each source whose events may have been lost or made up."""
    for kind, seen in observed.items():
        for source in sorted({row.source for row in seen}):
            rows = [row for row in seen if row.source == source]
            count, last = f"{sum(row.count for row in rows):,}", utc_time(rows[0].last_at)
            print(f"! {printable(source)}: {_WARNINGS[kind].format(count=count, last=last)}")
    if any(observed.values()):
        print()


def _show(seen: list[Observation]) -> None:
    """Print a row for each source, reason and hour, and then what each reason means."""
    head = ("LAST SEEN", "COUNT", "SOURCE", "REASON", "A REQUEST")
    rows = [(utc_time(row.last_at), f"{row.count:,}", row.source or "-", row.reason, row.request_id) for row in seen]
    reasons = sorted({row.reason for row in seen})
    wide = min(100, terminal_width())
    meanings = [
        "\n".join([reason, *wrap(meaning(reason), wide, initial_indent="  ", subsequent_indent="  ")])
        for reason in reasons
    ]
    show_table(head, rows, right="COUNT", spare=("A REQUEST",))
    for meant in meanings:
        print(f"\n{meant}")


def meaning(reason: str) -> str:
    """Return what a reason code means, in words."""
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.VerihookError) and kind.code == reason:
            first, _, _ = (kind.__doc__ or kind.title).partition("\n")
            return f"{first.replace('``', '')} docs/operations.md has the mend."
    if reason in _ENTRIES:
        return f"{_ENTRIES[reason]} verihook deliveries list --reason {reason} has the last one, and show its detail."
    try:
        return in_words(reason)
    except KeyError:
        return _NOT_KNOWN


def reason_code(text: str) -> str:
    """Parse a reason code. Raises ArgumentTypeError for one that no refusal has."""
    if meaning(text) == _NOT_KNOWN and text != OTHER:
        raise argparse.ArgumentTypeError(
            f"must be a reason code such as signature-mismatch; docs/operations.md has all (got {text!r})"
        )
    return text
