"""Senders: products that send webhooks, each described as data in one TOML file beside this one.

The file's name is the sender's id. Tables: ``[signature]`` (a scheme and its fields), ``[event]`` (where id and type
are), ``[handshake]``, ``[reply]`` and ``[delivery]`` (timeout and retries, and ``signs_once``, the page that says that
no two events share their signed bytes), with ``documentation``, the date it was ``read``, and the grade of
``evidence``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import unquote_plus

from verihook.errors import ConfigurationError
from verihook.records import replace
from verihook.senders.event import EventPlaces
from verihook.senders.event_table import read_places
from verihook.senders.handshake import Handshake, read_handshake
from verihook.senders.reply import ReplyForm, read_reply
from verihook.senders.schemes import Scheme
from verihook.senders.tables import key_and_mend, must_be_one_of, needs_package, read_table

T = TypeVar("T")

FOLDER = Path(__file__).parent

_ID = re.compile("[a-z0-9-]+")

#: A header in a template of what is signed, and what a name has that may be one of a secret.
_SIGNED_HEADER = re.compile(r"\{header:([^{}]+)\}")
_OF_A_SECRET = re.compile("auth|cookie|secret|token|password", re.IGNORECASE)

#: The kinds of ``scheme`` that a ``[signature]`` table can name: module and class. A module is imported when a sender
#: in use names it, so that only sources that need cryptography load it.
SCHEMES: dict[str, tuple[str, str]] = {
    "hmac": ("verihook.senders.schemes.hmac", "HmacScheme"),
    "token": ("verihook.senders.schemes.token", "TokenScheme"),
    "public-key": ("verihook.senders.schemes.public_key", "PublicKeyScheme"),
    "adyen": ("verihook.senders.schemes.adyen", "AdyenScheme"),
    "contentful": ("verihook.senders.schemes.contentful", "ContentfulScheme"),
    "sns": ("verihook.senders.schemes.sns", "SnsScheme"),
    "jwt": ("verihook.senders.schemes.jwt", "JwtScheme"),
    "detached-jws": ("verihook.senders.schemes.detached_jws", "DetachedJwsScheme"),
    "http-signature": ("verihook.senders.schemes.http_signatures", "HttpSignatureScheme"),
}

#: The tables of a sender that a source can change, key by key.
PARTS = ("signature", "event", "handshake", "reply")

#: The key that says which other keys the table has.
_CHOOSERS = {"signature": "scheme", "handshake": "kind"}


@dataclass(frozen=True, slots=True)
class Sender:
    """How a product's deliveries are verified and read.

    ``reply``: how it wants to be answered; None for 200 with our JSON. ``timeout_s``: how long it waits for an answer,
    in seconds; None if its documentation does not say. ``signs_once``: its documentation says that no two of its events
    share their signed bytes.
    """

    id: str
    scheme: Scheme
    places: EventPlaces
    handshake: Handshake | None
    reply: ReplyForm | None = None
    timeout_s: float | None = None
    signs_once: bool = False

    @property
    def signature_header(self) -> str:
        """Return the header of the signature, in lower case; "" if there is none, or if it has the secret itself."""
        header = getattr(self.scheme, "header", "").lower()
        return "" if header == "authorization" or not self.scheme.binds_body else header

    def shown_query(self, query: str) -> str:
        """Return the query of a delivery without the parameter that is a secret, if this sender has one there."""
        name = "" if self.scheme.binds_body else getattr(self.scheme, "query", "")
        if not name or not query:
            return query
        return "&".join(part for part in query.split("&") if unquote_plus(part.partition("=")[0]) != name)

    @property
    def signed_headers(self) -> tuple[str, ...]:
        """Return the headers, in lower case, that the signature covers beside the body; none that may be a secret."""
        own = (getattr(self.scheme, name, "") for name in ("timestamp_header", "id_header"))
        named = _SIGNED_HEADER.findall(getattr(self.scheme, "message", ""))
        return tuple(name.lower() for name in (*own, *named) if name and not _OF_A_SECRET.search(name))


def sender_ids() -> list[str]:
    """The ids of all senders, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_sender(sender_id: str) -> Sender:
    """The sender with this id. Raises ConfigurationError if its file is wrong, KeyError if there is none."""
    table = sender_table(sender_id)
    try:
        return read_sender(sender_id, table)
    except ValueError as error:
        raise ConfigurationError(f"{sender_id}.toml", *key_and_mend(error)) from error


def sender_table(sender_id: str) -> dict[str, Any]:
    """What stands in the file of the sender. Raises KeyError if there is none."""
    path = FOLDER / f"{sender_id}.toml"
    # To list all senders would cost a cold start a millisecond for each source.
    if not (_ID.fullmatch(sender_id) and path.is_file()):
        raise KeyError(sender_id)
    return tomllib.loads(path.read_text(encoding="utf-8"))


