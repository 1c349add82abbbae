"""The data folder of one machine: who uses it, the secrets made for it, and how to reach the server.

================= ======================================================================================
``lock``          held while a server runs; two on one folder would start everything twice
``secrets.json``  the instance key, and the secrets made here; "" for a name that has a value of the operator's
``run.json``      address, API key and secrets of the running server, which ``verihook send`` signs with in another
                  shell; gone when it stops, and after a kill when the next one starts
``ledger.db``     the ledger (SQLite)
``executions.db`` the interpreter's journal
``durable.db``    the executions of durable functions
``payloads/``     inputs and outputs that are too large for the ledger
``secrets/``      the operator's own files, which a ``file:`` of hooks.toml names
================= ======================================================================================

Everything in it is readable by its owner alone, whatever the umask and the rights of the folder. The folder
itself, and each file that is found in it, must be of the user who runs this, or root's, and others may write to none:
with a ``secrets.json`` of theirs they would sign webhooks, and ``run.json`` in a file of theirs is the key of the run.
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

_INSTANCE_KEY = "VERIHOOK_INSTANCE_KEY"

#: The secrets of the sources that Verihook comes with. They alone are made, and in a new folder alone: a first look
#: takes none, and what somebody forgot to set is no look but a mistake.
SHIPPED = (
    "ORDERS_WEBHOOK_SECRET",
    "GITHUB_WEBHOOK_SECRET",
    "STRIPE_WEBHOOK_SECRET",
    "SLACK_SIGNING_SECRET",
    "STANDARD_WEBHOOK_SECRET",
)

#: Kept for a name that has had a value of the operator's: none is ever made in its place.
_OWN = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A running server: its URL, the secret values by variable name, and the API key that opens everything to it."""

    url: str
    secrets: dict[str, str]
    key: str


class DataFolder:
    """A data folder that is open; made if it is missing. Raises ConfigurationError if it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # A folder that is there already stays as its owner has it.
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_folder(path)
            for name in DATABASES:
                _own(path / name)
            # No file object, which would be closed, and the folder let go of, when nothing refers to it any more.
            self._lock = _open_own(str(path / "lock"), os.O_WRONLY | os.O_CREAT)
        except OSError as error:
            raise ConfigurationError(str(path), "", f"the data folder cannot be written: {error.strerror}") from error
        try:
            # The kernel lets go of it when the process ends, however it ends.
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            mend = "another Verihook runs on this data folder; stop it, or give another folder (--data; make: DATA=)"
            raise ConfigurationError(str(path), "", mend) from error
        # What a run that was killed has left: its key and secrets open nothing any more.
        (path / "run.json").unlink(missing_ok=True)
        for unfinished in path.glob("*.new"):
            unfinished.unlink()

    def secrets(self, hooks: Hooks, variables: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """The value of every ``env:`` secret that hooks.toml names, and the names of those that were made here.

        Those of the shipped sources are made if the folder is new, once, and kept; the instance key is kept with
        them, so that an event meets its row after a restart. Raises ConfigurationError for any other that the
        environment has not: deliveries signed with the one that was meant would all be refused.
        """
        path = self.path / "secrets.json"
        new, kept = not path.exists(), _read_secrets(path)
        before, values, made = dict(kept), dict[str, str](), list[str]()
        for name in hooks.variables():
            if variables.get(name):
                values[name], kept[name] = variables[name], _OWN
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
        """Tell our own commands where the server is, and what opens it."""
        _write(self.path / "run.json", asdict(run))

    def withdraw(self) -> None:
        """The server takes no requests any more. The folder stays locked."""
        (self.path / "run.json").unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing works on the folder any more."""
        self.withdraw()
        os.close(self._lock)


def _own(path: Path) -> None:
    """Make the file if it is missing, and its owner's alone, with what an older version left beside it."""
    os.close(_open_own(str(path), os.O_RDWR | os.O_CREAT))
    for beside in path.parent.glob(f"{path.name}-*"):
        os.close(_open_own(str(beside), os.O_RDWR))


