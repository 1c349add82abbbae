"""The data folder of one machine: its lock, the secrets made for it, and how to reach the running server.

================= ======================================================================================
``lock``          held while a server runs; two on one folder would start everything twice
``secrets.json``  the instance key, and the secrets made here; "" for a name whose value the operator has set
``open.html``     leads a browser to the console with the key of the run (``verihook open``)
``run.json``      address, API key and secrets of the running server, for ``verihook send`` and other commands;
                  removed when it stops or, after a kill, when the next one starts
``ledger.db``     the ledger (SQLite)
``metrics.json``  the counts of /metrics
``executions.db`` the executions of state machines
``durable.db``    the executions of durable functions
``payloads/``     inputs and outputs that are too large for the ledger
``secrets/``      the operator's own files, which a ``file:`` of hooks.toml names
================= ======================================================================================

Only their owner can read the files, whatever the umask and the rights of the folder. The folder and each file in it
must belong to the user who runs this, or to root, and no other user may write to them: with a ``secrets.json`` of their
own others could sign webhooks, and a ``run.json`` in a file of theirs would show them the key of the run.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from verihook.config import Hooks
from verihook.errors import ConfigurationError
from verihook.strict_json import parse

DEFAULT = Path(".verihook")

#: SQLite gives the files beside each of these (-wal, -shm) the mode of the file itself.
DATABASES = ("ledger.db", "executions.db", "durable.db")

#: The files that hold the key of the run, which ends with it.
_OF_A_RUN = ("run.json", "open.html")

_INSTANCE_KEY = "VERIHOOK_INSTANCE_KEY"

#: The secrets of the sources that Verihook comes with. Only these are made, and only in a new folder, so that a first
#: try needs none: a secret that is missing later was forgotten, and is an error.
SHIPPED = (
    "ORDERS_WEBHOOK_SECRET",
    "GITHUB_WEBHOOK_SECRET",
    "STRIPE_WEBHOOK_SECRET",
    "SLACK_SIGNING_SECRET",
    "STANDARD_WEBHOOK_SECRET",
)

#: Kept for a name whose value the operator has set: a secret is never made in its place.
_SET_BY_OPERATOR = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A running server: its URL, its secrets by variable name, and the API key that may do everything."""

    url: str
    secrets: dict[str, str]
    key: str


class DataFolder:
    """The data folder of a server, locked; made if it is missing. Raises ConfigurationError if it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # The mode of a folder that exists is not changed.
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_folder(path)
            for name in DATABASES:
                _make_private(path / name)
            # A descriptor and not a file object: that would be closed, and the lock released, when it is collected.
            self._lock = _open_private(str(path / "lock"), os.O_WRONLY | os.O_CREAT)
        except OSError as error:
            raise ConfigurationError(str(path), "", f"the data folder cannot be written: {error.strerror}") from error
        try:
            # The kernel releases it when the process ends, however it ends.
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            mend = "another Verihook runs on this data folder; stop it, or give another folder (--data; make: DATA=)"
            raise ConfigurationError(str(path), "", mend) from error
        # Left by a run that was killed: its key is no longer valid.
        for name in _OF_A_RUN:
            (path / name).unlink(missing_ok=True)
        for unfinished in path.glob("*.new"):
            unfinished.unlink()

    def secrets(self, hooks: Hooks, variables: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """Return the value of every ``env:`` secret that hooks.toml names, and the names of those that were made here.

        The secrets of the shipped sources are made once, if the folder is new, and kept; so is the instance key, so
        that an event finds its row after a restart. Raises ConfigurationError for any other that is not in the
        environment: every delivery that is signed with the intended one would be refused.
        """
        path = self.path / "secrets.json"
        new, kept = not path.exists(), _read_secrets(path)
        before, values, made = dict(kept), dict[str, str](), list[str]()
        for name in hooks.variables():
            if variables.get(name):
                values[name], kept[name] = variables[name], _SET_BY_OPERATOR
                continue
            if new and name in SHIPPED:
                kept[name] = _new_secret()
            if not kept.get(name):
                raise ConfigurationError("environment", name, _missing(name, hooks, own=name in kept))
            values[name] = kept[name]
            made.append(name)
        values[_INSTANCE_KEY] = kept.setdefault(_INSTANCE_KEY, _new_secret())
        if kept != before:
            _write(path, kept)
        return values, made

    def announce(self, run: Run) -> None:
        """Write run.json, which tells verihook's commands where the server is, and its key."""
        _write(self.path / "run.json", asdict(run))

    def withdraw(self) -> None:
        """Remove run.json: the server takes no more requests. The folder stays locked."""
        for name in _OF_A_RUN:
            (self.path / name).unlink(missing_ok=True)

    def close(self) -> None:
        """Remove run.json and release the lock."""
        self.withdraw()
        os.close(self._lock)


