"""``verihook secrets``: the secrets of each source, when its previous one was last needed, and new values."""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection
from typing import Any

from verihook.adapters.clock import SystemClock
from verihook.cli import secret_values
from verihook.cli.ledger import add_options, open_ledger
from verihook.cli.options import add_hooks_option
from verihook.cli.table import show_table, utc_time
from verihook.config import load_hooks
from verihook.local.data import made_here
from verihook.model.instance import iso
from verihook.model.ports import KEPT_MS, Observation
from verihook.model.source import SecretReference, Source


def add_parser(commands: Any) -> None:
    """Add the command and its subcommands."""
    parser = commands.add_parser("secrets", help="the secrets of each source: their use, and new values")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    status = actions.add_parser("status", help="when the previous secret of each source was last needed")
    add_hooks_option(status)
    add_options(status)
    status.set_defaults(command=_status)
    secret_values.add_commands(actions)


def _status(options: argparse.Namespace) -> int:
    sources = load_hooks(options.hooks).sources
    now = SystemClock().now_ms()
    made = set() if options.table else made_here(options.data)
    with open_ledger(options) as ledger:
        # The newest hour of each source; one that ended more than 14 days ago does not count.
        seen = {name: ledger.observations("previous-secret", name, 1, now - KEPT_MS) for name in sources}
    last = {name: rows[0] if rows else None for name, rows in seen.items()}
    if options.json:
        content = [_content(source, last[name], made) for name, source in sources.items()]
        print(json.dumps({"sources": content}, indent=2))
    else:
        rows = [row for name, source in sources.items() for row in _rows(source, last[name], now, made)]
        show_table(("SOURCE", "SECRETS, NEWEST FIRST", "PREVIOUS ONE LAST NEEDED"), rows)
    return 0


def _content(source: Source, last: Observation | None, made: Collection[str] = ()) -> dict[str, object]:
    return {
        "source": source.name,
        "secrets": [
            {
                "reference": secret.reference,
                "until": None if secret.until_s is None else iso(secret.until_s * 1000),
                "madeHere": secret.reference.removeprefix("env:") in made,
            }
            for secret in source.secrets
        ],
        "previousLastNeededAt": iso(last.last_at) if last else None,
        "requestId": last.request_id if last else None,
    }


def _rows(source: Source, last: Observation | None, now: int, made: Collection[str] = ()) -> list[tuple[str, str, str]]:
    """Return a row for each secret; the first has the source and the time. ``made``: the variables made here."""
    secrets = [_secret(secret, now, made) for secret in source.secrets] or ["none needed"]
    needed = f"{utc_time(last.last_at)} (request {last.request_id})" if last else "not within 14 days"
    return [(source.name, secrets[0], needed), *(("", secret, "") for secret in secrets[1:])]


def _secret(secret: SecretReference, now: int, made: Collection[str]) -> str:
    reference = secret.reference
    if reference.removeprefix("env:") in made:
        reference += ", made here"
    if secret.until_s is None:
        return reference
    return f"{reference}, {'until' if secret.live(now // 1000) else 'ended'} {utc_time(secret.until_s * 1000)}"
