"""Secrets from the environment and from files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class EnvironmentSecrets:
    """The Secrets port over ``env:NAME`` and ``file:PATH``.

    ``variables``: the environment. A relative path is taken from ``folder``. A file's last line break is not part of
    the secret.
    """

    def __init__(self, variables: Mapping[str, str], folder: Path) -> None:
        self._variables = variables
        self._folder = folder

    def resolve(self, reference: str) -> tuple[str, ...]:
        """See :class:`~verihook.ports.Secrets`."""
        kind, _, name = reference.partition(":")
        value = self._variables.get(name, "") if kind == "env" else self._file(name)
        if not value:
            raise KeyError(f"{reference} is not set" if kind == "env" else f"{reference} is empty")
        return (value,)

    def _file(self, name: str) -> str:
        try:
            return (self._folder / name).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise KeyError(f"file:{name} cannot be read: {error}") from error