def _make_private(path: Path) -> None:
    """Make the file if it is missing, and let only its owner read it and the files beside it (-wal, -shm)."""
    os.close(_open_private(str(path), os.O_RDWR | os.O_CREAT))
    for beside in path.parent.glob(f"{path.name}-*"):
        os.close(_open_private(str(beside), os.O_RDWR))


def _open_private(path: str, flags: int) -> int:
    """Open a file of the folder and let only its owner read it. Links are not followed: they could point anywhere."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW, 0o600)
    try:
        _check_owner(path, os.fstat(descriptor), "move it away")
        os.fchmod(descriptor, 0o600)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_folder(path: Path) -> None:
    """Raise ConfigurationError if another user could put files into the folder."""
    found = path.stat()
    _check_owner(
        str(path), found, "give a folder of your own (--data; make: DATA=), in a shared volume a new folder in it"
    )
    if others := stat.S_IMODE(found.st_mode) & 0o022:
        mend = "look at what is in it, then: chmod go-w, or give another folder, in a shared volume a new folder in it"
        who = "every user of this machine" if others & 0o002 else "its group"
        raise ConfigurationError(
            str(path), "", f"{who} may write to the data folder, and could put secrets into it; {mend}"
        )


def _check_owner(path: str, found: os.stat_result, mend: str) -> None:
    """Raise ConfigurationError if the file belongs to another user than this one or root."""
    mine = os.geteuid()
    if found.st_uid not in (0, mine):
        why = f"belongs to another user (uid {found.st_uid}; this runs as uid {mine}), who could put secrets into it"
        raise ConfigurationError(path, "", f"{why}; run this as that user, {mend}, or chown it")


def made_here(path: Path) -> set[str]:
    """Return the names of the secrets that were made in this data folder, as of its last start."""
    return {*kept_secrets(path)}


def kept_secrets(path: Path) -> dict[str, str]:
    """Return the values that were made in this data folder, by their names, as a server on it would use them."""
    return {
        name: value for name, value in _read_secrets(path / "secrets.json").items() if value and name != _INSTANCE_KEY
    }


def _new_secret() -> str:
    # Hex digits are also valid base64, for senders whose key is base64.
    return secrets.token_hex(32)


def _missing(name: str, hooks: Hooks, *, own: bool) -> str:
    why = ", though an earlier run had a value of yours" if own else ""
    return f"is not set{why}; {hooks.path.name} names it as a secret. Set it: {name}=... make run (or: verihook run)"


def read_run(path: Path) -> Run | None:
    """Return the server that runs on this data folder; None if none does.

    Raises ConfigurationError if run.json belongs to another user, who could have deliveries sent to their server.
    """
    try:
        return Run(**_read_private(path / "run.json", "name another folder (--data)"))
    except (OSError, ValueError, TypeError):
        return None


def instance_key(values: Mapping[str, str]) -> bytes:
    """Return the instance key, 32 bytes, from the values of :meth:`DataFolder.secrets`."""
    return hashlib.sha256(values[_INSTANCE_KEY].encode()).digest()


def read_instance_key(path: Path) -> bytes:
    """Return the instance key that is kept in this data folder. Raises ConfigurationError if there is none."""
    try:
        return instance_key(_read_secrets(path / "secrets.json"))
    except KeyError:
        mend = "there is no instance key in it; name the folder that Verihook has run on (--data)"
        raise ConfigurationError(str(path), "", mend) from None


def _read_secrets(path: Path) -> dict[str, str]:
    """Return the secrets that are kept. A damaged file is never replaced: senders could not use new secrets."""
    try:
        kept = _read_private(path, "move it away")
        if not (isinstance(kept, dict) and all(isinstance(value, str) for value in kept.values())):
            raise ValueError("it must have names with strings")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(str(path), "", f"is damaged ({error}); mend it, or move it away") from error
    return kept


def _read_private(path: Path, mend: str) -> Any:
    """Return the JSON in a file. Raises ConfigurationError if it belongs to another user, OSError, ValueError."""
    # Before it is opened, because this user may have no right to; and after, because the name may have changed.
    _check_owner(str(path), path.stat(), mend)
    with path.open() as file:
        _check_owner(str(path), os.fstat(file.fileno()), mend)
        return parse(file.read())


def _write(path: Path, content: object) -> None:
    """Write JSON, whole or not at all, into a file that only its owner can read. Raises ConfigurationError."""
    write_private(path, json.dumps(content, indent=1))


def write_private(path: Path, text: str) -> None:
    """Write a text, whole or not at all, into a file that only its owner can read. Raises ConfigurationError."""
    # A new name: a file that another user had made under a known one would stay open to them.
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        mend = "make room on its disk, or give another folder (--data; make: DATA=), and start again"
        why = f"{path.name} cannot be written into the data folder ({error.strerror}); {mend}"
        raise ConfigurationError(str(path.parent), "", why) from error
