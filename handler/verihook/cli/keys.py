"""``verihook keys``: make, list, rotate and revoke API keys; print the key of a run, and the secret of callbacks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verihook import bootstrap
from verihook.adapters.printable import printable
from verihook.cli.arguments import future_ms, span_ms
from verihook.cli.connect import EXIT_CODES, add_action, print_json
from verihook.cli.key_stores import KeyFields, KeyStore, add_options, with_key_store
from verihook.cli.options import add_data_option
from verihook.cli.table import plain_table, show_table
from verihook.config.settings import environment
from verihook.errors import ConfigurationError
from verihook.instances.api_keys import KEEP_MS
from verihook.instances.callbacks import callback_secret
from verihook.local.data import read_instance_key, read_run
from verihook.local.standard_streams import OutputFailed
from verihook.model.scopes import MEANINGS, SCOPES, is_scope

if TYPE_CHECKING:
    from verihook.client import Client

#: How a caller came in that has no key of the ledger.
_WAYS = {"run": "the key of this run", "iam": "authenticated by AWS", "open": "no key, as the API is open"}

_HEAD = ("ID", "NAME", "STATUS", "SCOPES", "WORKFLOWS", "EXPIRES", "LAST USED")


def add_parser(commands: Any) -> None:
    """Add the command and its subcommands."""
    parser = commands.add_parser("keys", help="API keys, and the secret of callbacks")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    meanings = "\n".join(f"  {scope:20}{meaning}" for scope, meaning in MEANINGS.items())
    create = actions.add_parser(
        "create",
        help="make a key, shown this once",
        epilog=f"scopes:\n{meanings}\n\n{EXIT_CODES}",
    )
    create.add_argument("--name", required=True, help="who or what uses it")
    create.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=SCOPES,
        metavar="SCOPE",
        help="what it may do; may be given several times",
    )
    create.add_argument(
        "--workflow", action="append", default=[], metavar="PATTERN", help="such as order-*, several times; default all"
    )
    create.add_argument("--expires", type=future_ms, metavar="WHEN", help="90d, 12h or a UTC time; default never")
    _managing(create, _create)
    _managing(actions.add_parser("list", help="all keys, never their secrets"), _list)
    revoke = actions.add_parser("revoke", help="end a key for good, within 30 seconds everywhere")
    revoke.add_argument("id", metavar="ID")
    _managing(revoke, _revoke)
    rotate = actions.add_parser("rotate", help="a new key with the rights of this one, which ends after the overlap")
    rotate.add_argument("id", metavar="ID")
    rotate.add_argument("--overlap", type=span_ms, default="1d", help="how long the old one stays valid; default 1d")
    rotate.add_argument("--expires", type=future_ms, metavar="WHEN", help="default: lasts as long as the old one did")
    _managing(rotate, _rotate)
    add_action(actions, "self", _own, "what the key that commands use may do")
    _add_secrets_of_a_folder(actions)


def _add_secrets_of_a_folder(actions: Any) -> None:
    run = actions.add_parser("run", help="the API key of the server that runs on this data folder, until it stops")
    add_data_option(run)
    run.add_argument("--header", action="store_true", help="as a header: curl -H @<(verihook keys run --header) URL")
    run.set_defaults(command=_run)
    secret = actions.add_parser("callback-secret", help="what receivers of callbacks verify them with")
    either = secret.add_mutually_exclusive_group()
    add_data_option(either)
    either.add_argument(
        "--instance-key",
        metavar="REFERENCE",
        help="instead, of a deployment in AWS: secretsmanager:ARN, ssm:/PATH, env:NAME or file:PATH",
    )
    secret.set_defaults(command=_callback_secret)


def _managing(parser: argparse.ArgumentParser, command: Any) -> None:
    add_options(parser)
    parser.epilog = parser.epilog or EXIT_CODES
    parser.set_defaults(command=with_key_store(command))


def _create(store: KeyStore, options: argparse.Namespace) -> int:
    return _show_once(*store.create(options.name, options.scope, options.workflow, options.expires), options)


def _rotate(store: KeyStore, options: argparse.Namespace) -> int:
    return _show_once(*store.rotate(options.id, options.overlap, options.expires), options)


def _revoke(store: KeyStore, options: argparse.Namespace) -> int:
    key = store.revoke(options.id)
    if options.json:
        print_json({"key": key})
    else:
        revoked = f"{key['id']} ({key['name']}) is revoked since {key['revokedAt']}"
        print(printable(f"{revoked}; it may take up to {KEEP_MS // 1000} seconds to hold everywhere."))
    return 0


def _list(store: KeyStore, options: argparse.Namespace) -> int:
    # The newest first among keys of one name: sorting keeps the order of equals.
    newest = sorted(store.all(), key=lambda key: str(key["createdAt"]), reverse=True)
    found = sorted(newest, key=lambda key: (key["status"] != "active", key["name"]))
    if options.json:
        print_json({"keys": found})
    elif not found:
        print("No keys.")
    else:
        show_table(_HEAD, _rows(found))
    return 0


def _own(client: Client, options: argparse.Namespace) -> int:
    own = client.own_key()
    if options.json:
        print_json(own.raw)
        return 0
    name = _WAYS.get(own.entry) if own.key is None else f"{own.key.id} ({own.key.name})"
    rows = [(scope, MEANINGS[scope] if is_scope(scope) else "") for scope in own.scopes]
    print(printable(f"{name}, for {'the workflows ' + ' '.join(own.workflows) if own.workflows else 'all workflows'}"))
    show_table(("SCOPE", "ALLOWS TO"), rows)
    return 0


def _show_once(key: KeyFields, secret: str, options: argparse.Namespace) -> int:
    try:
        if options.json:
            print_json({"key": key, "secret": secret})
        else:
            # The secret alone goes to stdout: KEY=$(verihook keys create ...).
            print(printable(secret))
        sys.stdout.flush()
    except (OutputFailed, BrokenPipeError) as error:
        mend = f"and it is not shown again: verihook keys revoke {key['id']}, with the options of this command, ends it"
        not_shown = f"the key {key['id']} ({key['name']}) is made but could not be shown ({error.__cause__ or error})"
        raise OutputFailed(f"{not_shown}, {mend}") from error
    if options.json:
        return 0
    rows = [[printable(cell) for cell in row] for row in _rows([key])]
    print(f"\nKeep it now, it is not shown again.\n\n{plain_table(_HEAD, rows)}", file=sys.stderr)
    return 0


def _rows(found: Sequence[KeyFields]) -> list[tuple[str, ...]]:
    return [
        (
            key["id"],
            key["name"],
            key["status"],
            " ".join(key["scopes"]),
            " ".join(key["workflows"]) or "all",
            key["expiresAt"] or "never",
            key["lastUsedAt"] or "-",
        )
        for key in found
    ]


def _run(options: argparse.Namespace) -> int:
    run = read_run(options.data)
    if run is None:
        raise ConfigurationError(str(options.data), "", "no Verihook runs on this data folder; start it (verihook run)")
    print(f"Authorization: Bearer {run.key}" if options.header else run.key)
    return 0


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
