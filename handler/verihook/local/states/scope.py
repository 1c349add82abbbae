"""What an expression can see: the data at its place in a state, the context object, variables, time and chance."""

from __future__ import annotations

import random
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression is evaluated.

    ``data`` is JSONPath's ``$``; ``states`` JSONata's ``$states`` but for its context. ``now`` is the turn's time, in
    seconds since 1970. ``chance`` is what random numbers and identifiers come from: a runner that repeats a turn gets
    the same.
    """

    data: Any
    context: Callable[[], dict[str, Any]]
    variables: Mapping[str, Any] = field(default_factory=ChainMap)
    states: Mapping[str, Any] = field(default_factory=dict)
    now: float = 0.0
    chance: random.Random = field(default_factory=random.Random)

    def on(self, data: Any, **states: Any) -> Scope:
        """Return the scope of another place in the same state."""
        return replace(self, data=data, states={**self.states, **states})
