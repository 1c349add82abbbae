"""Secrets from the environment and from files."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

from verihook.adapters.secrets import secret_of
from verihook.adapters.secrets.parts import StoreParts
from verihook.errors import SecretsUnavailable


def make(parts: StoreParts) -> EnvironmentSecrets:
    """Variables and files."""
    return parts.at_hand


class EnvironmentSecrets:
    """The Secrets port over ``env:NAME`` and ``file:PATH``. Nothing is cached: a file is read whenever it is asked for.

    ``variables``: the environment. A relative path is looked up in ``private``, a folder outside the code that only its
    owner may read; if the file, or that folder, is not there, in ``folder``, the folder of hooks.toml. A file that
    every user of the machine may read is refused.
    """

    def __init__(self, variables: Mapping[str, str], folder: Path, private: Path | None = None) -> None:
        self._variables = variables
        self._folder = folder
        self._private = private

    def resolve(self, reference: str) -> tuple[str, ...]:
        """See :class:`~verihook.model.ports.Secrets`."""
        kind, _, name = reference.partition(":")
        if kind not in ("env", "file"):
            raise KeyError(f"{reference} is in a store, which is not asked here")
        value = self._variables.get(name, "") if kind == "env" else self._file(name)
        if not value and kind == "env":
            raise KeyError(f"{reference} is not set")
        return (secret_of(reference, value),)

    def generations(self, reference: str, *, fresh: bool = False) -> tuple[tuple[str, ...], ...]:  # noqa: ARG002  # always
        """See :class:`~verihook.model.ports.RotatingSecrets`."""
        return (self.resolve(reference),)

    def store(self, reference: str, value: str) -> None:
        """See :class:`~verihook.model.ports.Secrets`.

        A file is written whole or not at all, for its owner's eyes only.
        """
        kind, _, name = reference.partition(":")
        if kind != "file":
            raise KeyError(f"{reference} cannot be written; name a file: or a secretsmanager: instead")
        if not value:
            raise KeyError(f"{reference}: an empty secret is not kept")
        path = self._place(name)
        if path.exists() and path.read_bytes().strip():
            raise KeyError(f"{reference} holds a secret, which is not written over")
        try:
            # In the same folder, so that replacing is one step; made with mode 0600.
            import tempfile  # a cold start keeps no secret

            if path.parent == self._private:
                path.parent.mkdir(mode=0o700, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", dir=path.parent, delete=False) as file:
                fresh = Path(file.name)
                file.write(f"{value}\n")
            fresh.replace(path)
        except OSError as error:
            raise SecretsUnavailable("A secret could not be kept.") from error

    def _place(self, name: str) -> Path:
        """Return where the file is, or is to be written."""
        beside = self._folder / name
        if self._private is None or Path(name).is_absolute() or ".." in Path(name).parts:
            return beside
        private = self._private / name
        return beside if beside.exists() and not private.exists() else private

    def _file(self, name: str) -> str:
        path = self._place(name)
        try:
            # newline="": a secret's own line breaks stay as they are.
            with path.open(encoding="utf-8", newline="") as file:
                if path.stat().st_mode & stat.S_IROTH:
                    mend = f"chmod o-r {name}"
                    raise KeyError(f"file:{name} can be read by every user of this machine; take that away: {mend}")
                return file.read()
        except (OSError, UnicodeDecodeError) as error:
            there = f" (looked for at {path})" if isinstance(error, FileNotFoundError) else ""
            raise KeyError(f"file:{name} cannot be read: {_words(error)}{there}") from error


def _words(error: OSError | UnicodeDecodeError) -> str:
    # A decoding error's own words would show bytes of the secret.
    return str(error.strerror) if isinstance(error, OSError) else "it is not UTF-8"
