"""``verihook instances``: look at instances, and act on them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, get_args

from verihook.adapters.printable import printable
from verihook.cli.arguments import json_value, pair, past_time, seconds, whole_number
from verihook.cli.connect import add_action, print_json
from verihook.cli.open import add_open_option, open_instance
from verihook.cli.setting_aside import add_setting_aside
from verihook.cli.table import show_members, show_table, utc_time
from verihook.cli.watching import reasons, status_words, watch
from verihook.model.instance import Status

if TYPE_CHECKING:
    from verihook.client import Client, Filters, Instance


def add_parser(commands: Any) -> None:
    """Add the command and its subcommands."""
    parser = commands.add_parser("instances", help="look at instances, and act on them")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add_looks(actions)
    _add_failures(actions)
    terminate = _add(actions, "terminate", _terminate, "end one")
    terminate.add_argument("--reason", default="", help="kept with it")
    # No default: null is an output, too.
    terminate.add_argument(
        "--output",
        type=json_value,
        default=argparse.SUPPRESS,
        metavar="JSON|@FILE|-",
        help="becomes its output",
    )
    suspend = _add(actions, "suspend", _suspend, "let one start no new step")
    suspend.add_argument("--reason", default="", help="kept with it")
    _add(actions, "resume", _resume, "let one that is suspended go on")
    _add(actions, "restart", _restart, "run one again, with the same input")
    _add(actions, "redrive", _redrive, "let one go on from where it failed")
    purge = _add(actions, "purge", _purge, "delete what is kept of one")
    purge.add_argument("--force", action="store_true", help="terminate it first if it runs")


def _add_looks(actions: Any) -> None:
    some = add_action(actions, "list", _list, "list them, the newest first")
    add_filters(some)
    some.add_argument(
        "--limit", type=whole_number(1, 1_000_000), default=50, metavar="N", help="rows; default 50, the newest"
    )
    add_open_option(_add(actions, "get", _get, "show one, with its input and output"))
    _add(actions, "steps", _steps, "list the steps of the current attempt")
    _add(actions, "attempts", _attempts, "list its attempts: each restart begins another")
    watched = _add(actions, "watch", watch, "print what changes of one, until it has ended")
    watched.add_argument("--interval", type=seconds, default=1.0, metavar="SECONDS", help="between looks; default 1")
    watched.add_argument("--timeout", type=seconds, metavar="SECONDS", help="default: as long as it takes")


def _add_failures(actions: Any) -> None:
    some = add_action(actions, "failures", _failures, "failed ones in groups of one workflow and one error")
    some.add_argument("--workflow", metavar="NAME", help="of one workflow; default all")
    some.add_argument("--since", type=past_time, metavar="WHEN", help="created then or later: 30m, 2h, 7d, or a time")
    add_setting_aside(actions)


def add_filters(parser: Any) -> None:
    """Add the options that say which instances are meant."""
    parser.add_argument("--workflow", metavar="NAME", help="of one workflow")
    parser.add_argument("--status", choices=get_args(Status), metavar="STATUS", help=", ".join(get_args(Status)))
    parser.add_argument("--source", metavar="NAME", help="started by webhooks of one source")
    parser.add_argument("--tag", help="with this tag")
    parser.add_argument(
        "--metadata", type=pair, action="append", metavar="KEY=VALUE", help="with this pair; may be given several times"
    )
    parser.add_argument(
        "--since", type=past_time, metavar="WHEN", help="created then or later: 30m, 2h, 7d or a UTC time"
    )
    parser.add_argument("--until", type=past_time, metavar="WHEN", help="created before")


def filters_of(options: argparse.Namespace) -> Filters:
    """Return what :func:`add_filters` took."""
    names = ("workflow", "status", "source", "tag", "since", "until")
    filters: Filters = {name: getattr(options, name) for name in names}  # type: ignore[assignment]  # all are filters
    filters["metadata"] = dict(options.metadata) if options.metadata else None
    return filters


def _add(actions: Any, name: str, command: Callable[[Client, argparse.Namespace], int], summary: str) -> Any:
    parser = add_action(actions, name, command, summary)
    parser.add_argument("id", metavar="ID", help="of the instance")
    return parser


def _list(client: Client, options: argparse.Namespace) -> int:
    found = [*_listed(client, options.limit, filters_of(options))]
    if options.json:
        print_json({"instances": [each.raw for each in found]})
    elif found:
        rows = [
            (each.id, each.workflow, status_words(each), utc_time(each.created_at), utc_time(each.updated_at))
            for each in found
        ]
        show_table(("INSTANCE", "WORKFLOW", "STATUS", "CREATED", "UPDATED"), rows, spare=("UPDATED", "CREATED"))
    else:
        print("No instances.")
    return 0


def _failures(client: Client, options: argparse.Namespace) -> int:
    found = client.failures(options.workflow, options.since)
    if options.json:
        print_json({"failures": [each.raw for each in found]})
    elif found:
        rows = [
            (each.workflow, each.error or "-", str(each.count), utc_time(each.last_at), each.last.id) for each in found
        ]
        show_table(("WORKFLOW", "ERROR", "COUNT", "LAST", "LAST INSTANCE"), rows, right="COUNT")
    else:
        print("No failures.")
    return 0


def _listed(client: Client, limit: int, filters: Filters) -> Iterator[Instance]:
    from verihook.client import Forbidden

    try:
        yield from islice(client.list(limit=min(limit, 1000), **filters), limit)
    except Forbidden as error:
        # The API's text names its query parameter.
        detail = error.detail.replace("?workflow=NAME", "--workflow NAME")
        raise Forbidden(replace(error.problem, detail=detail)) from None


def _get(client: Client, options: argparse.Namespace) -> int:
    found = client.get(options.id)
    if options.open:
        open_instance(found.id, options)
    if options.json:
        print_json(found.raw)
        return 0
    show_members(_lines(found))
    return 0


def _lines(found: Instance) -> list[tuple[str, str]]:
    labels = [*found.tags, *(f"{key}={value}" for key, value in found.metadata.items())]
    return [
        ("instance", found.id),
        ("workflow", f"{found.workflow}, version {found.version}, on {found.engine}"),
        ("status", status_words(found) if found.attempt == 1 else f"{status_words(found)}, attempt {found.attempt}"),
        ("created", utc_time(found.created_at)),
        ("updated", utc_time(found.updated_at)),
        ("not before", utc_time(found.start_at)),
        ("leased until", _lease(found)),
        ("source", found.source or ""),
        # Without a source it is the hash of an idempotency key, which tells a person nothing.
        ("event", " ".join(text for text in (found.event_type, found.event_id) if text) if found.source else ""),
        ("replay of", found.replay_of or ""),
        ("trace", found.trace_id or ""),
        ("labels", ", ".join(labels)),
        ("connection", found.connection or ""),
        ("callback", found.callback_url or ""),
        *reasons(found),
        ("input", json.dumps(found.input, ensure_ascii=False)),
        ("output", "" if found.output is None else json.dumps(found.output, ensure_ascii=False)),
    ]


def _lease(found: Instance) -> str:
    """Return when the lease of the worker that runs it ends, or when the next try of its function begins."""
    if found.leased_until is None:
        return ""
    then = "a worker runs it; if that has died, another begins then" if found.status == "running" else "the next try"
    return f"{utc_time(found.leased_until)} ({then})"


def _steps(client: Client, options: argparse.Namespace) -> int:
    found = client.steps(options.id)
    if options.json:
        print_json({"steps": [each.raw for each in found]})
    elif found:
        rows = [
            (each.name, each.status, utc_time(each.started_at), utc_time(each.ended_at), each.error or "")
            for each in found
        ]
        show_table(("STEP", "STATUS", "STARTED", "ENDED", "ERROR"), rows, spare=("ENDED",))
    else:
        print("No steps.")
    return 0


def _attempts(client: Client, options: argparse.Namespace) -> int:
    found = client.attempts(options.id)
    if options.json:
        print_json({"attempts": [each.raw for each in found]})
        return 0
    rows = [
        (
            str(each.number),
            each.status,
            utc_time(each.started_at),
            utc_time(each.ended_at),
            _failure(each.error, each.cause),
        )
        for each in found
    ]
    show_table(("ATTEMPT", "STATUS", "STARTED", "ENDED", "ERROR"), rows, right="ATTEMPT", spare=("ENDED",))
    return 0


def _failure(*words: str | None) -> str:
    return ": ".join(text for text in words if text)


def _terminate(client: Client, options: argparse.Namespace) -> int:
    output = {"output": options.output} if hasattr(options, "output") else {}
    return _done(client.terminate(options.id, options.reason, **output), options)


def _suspend(client: Client, options: argparse.Namespace) -> int:
    return _done(client.suspend(options.id, options.reason), options)


def _resume(client: Client, options: argparse.Namespace) -> int:
    return _done(client.resume(options.id), options)


def _restart(client: Client, options: argparse.Namespace) -> int:
    return _done(client.restart(options.id), options)


def _redrive(client: Client, options: argparse.Namespace) -> int:
    return _done(client.redrive(options.id), options)


def _purge(client: Client, options: argparse.Namespace) -> int:
    client.purge(options.id, force=options.force)
    if options.json:
        print_json({"instanceId": options.id, "purged": True})
    else:
        print(f"{options.id} is purged.")
    return 0


def _done(found: Instance, options: argparse.Namespace) -> int:
    if options.json:
        print_json(found.raw)
    else:
        print(printable(f"{found.id} is {status_words(found)}."))
    return 0