def changed_sender(sender_id: str, changes: Mapping[str, Any]) -> Sender:
    """The sender, with the keys that a source gives in some of :data:`PARTS`.

    ``false`` takes a key away, and an empty table all of them. Another scheme, or another kind of handshake, brings all
    of its keys. If a delivery may be signed in one of several ways, a key is for each of them. Raises KeyError if
    there is no such sender, ValueError ``TABLE.KEY: mend``.
    """
    table = sender_table(sender_id)
    for part, keys in changes.items():
        if not isinstance(keys, dict):
            raise ValueError(f"{part}: must be a table")
        kept = table.get(part, {})
        chooser = _CHOOSERS.get(part, "")
        if not keys or (chooser in keys and keys[chooser] != kept.get(chooser)):
            kept = {}
        if kept.get("scheme") == "either" and keys.keys().isdisjoint(("scheme", "schemes")):
            table[part] = {**kept, "schemes": [_merged(each, keys) for each in kept["schemes"]]}
        else:
            table[part] = _merged(kept, keys)
    return read_sender(sender_id, table)


def _merged(kept: Mapping[str, Any], keys: Mapping[str, Any]) -> dict[str, Any]:
    """The table with other keys; one that is false is left out if it was there."""
    return {key: value for key, value in {**kept, **keys}.items() if value is not False or key not in kept}


def read_sender(sender_id: str, table: Mapping[str, Any]) -> Sender:
    """A sender from its tables. Raises ValueError ``TABLE.KEY: mend``."""
    scheme = _read_within("signature", read_scheme, table.get("signature") or {})
    return Sender(
        sender_id,
        scheme,
        _read_within("event", lambda event: _in_token(read_places(event), scheme), table.get("event") or {}),
        _read_within("handshake", read_handshake, table.get("handshake") or {}),
        _read_within("reply", read_reply, table.get("reply") or {}),
        _read_within("delivery", _timeout, table.get("delivery") or {}),
        _read_within("delivery", _signs_once, table.get("delivery") or {}),
    )


def read_scheme(table: Mapping[str, Any]) -> Scheme:
    """The scheme of a ``[signature]`` table. Raises ValueError ``KEY: mend``."""
    if table.get("scheme") == "either":
        return _either(table)
    found = SCHEMES.get(str(table.get("scheme")))
    if found is None:
        raise ValueError(f"scheme: {must_be_one_of(sorted([*SCHEMES, 'either']), table.get('scheme'))}")
    try:
        made: Scheme = read_table(getattr(import_module(found[0]), found[1]), table, "scheme")
    except ModuleNotFoundError as error:
        raise ValueError(f"scheme: {needs_package(table['scheme'], error)}") from error
    return made


def _either(table: Mapping[str, Any]) -> Scheme:
    from verihook.senders.schemes.either import EitherScheme

    listed = table.get("schemes")
    if set(table) != {"scheme", "schemes"} or not isinstance(listed, list):
        raise ValueError("schemes: must be a list of tables, and the only key beside scheme")
    if not all(isinstance(each, dict) and each.get("scheme") != "either" for each in listed):
        raise ValueError("schemes: each is a table with another scheme")
    return cast(Scheme, EitherScheme(tuple(read_scheme(each) for each in listed)))


def _in_token(places: EventPlaces, scheme: Scheme) -> EventPlaces:
    """The places, in the claims of the token if that is the event: what else is in the body is not signed."""
    token: str = getattr(scheme, "event_in_token", "")
    if not token:
        return places
    if places.body != "json" or places.envelope or places.form_field:
        raise ValueError("body: leave it out, and envelope and form_field: the claims of the token are the event")
    return replace(places, body="jwt", token=token)


def _timeout(table: Mapping[str, Any]) -> float | None:
    timeout = table.get("timeout_seconds")
    if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, int | float) or timeout <= 0):
        raise ValueError("timeout_seconds: must be a number above 0")
    return timeout


def _signs_once(table: Mapping[str, Any]) -> bool:
    page = table.get("signs_once", "")
    if not isinstance(page, str) or (page and not page.startswith("https://")):
        raise ValueError("signs_once: must be the URL of the page that says so")
    return bool(page)


def _read_within(table: str, read: Callable[[Mapping[str, Any]], T], content: Any) -> T:
    if not isinstance(content, dict):
        raise ValueError(f"{table}: must be a table")
    try:
        return read(content)
    except ValueError as error:
        raise ValueError(f"{table}.{error}") from error
