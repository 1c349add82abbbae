"""A connection: a service that workflows call, and the credentials for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Connection:
    """One ``[connections.NAME]`` of hooks.toml.

    ``secret`` is a reference as a source's are, "" for none; its value goes into ``header`` after ``prefix``.
    """

    name: str
    url: str
    secret: str = ""
    header: str = "authorization"
    prefix: str = "Bearer "
