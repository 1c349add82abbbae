"""Reads ``[front]`` and ``[routes]`` of hooks.toml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from verihook.config.secret_references import read_secrets
from verihook.config.table_reader import Reader
from verihook.model.front import ORIGIN, FrontRules, clean_host
from verihook.model.source import Source
from verihook.records import replace
from verihook.senders.tables import must_be_one_of

_FRONT = ("secrets", "hops", "host_header", "address_header", "subject_header", "fingerprint_header")
_HEADERS = _FRONT[2:]
_HEADER = re.compile(r"[a-z0-9-]+", re.ASCII)

#: Segments without escapes, and without a slash at the end: such a path has one spelling.
_PATH = re.compile(r"/|(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+", re.ASCII)

#: The first segments of what is served besides deliveries: tests/flows/api holds them against the app's own routes.
TAKEN = frozenset(
    (
        "admin",
        "api",
        "console",
        "docs",
        "health",
        "hooks",
        "metrics",
        "v1",
        "v1.0",
        "v1.0-alpha1",
        "v1.0-beta1",
        "w",
        "workflows",
    )
)


def read_front(path: Path, table: Mapping[str, Any]) -> FrontRules:
    """Return what is believed of a request's arrival. Raises ConfigurationError."""
    reader = Reader(path, "front", table, _FRONT)
    secrets = read_secrets(reader, needed=True)
    headers = {key: _header(reader, key) for key in _HEADERS}
    hops = reader.number("hops", 0, 0, 10)
    if hops and headers["address_header"]:
        raise reader.error("hops", "address_header says the address already; give one of them")
    return FrontRules(secrets, hops, **headers)


def _header(reader: Reader, key: str) -> str:
    name: str = reader.get(key, str, "").lower()
    if name and not _HEADER.fullmatch(name):
        raise reader.error(key, "must be the name of a header that the front sets in every request")
    if name in (ORIGIN, "host", "x-forwarded-for"):
        mend = "hops counts its addresses" if name == "x-forwarded-for" else "every caller writes it"
        raise reader.error(key, f"{name} is not for this: {mend}" if name != ORIGIN else f"{ORIGIN} has the secret")
    return name


def read_routes(path: Path, table: Mapping[str, Any], sources: Mapping[str, Source]) -> dict[str, str]:
    """Return host and path -> source, as ``hooks.example.com/github``. Raises ConfigurationError.

    No two of them are the same to a sender, and none hides what is served at its path already.
    """
    reader = Reader(path, "routes", table, tuple(table))
    routes: dict[str, str] = {}
    written: dict[str, str] = {}
    for key in table:
        host, slash, rest = key.partition("/")
        target, name = f"{_host(reader, key, host)}{slash}{rest}", reader.get(key, str)
        _check_path(reader, key, slash + rest)
        if (other := written.setdefault(target.lower(), key)) != key:
            raise reader.error(f'"{key}"', f'hides "{other}", or is hidden by it: both are one URL; keep one of them')
        if name not in sources:
            raise reader.error(f'"{key}"', must_be_one_of(sources, name))
        routes[target] = name
    return routes


def _host(reader: Reader, key: str, host: str) -> str:
    cleaned = clean_host(host)
    if not cleaned or "." not in cleaned:
        raise reader.error(f'"{key}"', 'must be a host name and a path, such as "hooks.example.com/github"')
    return cleaned


def _check_path(reader: Reader, key: str, path: str) -> None:
    if not _PATH.fullmatch(path):
        mend = "segments of letters, digits and . _ ~ -, with no escape, no empty one and no slash at the end"
        raise reader.error(f'"{key}"', f'the path must be "/" or {mend}')
    if path.split("/")[1] in TAKEN:
        raise reader.error(f'"{key}"', f"hides what is served at /{path.split('/')[1]}; choose another path")


def with_public_urls(sources: Mapping[str, Source], routes: Mapping[str, str]) -> dict[str, Source]:
    """Return the sources; one without a ``public_url`` has that of its route, if it has one route."""
    return {
        name: _with_url(source, [url for url, to in routes.items() if to == name]) for name, source in sources.items()
    }


def _with_url(source: Source, urls: Iterable[str]) -> Source:
    match list(urls):
        case [url] if not source.public_url:
            return replace(source, public_url=f"https://{url}")
    return source
