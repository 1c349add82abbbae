"""``verihook deliveries``: what came, what became of it, and the bytes of its body."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from verihook.adapters.printable import printable
from verihook.cli.arguments import past_time, whole_number
from verihook.cli.connect import add_action, print_json
from verihook.cli.rejections import meaning, reason_code
from verihook.cli.table import show_members, show_table, utc_time
from verihook.cli.watching import reasons

if TYPE_CHECKING:
    from verihook.client import Client, Delivery, DeliveryFilters, EventResult, Hit

_FILTERS = ("source", "outcome", "reason", "type", "since", "until")

#: How often ``--follow`` looks, in seconds, how many it asks for at once, and how far back: counts come a minute late.
_EVERY_S, _NEWS, _BACK = 2.0, 100, timedelta(minutes=5)


def add_parser(commands: Any) -> None:
    """Add the command and its subcommands."""
    parser = commands.add_parser("deliveries", help="look at what came, and at what became of it")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add_list(actions)
    one = add_action(actions, "show", _show, "show one with what is kept of it")
    one.add_argument("id", metavar="ID", help="as the list has it")
    body = add_action(
        actions, "body", _body, "write the very bytes of its body to a file or a pipe, its text to a terminal"
    )
    body.add_argument("id", metavar="ID", help="as the list has it")
    _add_changes(actions)
    window = add_action(actions, "capture", _capture, "keep whole refused requests of a source for some minutes")
    window.add_argument("source", metavar="SOURCE", help="name of the source")
    window.add_argument("--minutes", type=whole_number(1, 60), default=10, metavar="N", help="how long; default 10")
    window.add_argument("--samples", type=whole_number(1, 20), default=20, metavar="N", help="how many; default 20")
    window.add_argument(
        "--reason", type=reason_code, action="append", default=[], metavar="CODE", help="only these; repeatable"
    )
    found = add_action(
        actions,
        "lookup",
        _lookup,
        "find what has an id of an event, instance or request, a label or an idempotency key",
    )
    found.add_argument("text", metavar="TEXT", help="the id, a tag, or KEY=VALUE of the metadata")


def _add_list(actions: Any) -> None:
    some = add_action(actions, "list", _list, "list them, the newest first; those not accepted are counted by the hour")
    some.add_argument("--source", metavar="NAME", help="of one source")
    some.add_argument("--outcome", metavar="OUTCOME", help="accepted, rejected, duplicate, changed, ignored, ...")
    some.add_argument("--reason", type=reason_code, metavar="CODE", help="why they were refused")
    some.add_argument("--type", metavar="TYPE", help="of the event, also with a * at the end")
    some.add_argument("--since", type=past_time, metavar="WHEN", help="came then or later: 30m, 2h, 7d or a UTC time")
    some.add_argument("--until", type=past_time, metavar="WHEN", help="came before")
    some.add_argument(
        "--limit", type=whole_number(1, 100_000), default=50, metavar="N", help="rows; default 50, the newest"
    )
    some.add_argument("--follow", action="store_true", help="go on, and print each that comes")


def _add_changes(actions: Any) -> None:
    again = add_action(actions, "replay", _replay, "start one again with the same input, byte for byte")
    again.add_argument("id", metavar="ID", help="of an accepted one")
    again.add_argument(
        "--as-new", action="store_true", help="as an instance of its own; else as the next attempt of its instance"
    )
    gone = add_action(actions, "delete", _delete, "delete what is kept of an event, its instance and body among it")
    gone.add_argument("id", nargs="?", metavar="ID", help="of an accepted one; or give --source and --event")
    gone.add_argument("--source", metavar="NAME", help="of the event")
    gone.add_argument("--event", metavar="ID", help="the event's own id, as its sender has it")
    gone.add_argument("--force", action="store_true", help="terminate an instance that runs first")


def _list(client: Client, options: argparse.Namespace) -> int:
    filters: DeliveryFilters = {name: getattr(options, name) for name in _FILTERS}  # type: ignore[assignment]  # all are filters
    found = _newest(client, filters, options.limit)
    if options.follow:
        return _follow(client, options, filters, found)
    if options.json:
        print_json({"deliveries": [each.raw for each in found]})
    elif found:
        head = ("LAST", "COUNT", "SOURCE", "OUTCOME", "REASON OR TYPE", "DELIVERY")
        show_table(head, [_row(each) for each in found], right="COUNT", spare=("COUNT",))
    else:
        of = f" of {options.source}; verihook sources list names all sources" if options.source else ""
        print(printable(f"No deliveries{of}."))
    return 0


def _newest(client: Client, filters: DeliveryFilters, limit: int) -> list[Delivery]:
    found: list[Delivery] = []
    cursor: str | None = None
    while len(found) < limit:
        page = client.deliveries(limit=min(limit - len(found), 1000), cursor=cursor, **filters)
        found += page.deliveries
        if (cursor := page.cursor) is None:
            break
    return found


def _follow(client: Client, options: argparse.Namespace, filters: DeliveryFilters, found: list[Delivery]) -> int:
    """Print each once, and again if its count has grown; until the process is interrupted."""
    seen: set[tuple[str, int]] = set()
    latest = datetime.now(UTC)
    while True:
        latest = max((each.at for each in found), default=latest)
        for each in reversed(found):
            if (each.id, each.count) not in seen:
                seen.add((each.id, each.count))
                if options.json:
                    print_json(each.raw)
                else:
                    print(printable("  ".join(cell for cell in _row(each) if cell)))
        sys.stdout.flush()
        time.sleep(_EVERY_S)
        found = _news(client, {**filters, "since": latest - _BACK}, seen)


def _news(client: Client, filters: DeliveryFilters, seen: set[tuple[str, int]]) -> list[Delivery]:
    """Return the newest, page by page back to the first that was printed before."""
    found: list[Delivery] = []
    cursor: str | None = None
    while True:
        page = client.deliveries(limit=_NEWS, cursor=cursor, **filters)
        found += page.deliveries
        cursor = page.cursor
        if cursor is None or any((each.id, each.count) in seen for each in page.deliveries):
            return found


def _row(found: Delivery) -> tuple[str, ...]:
    what = found.reason or found.event_type or ""
    return utc_time(found.at), f"{found.count:,}", found.source or "-", found.outcome, what, found.id


def _show(client: Client, options: argparse.Namespace) -> int:
    found = client.delivery(options.id)
    if options.json:
        print_json(found.raw)
        return 0
    show_members(_lines(found))
    return 0


def _lines(found: Delivery) -> list[tuple[str, str]]:
    body = (
        ""
        if found.length is None
        else f"{found.length:,} bytes" + (f", SHA-256 {found.sha256}" if found.sha256 else "")
    )
    kept = "verihook deliveries body prints it" if found.body_kept else "not kept"
    return [
        ("delivery", found.id),
        (
            "came",
            utc_time(found.at)
            if found.count == 1
            else f"{utc_time(found.at)}, the last of {found.count:,} in its hour",
        ),
        ("source", found.source or "none"),
        ("outcome", ": ".join(text for text in (found.outcome, found.reason) if text)),
        ("detail", found.detail or ""),
        ("means", meaning(found.reason) if found.reason else ""),
        ("event", " ".join(text for text in (found.event_type, found.event_id) if text)),
        ("instance", ", ".join(text for text in (found.instance_id, found.status) if text)),
        ("not before", utc_time(found.start_at)),
        *reasons(found),
        ("resumed", "" if found.resumed is None else ", ".join(found.resumed) or "none yet"),
        ("request", found.request_id or ""),
        ("trace", found.trace_id or ""),
        ("path", found.path or ""),
        ("verified by", found.verified_by or ""),
        *(("header", f"{name}: {value}") for name, value in found.headers),
        ("headers", "" if found.headers else ", ".join(found.header_names)),
        ("content type", "" if found.headers else found.content_type or ""),
        ("agent", "" if found.headers else found.agent or ""),
        ("body", f"{body} ({kept})" if body else ""),
        ("kept until", utc_time(found.kept_until)),
        ("replay of", found.replay_of or ""),
        ("came in", found.carrier or ""),
        ("events", _summary(found)),
        *(("event", _event(each)) for each in found.events),
    ]


def _summary(found: Delivery) -> str:
    """Return how many events a delivery carries, and how many of them became what; "" if it is one event."""
    if found.event_count is None:
        return ""
    counts = Counter(each.status for each in found.events)
    said = ", ".join(f"{count:,} {status}" for status, count in counts.most_common())
    return f"{found.event_count:,}: {said or 'none is started yet'}"


def _event(found: EventResult) -> str:
    what = (
        found.event_id,
        ", ".join(found.instances),
        ": ".join(text for text in (found.reason, found.detail) if text),
    )
    return " ".join(text for text in (f"{found.number} {found.status}", *what) if text)


def _body(client: Client, options: argparse.Namespace) -> int:
    content = client.delivery_body(options.id)
    if sys.stdout.isatty():
        # A stranger may have written it, if it is of a refused request.
        print(printable(content.decode("utf-8", "replace"), keep="\n\t"))
        return 0
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
    return 0


def _replay(client: Client, options: argparse.Namespace) -> int:
    found = client.replay_delivery(options.id, as_new=options.as_new)
    if options.json:
        print_json(found.raw)
    else:
        print(printable(f"{options.id} is replayed: {found.id}, attempt {found.attempt}, is {found.status}."))
    return 0


def _delete(client: Client, options: argparse.Namespace) -> int:
    by_event = options.source is not None and options.event is not None
    if (options.id is not None) == by_event or (not by_event and (options.source or options.event)):
        raise ValueError("give the ID of a delivery, or --source and --event")
    if by_event:
        gone = client.delete_event(options.source, options.event, force=options.force)
    else:
        gone = client.delete_delivery(options.id, force=options.force)
    if options.json:
        print_json(gone.raw)
        return 0
    print(f"Deleted: {len(gone.instances)} instances, {gone.samples} samples, {gone.captured} captured requests.")
    print("Not deleted, as no call can:")
    for each in gone.not_deleted:
        print(printable(f"  {each}"))
    return 0


def _lookup(client: Client, options: argparse.Namespace) -> int:
    found = client.lookup(options.text)
    if options.json:
        print_json({"found": [_raw(each) for each in found]})
        return 0
    if not found:
        print("Nothing has this id or label. Of events that are only counted, the last of each hour is known.")
    for each in found:
        print(printable(f"by {each.by}: {_found(each)}"))
    return 0


def _found(hit: Hit) -> str:
    row, came = hit.instance, hit.delivery
    if row is not None:
        return f"instance {row.id}, {row.workflow}, {row.status}"
    if came is None:
        return f"deleted on {utc_time(hit.deleted_at)}, nothing is kept of it"
    if came.instance_id is not None:
        return f"delivery {came.id}"
    what = ": ".join(text for text in (came.outcome, came.reason) if text)
    return f"counted as {what}, the last at {utc_time(came.at)}, not kept: delivery {came.id}"


def _raw(hit: Hit) -> dict[str, object]:
    return {
        "by": hit.by,
        "instance": None if hit.instance is None else hit.instance.raw,
        "delivery": None if hit.delivery is None else hit.delivery.raw,
        "deletedAt": None if hit.deleted_at is None else hit.deleted_at.isoformat(),
    }


def _capture(client: Client, options: argparse.Namespace) -> int:
    until = client.capture(options.source, minutes=options.minutes, samples=options.samples, reasons=options.reason)
    if options.json:
        print_json({"source": options.source, "until": until.isoformat()})
    else:
        look = f"verihook deliveries list --source {options.source} --outcome captured"
        print(printable(f"Refused requests of {options.source} are kept until {utc_time(until)}. Look at them: {look}"))
    return 0
