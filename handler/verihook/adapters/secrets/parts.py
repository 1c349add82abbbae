"""What a store of secrets is made of: the module of each, named in senders/references.py, has ``make(parts)``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verihook.adapters.secrets.current import CurrentSecret
    from verihook.adapters.secrets.environment import EnvironmentSecrets


@dataclass(frozen=True, slots=True)
class StoreParts:
    """``client_of``: makes a client, by the name that boto3 has for the service. ``at_hand``: variables and files.

    ``shared``: the secret that has a member for each ``env:NAME`` that is not a variable; None if there is none.
    """

    client_of: Callable[[str], Any]
    at_hand: EnvironmentSecrets
    shared: CurrentSecret | None = None
