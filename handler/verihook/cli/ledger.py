"""The ledger that a command reads: of a data folder, also while a server runs on it, or a table in AWS."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.printable import printable
from verihook.cli.options import add_data_option, add_json_option
from verihook.errors import ConfigurationError, LedgerUnavailable

if TYPE_CHECKING:
    from verihook.adapters.ledgers.dynamodb import DynamoDbLedger
    from verihook.model.ports import Documents

AnyLedger: TypeAlias = "SqliteLedger | DynamoDbLedger"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--data`` or ``--table``, and ``--json``."""
    either = parser.add_mutually_exclusive_group()
    add_data_option(either)
    either.add_argument(
        "--table", metavar="NAME", help="instead: a DynamoDB table, with the AWS credentials of this environment"
    )
    add_json_option(parser)


@contextmanager
def open_ledger(options: argparse.Namespace) -> Iterator[AnyLedger]:
    """Open the ledger that the options name, to read.

    Raises ConfigurationError if the folder has none. If the ledger does not answer, the program ends with code 1 and
    one line that says why.
    """
    with _errors_in_words(options):
        if options.table:
            from verihook.adapters.ledgers.dynamodb import DynamoDbLedger

            yield DynamoDbLedger(_client(), options.table)
        else:
            with SqliteFile(existing_ledger(options.data), read_only=True) as file:
                yield SqliteLedger(file)


@contextmanager
def open_documents(options: argparse.Namespace) -> Iterator[Documents]:
    """Open the documents of the ledger that the options name, to read and write. Errors: as in :func:`open_ledger`."""
    with _errors_in_words(options):
        if options.table:
            from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments

            yield DynamoDbDocuments(_client(), options.table)
        else:
            with SqliteFile(existing_ledger(options.data)) as file:
                yield SqliteDocuments(file)


@contextmanager
def _errors_in_words(options: argparse.Namespace) -> Iterator[None]:
    try:
        yield
    except LedgerUnavailable as error:
        name, mend = options.data, "name the folder that Verihook runs on (--data)"
        if options.table:
            name, mend = options.table, "look at the table's name and at this environment's AWS credentials and region"
        why = printable(str(error.__cause__ or error)).rstrip(".")
        print(f"verihook: {name} did not answer: {why}; {mend}", file=sys.stderr)
        raise SystemExit(1) from error


def existing_ledger(data: Path) -> Path:
    """Return the path of the folder's ledger. Raises ConfigurationError if it has none."""
    path = data / "ledger.db"
    if not path.exists():
        mend = "there is no ledger in it; name the folder that Verihook runs on (--data), or a DynamoDB table (--table)"
        raise ConfigurationError(str(data), "", mend)
    return path


def _client() -> Any:
    # Imported here: no other command needs to wait for AWS's library.
    import boto3
    from botocore.exceptions import BotoCoreError

    from verihook.adapters.aws.boto import Boto

    try:
        return Boto(boto3.client("dynamodb"))
    except BotoCoreError as error:
        raise LedgerUnavailable("There is no client of DynamoDB.") from error
