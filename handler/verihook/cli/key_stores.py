"""The API keys that ``verihook keys`` manages: in the ledger itself, which needs no key, or through the API.

Both return a key as the API does: ``id``, ``name``, ``status``, ``scopes``, ``workflows``, ``createdAt`` and so on.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from verihook.adapters.clock import SystemClock
from verihook.cli import ledger
from verihook.cli.connect import with_client
from verihook.cli.options import add_json_option
from verihook.config.settings import environment
from verihook.instances import api_keys
from verihook.local.data import DEFAULT
from verihook.model.instance import iso

if TYPE_CHECKING:
    from verihook.client import Client
    from verihook.model.ports import Documents

KeyFields: TypeAlias = Mapping[str, Any]


class KeyStore(Protocol):
    """The API keys of a deployment. Times are in milliseconds since the epoch, None for never."""

    def create(
        self, name: str, scopes: Sequence[str], workflows: Sequence[str], expires_at: int | None
    ) -> tuple[KeyFields, str]:
        """Make a key; return it and its secret."""
        ...

    def all(self) -> list[KeyFields]:
        """Return every key that the caller may see."""
        ...

    def rotate(self, key_id: str, overlap_ms: int, expires_at: int | None) -> tuple[KeyFields, str]:
        """Make a key that replaces this one; return it and its secret."""
        ...

    def revoke(self, key_id: str) -> KeyFields:
        """End the key for good and return it."""
        ...


class LedgerKeyStore:
    """The keys in a ledger, also while a server runs on it. Raises VerihookError."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._now = SystemClock().now_ms()

    def create(
        self, name: str, scopes: Sequence[str], workflows: Sequence[str], expires_at: int | None
    ) -> tuple[KeyFields, str]:
        """See :class:`KeyStore`."""
        key, secret = api_keys.create(
            name, scopes, self._documents, self._now, workflows=workflows, expires_at=expires_at
        )
        return key.public(self._now), secret

    def all(self) -> list[KeyFields]:
        """See :class:`KeyStore`."""
        return [key.public(self._now) for key in api_keys.list_keys(self._documents, self._now)]

    def rotate(self, key_id: str, overlap_ms: int, expires_at: int | None) -> tuple[KeyFields, str]:
        """See :class:`KeyStore`."""
        key, secret = api_keys.rotate(key_id, overlap_ms, self._documents, self._now, expires_at=expires_at)
        return key.public(self._now), secret

    def revoke(self, key_id: str) -> KeyFields:
        """See :class:`KeyStore`."""
        return api_keys.revoke(key_id, self._documents, self._now).public(self._now)


class ApiKeyStore:
    """The keys behind an API, as far as the caller's own key may manage them. Raises ApiError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def create(
        self, name: str, scopes: Sequence[str], workflows: Sequence[str], expires_at: int | None
    ) -> tuple[KeyFields, str]:
        """See :class:`KeyStore`."""
        made = self._client.create_key(name, scopes, workflows=workflows, expires=_time(expires_at))
        return made.key.raw, made.secret

    def all(self) -> list[KeyFields]:
        """See :class:`KeyStore`."""
        return [key.raw for key in self._client.list_keys()]

    def rotate(self, key_id: str, overlap_ms: int, expires_at: int | None) -> tuple[KeyFields, str]:
        """See :class:`KeyStore`."""
        made = self._client.rotate_key(key_id, overlap=overlap_ms // 1000, expires=_time(expires_at))
        return made.key.raw, made.secret

    def revoke(self, key_id: str) -> KeyFields:
        """See :class:`KeyStore`."""
        return self._client.revoke_key(key_id).raw


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--url``, ``--data`` or ``--table``, which say where the keys are, with ``--key`` and ``--json``."""
    group = parser.add_argument_group(
        "where the keys are", "With --url, --key or VERIHOOK_URL the API is called, else the ledger is changed."
    )
    either = group.add_mutually_exclusive_group()
    either.add_argument("--url", help="of the deployment; default VERIHOOK_URL")
    either.add_argument("--data", type=Path, metavar="DIR", help=f"data folder; default {DEFAULT}")
    either.add_argument(
        "--table", metavar="NAME", help="a DynamoDB table, with the AWS credentials of this environment"
    )
    group.add_argument("--key", help="API key with keys:manage; default VERIHOOK_KEY if the API is called")
    add_json_option(parser)


def with_key_store(command: Callable[[KeyStore, argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """Return the command as ``main`` calls it: with the keys that its options and the environment name."""

    @wraps(command)
    def run(options: argparse.Namespace) -> int:
        if _asks_api(options):
            return with_client(lambda client, given: command(ApiKeyStore(client), given))(options)
        options.data = options.data or DEFAULT
        with ledger.open_documents(options) as documents:
            return command(LedgerKeyStore(documents), options)

    return run


def _asks_api(options: argparse.Namespace) -> bool:
    if options.table:
        return False
    return bool(options.url or options.key or (options.data is None and environment().get("VERIHOOK_URL")))


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else iso(milliseconds)