def _open_own(path: str, flags: int) -> int:
    """A file of the folder, for its owner alone from here on. No link is followed: it could lead anywhere."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW, 0o600)
    try:
        _check_owner(path, os.fstat(descriptor), "move it away")
        os.fchmod(descriptor, 0o600)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_folder(path: Path) -> None:
    """Raises ConfigurationError unless nothing in it can be of others. A volume that is shared has room for one."""
    found = path.stat()
    _check_owner(
        str(path), found, "give a folder of your own (--data; make: DATA=), in a volume one that is made in it"
    )
    if others := stat.S_IMODE(found.st_mode) & 0o022:
        mend = "look at what is in it, then: chmod go-w, or give another folder, in a volume one that is made in it"
        who = "every user of this machine" if others & 0o002 else "its group"
        raise ConfigurationError(str(path), "", f"{who} may write to the data folder, and so give us secrets; {mend}")


def _check_owner(path: str, found: os.stat_result, mend: str) -> None:
    """Root may write everywhere anyhow; for root itself no other user's will do. Raises ConfigurationError."""
    mine = os.geteuid()
    if found.st_uid not in (0, mine):
        why = f"belongs to another user (uid {found.st_uid}; this runs as uid {mine}), who could put secrets into it"
        raise ConfigurationError(path, "", f"{why}; run this as that user, {mend}, or chown it")


def made_here(path: Path) -> set[str]:
    """The names of the secrets that were made in this data folder, as its last start had them."""
    return {name for name, value in _read_secrets(path / "secrets.json").items() if value and name != _INSTANCE_KEY}


def _new_secret() -> str:
    # Hex digits are valid base64 too, for the senders whose key is base64.
    return secrets.token_hex(32)


def _missing(name: str, hooks: Hooks, *, own: bool) -> str:
    why = " and had a value of yours, in whose place none is made" if own else ""
    return f"is not set{why}; {hooks.path.name} names it as a secret. Set it: {name}=... make run (or: verihook run)"


def read_run(path: Path) -> Run | None:
    """Return what the server that runs on this data folder announced; None if none does.

    Raises ConfigurationError if the file is another user's: it would name the server that gets our deliveries.
    """
    try:
        return Run(**_read_own(path / "run.json", "name another folder (--data)"))
    except (OSError, ValueError, TypeError):
        return None


def instance_key(values: Mapping[str, str]) -> bytes:
    """The instance key among the values of :meth:`DataFolder.secrets`, 32 bytes."""
    return hashlib.sha256(values[_INSTANCE_KEY].encode()).digest()


def read_instance_key(path: Path) -> bytes:
    """The instance key that is kept in this data folder. Raises ConfigurationError."""
    try:
        return instance_key(_read_secrets(path / "secrets.json"))
    except KeyError:
        mend = "there is no instance key in it; name the folder that Verihook has run on (--data)"
        raise ConfigurationError(str(path), "", mend) from None


def _read_secrets(path: Path) -> dict[str, str]:
    """Return what was kept. A damaged file is refused, never replaced: new secrets would shut out the senders."""
    try:
        kept = _read_own(path, "move it away")
        if not (isinstance(kept, dict) and all(isinstance(value, str) for value in kept.values())):
            raise ValueError("names and strings are kept in it")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(str(path), "", f"is damaged ({error}); mend it, or move it away") from error
    return kept


def _read_own(path: Path, mend: str) -> Any:
    """Return the JSON in a file. Raises ConfigurationError if another user than root owns it, OSError, ValueError."""
    # Before it is opened, as there may be no right to; and what was opened, as the name may lead elsewhere by then.
    _check_owner(str(path), path.stat(), mend)
    with path.open() as file:
        _check_owner(str(path), os.fstat(file.fileno()), mend)
        return parse(file.read())


def _write(path: Path, content: object) -> None:
    """Whole or not at all, and for the owner's eyes only. Raises ConfigurationError, and leaves nothing then."""
    # A name that is new: what somebody else had made under it would stay open to them.
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        mend = "make room on its disk, or give another folder (--data; make: DATA=), and start again"
        why = f"{path.name} cannot be written into the data folder ({error.strerror}); {mend}"
        raise ConfigurationError(str(path.parent), "", why) from error
