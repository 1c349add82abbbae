"""``verihook jobs``: one action on every instance that some filters match; start, look, stop."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING, Any

from verihook.adapters.printable import printable
from verihook.cli.arguments import whole_number
from verihook.cli.connect import ENDED_BADLY, add_action, print_json
from verihook.cli.instances import add_filters, filters_of
from verihook.cli.table import show_table, utc_time
from verihook.model.job import ACTIONS, MAX_RATE, RATE

if TYPE_CHECKING:
    from verihook.client import Client, Job, JobCount, JobFailure

#: The pause between two looks, in seconds, and between two lines if there is no terminal for a bar.
_LOOK_S, _LINE_S = 0.5, 5.0

#: The width of the bar, in characters.
_BAR = 30


def add_parser(commands: Any) -> None:
    """Add the command and its subcommands."""
    parser = commands.add_parser("jobs", help="act on many instances at once")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    begin = add_action(actions, "start", _start, "do one thing to every instance that matches")
    begin.add_argument("action", choices=ACTIONS, metavar="WHAT", help=", ".join(ACTIONS))
    add_filters(begin)
    begin.add_argument(
        "--rate", type=whole_number(1, MAX_RATE), default=RATE, metavar="N", help=f"a second; default {RATE}"
    )
    begin.add_argument(
        "--as-new", action="store_true", help="replay: as instances of their own; else as the next attempt of each"
    )
    begin.add_argument("--dry-run", action="store_true", help="count them, show some, and do nothing")
    begin.add_argument("--wait", action="store_true", help="show how far it is until it has ended")
    some = add_action(actions, "list", _list, "list them, the newest first")
    some.add_argument("--limit", type=whole_number(1, 100), default=20, metavar="N", help="rows; default 20")
    for name, command, summary in (
        ("show", _show, "show one, with what failed"),
        ("failures", _failures, "list all that one has failed on"),
        ("stop", _stop, "have one act on nothing more, within 5 seconds"),
    ):
        add_action(actions, name, command, summary).add_argument("id", metavar="ID", help="of the job")


def _start(client: Client, options: argparse.Namespace) -> int:
    begun = client.start_job(
        options.action,
        rate=options.rate,
        dry_run=options.dry_run,
        as_new=options.as_new,
        **filters_of(options),
    )
    if begun.job is not None and options.wait:
        if not options.json:
            print(printable(f"Job {begun.job.id}: {_in_words(begun.count)}"), flush=True)
        return _ended(_watched(client, begun.job, quiet=options.json), options)
    if options.json:
        print_json(begun.raw)
    elif begun.job is None:
        print(f"{options.action} would act on {_in_words(begun.count)}")
        for example in begun.count.examples:
            print(printable(f"  {example}"))
    else:
        print(printable(f"Job {begun.job.id} has begun: {_in_words(begun.count)}"))
        print(printable(f"Look at it: verihook jobs show {begun.job.id}"))
    return 0


def _in_words(count: JobCount) -> str:
    if count.complete:
        return f"{count.matched} instances."
    return (
        f"{count.matched} instances or more: the count stopped after the {count.looked} newest, "
        f"back to {utc_time(count.looked_to)}."
    )


def _list(client: Client, options: argparse.Namespace) -> int:
    found = client.jobs(limit=options.limit)
    if options.json:
        print_json({"jobs": [each.raw for each in found.jobs], "cursor": found.cursor})
    elif found.jobs:
        rows = [
            (each.id, each.action, _filter(each), each.status, *map(str, (each.done, each.skipped, each.failed)))
            for each in found.jobs
        ]
        show_table(("JOB", "ACTION", "FILTER", "STATUS", "DONE", "SKIPPED", "FAILED"), rows, spare=("FILTER",))
    else:
        print("No jobs.")
    return 0


def _show(client: Client, options: argparse.Namespace) -> int:
    return _shown(client.job(options.id), options)


def _failures(client: Client, options: argparse.Namespace) -> int:
    found: list[JobFailure] = []
    cursor: str | None = None
    while True:
        page = client.job_failures(options.id, limit=1000, cursor=cursor)
        found += page.failures
        if (cursor := page.cursor) is None:
            break
    if options.json:
        rows = [{"instanceId": each.instance_id, "code": each.code, "detail": each.detail} for each in found]
        print_json({"failures": rows})
    elif found:
        show_table(("INSTANCE", "CODE", "DETAIL"), [(each.instance_id, each.code, each.detail) for each in found])
    else:
        print("No failures.")
    return 0


def _stop(client: Client, options: argparse.Namespace) -> int:
    found = client.stop_job(options.id)
    while found.status == "stopping":
        time.sleep(_LOOK_S)
        found = client.job(options.id)
    return _shown(found, options)


def _shown(found: Job, options: argparse.Namespace) -> int:
    if options.json:
        print_json(found.raw)
        return 0
    print(printable(f"job      {found.id}, {found.action}, {found.rate} a second"))
    print(printable(f"filter   {_filter(found)}"))
    print(printable(f"status   {found.status}, since {utc_time(found.ended_at or found.created_at)}"))
    print(f"counted  {_in_words(found.count)}")
    print(f"done     {found.done}, skipped {found.skipped}, failed {found.failed}")
    for each in found.failures:
        print(printable(f"  {each.instance_id}  {each.code}: {each.detail}"))
    if found.failed > len(found.failures):
        more = found.failed - len(found.failures)
        print(printable(f"  and {more} more: verihook jobs failures {found.id}"))
    return 0


def _ended(found: Job, options: argparse.Namespace) -> int:
    """Show a job that was waited for; 1 if it was stopped or anything failed."""
    _shown(found, options)
    return 0 if found.status == "completed" and not found.failed else ENDED_BADLY


def _filter(found: Job) -> str:
    given = {name: value for name, value in found.filter.items() if value and name != "metadata"}
    pairs = {f"metadata.{key}": value for key, value in (found.filter.get("metadata") or {}).items()}
    return " ".join(f"{name}={value}" for name, value in {**given, **pairs}.items())


def _watched(client: Client, found: Job, *, quiet: bool) -> Job:
    """Show how far the job is until it has ended: a bar on a terminal, else a line now and then."""
    bar = sys.stderr.isatty() and not quiet
    last = time.monotonic()
    while not found.ended:
        if bar:
            print(f"\r{progress(found)}", end="", file=sys.stderr, flush=True)
        elif not quiet and time.monotonic() > last + _LINE_S:
            last = time.monotonic()
            print(progress(found), flush=True)
        time.sleep(_LOOK_S)
        found = client.job(found.id)
    if bar:
        print(f"\r{progress(found)}", file=sys.stderr, flush=True)
    return found


def progress(found: Job) -> str:
    """Return how far the job is, in one line; with a bar if it is known how many there are."""
    over = found.done + found.skipped + found.failed
    if not found.count.complete:
        return f"{over} of {found.count.matched} or more, {found.failed} failed"
    whole = max(found.count.matched, over)
    filled = _BAR if found.status == "completed" else _BAR * over // max(whole, 1)
    return f"[{'#' * filled}{'.' * (_BAR - filled)}] {over} of {whole}, {found.failed} failed"
