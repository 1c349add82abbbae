"""``env:NAME`` in AWS: the variable, else the member NAME of the stack's one secret.

So one hooks.toml serves one machine and AWS alike.
"""

from __future__ import annotations

from verihook.adapters.secrets import secret_of
from verihook.adapters.secrets.current import CurrentSecret
from verihook.adapters.secrets.document import members
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.adapters.secrets.parts import StoreParts


def make(parts: StoreParts) -> SharedSecrets | EnvironmentSecrets:
    """Variables and files; with the members of the shared secret if there is one."""
    return SharedSecrets(parts.at_hand, parts.shared) if parts.shared else parts.at_hand


class SharedSecrets:
    """The Secrets port over ``env:NAME`` and ``file:PATH``.

    ``at_hand`` has the variables and the files. ``shared`` is asked for what is no variable; see
    :mod:`verihook.adapters.secrets.document` for what it holds.
    """

    def __init__(self, at_hand: EnvironmentSecrets, shared: CurrentSecret) -> None:
        self._at_hand, self._shared = at_hand, shared

    def resolve(self, reference: str) -> tuple[str, ...]:
        """See :class:`~verihook.model.ports.Secrets`."""
        return tuple(value for generation in self.generations(reference) for value in generation)

    def generations(self, reference: str, *, fresh: bool = False) -> tuple[tuple[str, ...], ...]:
        """See :class:`~verihook.model.ports.RotatingSecrets`: each value of a member is a generation."""
        try:
            return self._at_hand.generations(reference)
        except KeyError:
            kind, _, name = reference.partition(":")
            if kind != "env":
                raise
        try:
            # What was not there may have been put there since.
            values = self._member(name, fresh=fresh) or self._member(name, fresh=True)
        except ValueError as error:
            raise KeyError(f"{reference} cannot be read: {error}") from None
        if not values:
            raise KeyError(f"{reference} is not set; put it into the stack's secret: verihook secrets put {name}")
        return tuple((secret_of(reference, value),) for value in values)

    def _member(self, name: str, *, fresh: bool) -> tuple[str, ...]:
        return members(self._shared.text(fresh=fresh)).get(name, ())

    def store(self, reference: str, value: str) -> None:
        """See :class:`~verihook.model.ports.Secrets`: it never writes to the secret of all sources."""
        self._at_hand.store(reference, value)
