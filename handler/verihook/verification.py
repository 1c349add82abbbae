"""The check and the handshake of every source, bound to its secrets."""

from __future__ import annotations

from collections.abc import Callable

from verihook.config import Hooks
from verihook.errors import ConfigurationError
from verihook.model.ports import RotatingSecrets
from verihook.model.source import Source
from verihook.senders.handshake import BoundHandshake, HandshakeContext
from verihook.senders.schemes import Fetch, Scheme, Setting
from verihook.senders.tables import key_and_mend
from verihook.webhooks.keyring import SETTINGS, Keyring


def keyrings(
    hooks: Hooks,
    secrets: RotatingSecrets,
    failure: Callable[[str, BaseException], None],
    now: int | None = None,
) -> dict[str, Keyring]:
    """The checks by the names of their sources. ``failure(where, error)`` gets what no caller can be answered.

    Raise ConfigurationError if a secret is missing or cannot be used, as far as that shows without asking a store.
    With ``now``, in seconds since the epoch, every store is asked at once, and a missing secret goes to ``failure``
    instead: the deliveries of its source are answered 503 until there is one, and the other sources work.
    """
    rings: dict[str, Keyring] = {}
    for name, source in hooks.sources.items():
        ring = rings[name] = Keyring(source, secrets, setting_of(source), failure)
        try:
            ring.bind_at_load() if now is None else ring.bind_at_start(now)
        except KeyError as error:
            # A source that is pairing waits for its sender to bring the secret.
            if "pairing" not in source.parameters:
                raise _configuration_error(hooks, name, "secrets", error) from error
        except ValueError as error:
            raise _configuration_error(hooks, name, "secrets", error) from error
    return rings


def handshakes(hooks: Hooks, secrets: RotatingSecrets, *, strict: bool = True) -> dict[str, BoundHandshake]:
    """The handshakes of the sources whose sender has one. Raise ConfigurationError.

    ``strict``: a missing token is an error here already, and not only when a handshake needs it.
    """
    bound: dict[str, BoundHandshake] = {}
    for name, source in hooks.sources.items():
        if source.sender.handshake is None:
            continue
        # A secret with an end is about to go: it answers no handshake while there is another.
        references = sorted(source.secrets, key=lambda secret: secret.until_s is not None)
        context = HandshakeContext(
            tuple(secret.reference for secret in references),
            source.parameters,
            secrets.resolve,
            secrets.store,
            _fetch(source.sender.scheme),
        )
        try:
            bound[name] = source.sender.handshake.bind(context)
            if strict and (token := source.parameters.get("verify_token")):
                secrets.resolve(token)
        except (KeyError, ValueError) as error:
            raise _configuration_error(hooks, name, "parameters", error) from error
    return bound


def _configuration_error(hooks: Hooks, source: str, key: str, error: KeyError | ValueError) -> ConfigurationError:
    """An error of a scheme or a handshake, of a setting of the source if it names one, else of ``key``."""
    words = str(error.args[0])
    named, mend = key_and_mend(ValueError(words))
    if not isinstance(error, KeyError) and named.startswith(SETTINGS):
        key, words = named, mend
    return ConfigurationError(hooks.path.name, f"sources.{source}.{key}", words)


def setting_of(source: Source) -> Setting:
    """What the source adds to its scheme, with a way to fetch the keys that its sender publishes, if it does."""
    return Setting(source.public_url, source.parameters, _fetch(source.sender.scheme), source.replayable)


def _fetch(scheme: Scheme) -> Fetch | None:
    """What fetches keys from the hosts that a scheme names; None for the many that name none."""
    hosts: tuple[str, ...] = getattr(scheme, "key_hosts", ())
    if not hosts:
        return None
    # Imported here: most senders publish no keys, and http.client takes longer to import than all of the schemes.
    from verihook.senders.fetcher import KeyFetcher

    return KeyFetcher(hosts)
