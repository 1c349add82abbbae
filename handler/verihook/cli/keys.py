"""``verihook keys``: make, list, rotate and revoke API keys, in the ledger itself; and the secret of callbacks."""

from __future__ import annotations

import argparse
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from verihook import bootstrap, keys
from verihook.callbacks import callback_secret
from verihook.cli import ledger
from verihook.cli.table import aligned, show
from verihook.clock import SystemClock
from verihook.errors import ConfigurationError
from verihook.instance import iso
from verihook.local.data import DEFAULT, read_instance_key
from verihook.scopes import MEANINGS, SCOPES, ApiKey
from verihook.settings import environment

_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_HEAD = ("ID", "NAME", "STATUS", "SCOPES", "WORKFLOWS", "EXPIRES", "LAST USED")
_SPAN = re.compile(r"([0-9]{1,5})([smhd])", re.ASCII)


def add_parser(commands: Any) -> None:
    """Add the command and its subcommands."""
    parser = commands.add_parser("keys", help="API keys: create, list, rotate, revoke; and the secret of callbacks")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    meanings = "\n".join(f"  {scope:20}{meaning}" for scope, meaning in MEANINGS.items())
    create = actions.add_parser(
        "create",
        help="make a key, shown this once",
        epilog=f"scopes:\n{meanings}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    create.add_argument("--name", required=True, help="whose it is, for people")
    create.add_argument(
        "--scope", action="append", required=True, choices=SCOPES, metavar="SCOPE", help="may be given several times"
    )
    create.add_argument(
        "--workflow", action="append", default=[], metavar="PATTERN", help="such as order-*, several times; default all"
    )
    create.add_argument("--expires", type=_moment, metavar="WHEN", help="90d, 12h or a UTC time; default never")
    _finish(create, _create)
    _finish(actions.add_parser("list", help="all keys, never their secrets"), _list)
    revoke = actions.add_parser("revoke", help="end a key for good, within 30 seconds everywhere")
    revoke.add_argument("id", metavar="ID")
    _finish(revoke, _revoke)
    rotate = actions.add_parser("rotate", help="a new key with the rights of this one, which ends after the overlap")
    rotate.add_argument("id", metavar="ID")
    rotate.add_argument("--overlap", type=_span, default="1d", help="how long the old one stays valid; default 1d")
    rotate.add_argument("--expires", type=_moment, metavar="WHEN", help="default: lasts as long as the old one did")
    _finish(rotate, _rotate)
    secret = actions.add_parser("callback-secret", help="what receivers of callbacks verify them with")
    where = secret.add_mutually_exclusive_group()
    where.add_argument("--data", type=Path, default=DEFAULT, help=f"data folder; default {DEFAULT}")
    where.add_argument(
        "--instance-key",
        metavar="REFERENCE",
        help="instead, of a deployment in AWS: secretsmanager:ARN, ssm:/PATH, env:NAME or file:PATH",
    )
    secret.set_defaults(command=_callback_secret)


def _finish(parser: argparse.ArgumentParser, command: Any) -> None:
    ledger.add_options(parser)
    parser.set_defaults(command=command)


def _span(text: str) -> int:
    """Milliseconds."""
    span = _SPAN.fullmatch(text)
    if span is None:
        raise argparse.ArgumentTypeError(f"{text!r}: write 30m, 12h or 90d")
    return int(span[1]) * _UNITS[span[2]]


def _moment(text: str) -> int:
    """Milliseconds since the epoch."""
    if _SPAN.fullmatch(text):
        return SystemClock().now_ms() + _span(text)
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r}: write 90d, 12h, or a time such as 2027-01-31T14:02") from None


def _create(options: argparse.Namespace) -> int:
    with ledger.documents(options) as documents:
        key, secret = keys.create(
            options.name,
            options.scope,
            documents,
            SystemClock().now_ms(),
            workflows=options.workflow,
            expires_at=options.expires,
        )
    return _show_once(key, secret, options)


def _rotate(options: argparse.Namespace) -> int:
    now = SystemClock().now_ms()
    with ledger.documents(options) as documents:
        key, secret = keys.rotate(options.id, options.overlap, documents, now, expires_at=options.expires)
    return _show_once(key, secret, options)


def _revoke(options: argparse.Namespace) -> int:
    now = SystemClock().now_ms()
    with ledger.documents(options) as documents:
        key = keys.revoke(options.id, documents, now)
    if options.json:
        print(json.dumps({"key": key.public(now)}, indent=2))
    else:
        print(f"{key.id} ({key.name}) is revoked since {iso(key.revoked_at or now)}.")
    return 0


def _list(options: argparse.Namespace) -> int:
    now = SystemClock().now_ms()
    with ledger.documents(options) as documents:
        found = sorted(keys.listed(documents, now), key=lambda key: (not key.live(now), key.name, -key.created_at))
    if options.json:
        print(json.dumps({"keys": [key.public(now) for key in found]}, indent=2))
    elif not found:
        print("No keys.")
    else:
        show(_HEAD, _rows(found, now))
    return 0


def _show_once(key: ApiKey, secret: str, options: argparse.Namespace) -> int:
    now = SystemClock().now_ms()
    if options.json:
        print(json.dumps({"key": key.public(now), "secret": secret}, indent=2))
        return 0
    # The secret alone goes to stdout: KEY=$(verihook keys create ...).
    print(secret)
    print(f"\nKeep it now, it is not shown again.\n\n{aligned(_HEAD, _rows([key], now))}", file=sys.stderr)
    return 0


def _rows(found: list[ApiKey], now: int) -> list[tuple[str, ...]]:
    return [
        (
            key.id,
            key.name,
            str(key.public(now)["status"]),
            " ".join(key.scopes),
            " ".join(key.workflows) or "all",
            "never" if key.expires_at is None else iso(key.expires_at),
            "-" if key.last_used_at is None else iso(key.last_used_at),
        )
        for key in found
    ]


def _callback_secret(options: argparse.Namespace) -> int:
    if options.instance_key is None:
        key = read_instance_key(options.data)
    else:
        try:
            value = bootstrap.secrets_of(environment(), Path.cwd()).resolve(options.instance_key)[0]
        except KeyError as error:
            raise ConfigurationError("--instance-key", options.instance_key, str(error.args[0])) from error
        key = value.encode()
    print(callback_secret(key))
    return 0
