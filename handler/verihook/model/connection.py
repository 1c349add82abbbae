"""A connection: a service that workflows call, and the credentials for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Connection:
    """One ``[connections.NAME]`` of hooks.toml.

    ``secret``: a reference, as a source's secrets are, or "" for none. A call has the header ``header`` with the value
    ``prefix`` + secret.
    """

    name: str
    url: str
    secret: str = ""
    header: str = "authorization"
    prefix: str = "Bearer "
