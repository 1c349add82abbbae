"""One machine: its data folder, its ledger, the server that runs on it, its disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from verihook import bootstrap
from verihook.adapters.ledgers.sqlite import SqliteFile, SqliteLedger
from verihook.cli.doctor.findings import Finding, fault, untried, warning
from verihook.cli.doctor.outside import Answer, Get, from_outside, public_urls
from verihook.cli.doctor.secret_checks import secrets_in_use
from verihook.cli.doctor.traffic import traffic
from verihook.config import Hooks
from verihook.errors import ConfigurationError, LedgerUnavailable
from verihook.local.data import SHIPPED, Run, kept_secrets, made_here, read_run
from verihook.strict_json import parse

#: What has to be free on the disk of the data folder, in bytes: below this a burst of large bodies fills it.
LEAST_FREE = 256 * 1024 * 1024

_WITHOUT = "without it the server does not start"


def machine(hooks: Hooks, data: Path, variables: Mapping[str, str], get: Get, now_ms: int) -> Iterator[Finding]:
    """Yield what is wrong on this machine. ``variables``: of the environment."""
    try:
        run, made, kept = read_run(data), made_here(data), kept_secrets(data)
    except ConfigurationError as error:
        yield fault("data", str(data), str(error), "docs/guarantees.md says what the data folder has to be")
        return
    # A server that runs has the values that it began with.
    known = {**kept, **variables, **(run.secrets if run else {})}
    if not kept and run is None:
        # The first start on a folder makes these.
        known = {**dict.fromkeys(SHIPPED, "0" * 64), **known}
    store = bootstrap.secrets_of(known, hooks.path.parent, data)
    yield from secrets_in_use(hooks, store, now_ms // 1000, made, "NAME=... verihook run", _WITHOUT)
    yield from _ledger(hooks, data, now_ms)
    yield from _disk(data)
    if run is None:
        what = "no server runs on this data folder, so nothing is received"
        yield warning("server", str(data), what, "start it (verihook run), or name the folder that it runs on (--data)")
    else:
        yield from _server(hooks, run, get, now_ms // 1000)
    yield from public_urls(hooks, get, now_ms // 1000)


def _ledger(hooks: Hooks, data: Path, now_ms: int) -> Iterator[Finding]:
    path = data / "ledger.db"
    if not path.exists() or not path.stat().st_size:
        yield untried("ledger", str(path), "there is no ledger yet", "start a server on the folder (verihook run)")
        return
    try:
        with SqliteFile(path, read_only=True) as file:
            yield from traffic(hooks, SqliteLedger(file), now_ms)
    except (LedgerUnavailable, ConfigurationError) as error:
        what = f"the ledger cannot be read: {error.__cause__ or error}"
        yield fault(
            "ledger", str(path), what, "look at the file's rights and its disk; docs/ledger.md has how to restore it"
        )


def _disk(data: Path) -> Iterator[Finding]:
    folder = data if data.exists() else data.absolute().parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        yield untried("disk", str(data), f"its disk cannot be looked at: {error.strerror}", "look at it by hand: df")
        return
    if free < LEAST_FREE:
        what = f"only {free // 1024**2} MB are free: when the disk is full, deliveries are answered 503"
        yield fault("disk", str(data), what, "make room, or give the server a data folder on another disk")


def _server(hooks: Hooks, run: Run, get: Get, now_s: int) -> Iterator[Finding]:
    answer = get(f"{run.url.rstrip('/')}/health")
    if answer.error:
        what = f"{run.url} does not answer: {answer.error}"
        yield fault("server", run.url, what, "look at the server's output; stop it by its process, and start it again")
        return
    if answer.status != 200:
        what = f"the server says that it is not well ({answer.status}{_faults(answer)})"
        yield fault("server", run.url, what, "verihook health has what has ended; the server's output says why")
    yield from from_outside(hooks, f"{run.url.rstrip('/')}/", get, now_s)


def _faults(answer: Answer) -> str:
    try:
        content = parse(answer.body.decode())
    except ValueError:
        return ""
    parts = content.get("faults") if isinstance(content, dict) else None
    return f": {', '.join(map(str, parts))}" if parts else ""
