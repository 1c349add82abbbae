"""A store that has a secret of every name."""

from __future__ import annotations

from verihook.adapters.secrets.parts import StoreParts


def make(_: StoreParts) -> VaultSecrets:
    """The store of a deployment."""
    return VaultSecrets()


class VaultSecrets:
    """The Secrets port over ``vault:NAME``."""

    def resolve(self, reference: str) -> tuple[str, ...]:
        """See :class:`~verihook.model.ports.Secrets`."""
        return (f"the secret of {reference.removeprefix('vault:')}",)

    def generations(self, reference: str, *, fresh: bool = False) -> tuple[tuple[str, ...], ...]:
        """See :class:`~verihook.model.ports.RotatingSecrets`."""
        return (self.resolve(reference),)

    def store(self, reference: str, value: str) -> None:
        """Raise KeyError: it takes none."""
        raise KeyError(f"{reference} cannot be written")
