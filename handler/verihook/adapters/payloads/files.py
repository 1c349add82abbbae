"""Payloads as files, on one machine: ``FOLDER/INSTANCE/SHA256``."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from verihook.adapters.payloads.bounds import KEY, MAX_BYTES, too_large
from verihook.errors import PayloadsUnavailable
from verihook.model.instance import INSTANCE_ID

#: Where texts are written before they get their name. No instance has this id.
_UNFINISHED = ".unfinished"

#: A file that is there for longer was left by a crash, in seconds.
_CUT_OFF_S = 3600

#: How often a put makes the instance's folder again if a removal deletes the empty folder at the same time.
_TRIES = 16


class FilePayloads:
    """Implements :class:`verihook.model.ports.Payloads` in a folder, which is made if it is missing.

    A text is written whole or not at all, and is on the disk when :meth:`put` returns; only the owner may read it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self.base = f"{self._folder.as_uri()}/"
        self.max_output = MAX_BYTES
        with suppress(OSError):
            self._clear()

    def put(self, key: str, text: str) -> None:
        """See :meth:`verihook.model.ports.Payloads.put`. Raises ValueError if ``key`` is not INSTANCE/SHA256."""
        path = self._path(key)
        if path is None:
            raise ValueError("a payload's key is INSTANCE/SHA256")
        data = text.encode("utf-8", "surrogatepass")
        if len(data) > MAX_BYTES:
            raise too_large()
        try:
            if not any(self._kept(path, data) for _ in range(_TRIES)):
                raise FileNotFoundError(str(path))
        except OSError as error:
            raise PayloadsUnavailable("The payload could not be kept.") from error

    def get(self, key: str) -> str | None:
        """See :meth:`verihook.model.ports.Payloads.get`."""
        path = self._path(key)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PayloadsUnavailable("The payload could not be read.") from error
        if len(data) > MAX_BYTES:
            raise too_large()
        return data.decode("utf-8", "surrogatepass")

    def remove_all(self, instance_id: str) -> None:
        """See :meth:`verihook.model.ports.Payloads.remove_all`."""
        if not INSTANCE_ID.fullmatch(instance_id):
            return
        folder = self._folder / instance_id
        try:
            for path in [*folder.iterdir()]:
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            return
        except OSError as error:
            raise PayloadsUnavailable("The payloads could not be removed.") from error
        # The folder is not empty if a put came in between, or it may be gone already.
        with suppress(OSError):
            folder.rmdir()

    def _path(self, key: str) -> Path | None:
        """Return the path of the key's text; None for a malformed key, so that no path is outside of the folder."""
        return self._folder / key if KEY.fullmatch(key) else None

    def _kept(self, path: Path, data: bytes) -> bool:
        """Return whether the text is there and on the disk; a removal may have come in between. Raises OSError."""
        if not path.exists():
            self._write(path, data)
        else:
            # The text is needed again: a new modification time keeps a sweep from deleting it.
            with suppress(FileNotFoundError):
                os.utime(path.parent)
        # Put the names on the disk, too: of the file, which another thread may have just written, and of its folder.
        with suppress(FileNotFoundError):
            _sync(path.parent)
            _sync(self._folder)
            return True
        return False

    def _write(self, path: Path, data: bytes) -> None:
        fresh = self._folder / _UNFINISHED / uuid4().hex
        fresh.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _move(fresh, path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise

    def _clear(self) -> None:
        """Delete the files that crashes left. Raises OSError."""
        for left in (self._folder / _UNFINISHED).iterdir():
            if time.time() - left.stat().st_mtime > _CUT_OFF_S:
                left.unlink(missing_ok=True)


def _move(fresh: Path, path: Path) -> None:
    """Give the text its name. Raises OSError."""
    for _ in range(_TRIES):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with suppress(FileNotFoundError):
            fresh.replace(path)
            return
    raise FileNotFoundError(str(path))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
