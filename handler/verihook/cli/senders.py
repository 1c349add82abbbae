"""``verihook senders``: the senders that this version knows. The same data makes the table in docs/senders.md."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from verihook.cli import sender_setup
from verihook.cli.table import show_table
from verihook.model.source import Source
from verihook.senders import FOLDER, load_sender, sender_ids

#: What only ``--json`` and the page have.
_LONG = ("retries", "refusals", "replays", "read", "unique", "first", "answer")

#: The columns that a narrow terminal leaves out, in this order.
_SPARE = ("DOCUMENTATION", "TIMEOUT SECONDS", "EVENT TYPE", "ID SIGNED", "EVENT ID")


@dataclass(frozen=True, slots=True)
class Row:
    """A sender as the table shows it.

    ``event_id`` and ``event_type``: the places they are read from, "" for none. ``id_signed``: whether the signature
    covers the id. ``timeout_seconds``: how long the sender waits for an answer; None if it does not say. ``retries``
    and ``refusals``: how it tries again, and what it makes of a 4xx, 410 or 429, in words. ``evidence``: what the
    description rests on (``unchecked``, ``documented``, ``official-vector``, ``official-library``). ``replays``: what a
    source of it does with signed bytes that come again under another id (``start``, ``refuse``); "" if that is not
    seen. ``read``: the day on which the description was looked up. ``unique``: the member that makes equal bodies one
    event, if there is no id; "" for none. ``first`` and ``answer``: what the sender sends first, in words, and how that
    is answered; "" for no answer.
    """

    id: str
    title: str
    scheme: str
    event_id: str
    id_signed: bool
    event_type: str
    timeout_seconds: int | None
    evidence: str
    documentation: str
    retries: str
    refusals: str
    replays: str
    read: str
    unique: str
    first: str
    answer: str


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("senders", help="list the senders that Verihook verifies")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for programs, with what each makes of a refusal")
    form.add_argument("--evidence", action="store_true", help="what each description rests on, and the day")
    form.add_argument("--markdown", action="store_true", help="as the table of docs/senders.md")
    parser.set_defaults(command=_senders)
    sender_setup.add_show(parser.add_subparsers(metavar="ACTION", required=False))


def rows() -> list[Row]:
    """Return every sender, by id. Raises ConfigurationError if a file is wrong."""
    return [_row(sender_id) for sender_id in sender_ids()]


def markdown(table: list[Row]) -> str:
    """Return the table as it stands in docs/senders.md."""
    lines = [
        "| sender | scheme | event id | event type | waits, and tries again | evidence |",
        "|---|---|---|---|---|---|",
    ]
    for row in table:
        title = f"[{row.title}]({row.documentation})" if row.documentation else row.title
        signed = "" if not row.event_id else ", signed" if row.id_signed else ", not signed"
        signed += {"start": "; replays seen", "refuse": "; replays refused"}.get(row.replays, "")
        waits = "; ".join(filter(None, [f"{row.timeout_seconds} s" if row.timeout_seconds else "", row.retries]))
        of = "" if row.unique == "the body" else f" with {row.unique}"
        told = f"; equal bodies{of} are one event" if row.unique else ""
        event_id = f"{row.event_id or 'none'}{signed}{told}"
        cells = [f"`{row.id}` {title}", row.scheme, event_id, row.event_type, waits, row.evidence]
        lines.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def first_requests(table: list[Row]) -> str:
    """Return the table of first requests as it stands in docs/senders.md."""
    lines = ["| sender | its first request | the answer |", "|---|---|---|"]
    for row in table:
        cells = [f"`{row.id}`", row.first, row.answer]
        lines.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _senders(options: argparse.Namespace) -> int:
    table = rows()
    if options.json:
        print(json.dumps([asdict(row) for row in table], indent=1, ensure_ascii=False))
    elif options.evidence:
        cells = [[row.id, row.evidence, row.read, row.documentation] for row in table]
        show_table(["SENDER", "EVIDENCE", "READ", "DOCUMENTATION"], cells)
        unchecked = sum(row.evidence == "unchecked" for row in table)
        print(f"\n{unchecked} of {len(table)} are unchecked: never compared with the sender's own text.")
    elif options.markdown:
        print(markdown(table), end="")
    else:
        _columns(table)
    return 0


def _row(sender_id: str) -> Row:
    table = tomllib.loads((FOLDER / f"{sender_id}.toml").read_text(encoding="utf-8"))
    sender = load_sender(sender_id)
    signature, delivery, places = table["signature"], table.get("delivery") or {}, sender.places
    source, first = Source(sender_id, sender, (), ""), table.get("first") or {}
    return Row(
        sender_id,
        str(table.get("title", "")),
        _scheme(signature),
        str(places.id or ""),
        places.id is not None and all(sender.scheme.covers(place.header, place.json) for place in places.id.each),
        str(places.type or ""),
        delivery.get("timeout_seconds"),
        str(table.get("evidence", "")),
        str(table.get("documentation", "")),
        str(delivery.get("retries", "")),
        str(delivery.get("refusals", "")),
        ("refuse" if source.refuses_replays else "start") if source.replayable else "",
        str(table.get("read", "")),
        "" if places.unique is None else ".".join(places.unique) or "the body",
        str(first.get("sends", "")),
        str(first.get("answer", "")),
    )


def _scheme(signature: Mapping[str, Any]) -> str:
    """Return a scheme in a few words: its kind, and the algorithm and the encoding if the sender's file names them."""
    if signature["scheme"] == "either":
        signature = signature["schemes"][0]
    kind = str(signature["scheme"])
    if kind == "hmac" and str(signature.get("message", "")).startswith("{secret}"):
        kind = "digest"
    named = [str(signature[key]) for key in ("algorithm", "encoding") if isinstance(signature.get(key), str)]
    if kind in ("hmac", "digest"):
        named = [str(signature.get("algorithm", "sha256")), str(signature.get("encoding", "hex"))]
    return " ".join([kind, *named])


def _columns(table: list[Row]) -> None:
    """Print the columns that are short."""
    names = [field.name for field in fields(Row) if field.name not in _LONG]
    head = [name.replace("_", " ").upper() for name in names]
    show_table(head, [[_cell(getattr(row, name)) for name in names] for row in table], spare=_SPARE)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value) or "-"
