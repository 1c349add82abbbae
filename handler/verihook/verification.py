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
    """Return the keyring of each source, by the source's name.

    Without ``now``, no store is asked: raise ConfigurationError if a secret that is in no store is missing or cannot be
    used. With ``now``, in seconds since the epoch, every store is asked, and ``failure(where, error)`` is called for
    each such secret instead: its source answers 503 until there is a good one, and the other sources work. Raise
    ConfigurationError in both cases for a wrong setting of a source.
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
    """Return the handshakes of the sources whose sender has one, by the source's name. Raises ConfigurationError.

    ``strict``: a missing ``verify_token`` is an error at once, and not only when a handshake needs it.
    """
    bound: dict[str, BoundHandshake] = {}
    for name, source in hooks.sources.items():
        if source.sender.handshake is None:
            continue
        # Secrets with an end come last: they answer a handshake only if there is no other.
        references = sorted(source.secrets, key=lambda secret: secret.until_s is not None)
        context = HandshakeContext(
            tuple(secret.reference for secret in references),
            source.parameters,
            secrets.resolve,
            secrets.store,
            _fetch(source.sender.scheme),
            source.public_url,
        )
        try:
            bound[name] = source.sender.handshake.bind(context)
            if strict and (token := source.parameters.get("verify_token")):
                secrets.resolve(token)
        except (KeyError, ValueError) as error:
            raise _configuration_error(hooks, name, "parameters", error) from error
    return bound


def _configuration_error(hooks: Hooks, source: str, key: str, error: KeyError | ValueError) -> ConfigurationError:
    """Return the error of a scheme or a handshake, under the source's setting that it names, else under ``key``."""
    words = str(error.args[0])
    named, mend = key_and_mend(ValueError(words))
    if not isinstance(error, KeyError) and named.startswith(SETTINGS):
        key, words = named, mend
    return ConfigurationError(hooks.path.name, f"sources.{source}.{key}", words)


def setting_of(source: Source) -> Setting:
    """Return what the source adds to its scheme; with a fetcher, if its sender publishes keys."""
    return Setting(source.public_url, source.parameters, _fetch(source.sender.scheme), source.replayable)


def _fetch(scheme: Scheme) -> Fetch | None:
    """Return a fetcher of keys from the hosts that the scheme names; None if it names none, as most do."""
    hosts: tuple[str, ...] = getattr(scheme, "key_hosts", ())
    if not hosts:
        return None
    # Imported here: most senders publish no keys, and http.client takes longer to import than all of the schemes.
    from verihook.senders.fetcher import CACHED_S, KeyFetcher

    return KeyFetcher(hosts, cached_s=getattr(scheme, "documents_cached_s", CACHED_S))
