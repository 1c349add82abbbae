"""The secrets of one source while they change: a rotation needs no new deployment, and a flood of forgeries no calls.

The scheme is bound once with the known secrets, so that a good delivery asks no store. The secrets are read again
every minute (a store answers that from its cache, see adapters/secrets/). If none matches a delivery, they are fetched
past the cache and tried once more, at most once a minute: a secret that is newer than that is refused until the minute
is over. docs/rotation.md gives the order of steps in which no delivery is refused.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from verihook.errors import SecretsUnavailable, SignatureError
from verihook.model.ports import RotatingSecrets
from verihook.model.ports.secrets import Generations
from verihook.model.source import SecretReference, Source
from verihook.records import replace
from verihook.request import Request
from verihook.senders.schemes import Proof, Setting, Verify, no_secret

#: How often the secrets are read again, and how often at most a mismatch makes us fetch them, in seconds.
REFRESH_S = 60

#: How soon a store is asked again if no secret is known at all, in seconds: the Retry-After of the answer.
RETRY_S = SecretsUnavailable.retry_after

#: Refusals that another secret could turn into a proof. A malformed delivery is refused under any secret.
KEY_REASONS = frozenset({"signature-mismatch", "unknown-kid", "unknown-key", "unknown-keyid"})

#: The kinds of references that are read and checked at load. A store is first asked by the first delivery.
AT_HAND = ("env:", "file:")

#: How a scheme's ValueError begins if it is about the source's :class:`~verihook.senders.schemes.Setting`, and not
#: about a secret.
SETTINGS = ("public_url", "parameters")


@dataclass(frozen=True, slots=True)
class _Bound:
    """The scheme, bound with ``secrets``, of which the first ``newest`` are one generation.

    ``current`` checks with that generation alone if it has several secrets: the scheme itself takes only the first
    secret for the current one.
    """

    references: tuple[SecretReference, ...]
    secrets: tuple[str, ...]
    newest: int
    verify: Verify
    current: Verify | None


class Keyring:
    """The secrets of one source, and its check.

    :meth:`verify` is a :data:`~verihook.senders.schemes.Verify`, for any number of threads.

    ``report(where, error)`` is called when a secret that was read cannot be used.
    """

    def __init__(
        self, source: Source, secrets: RotatingSecrets, setting: Setting, report: Callable[[str, BaseException], None]
    ) -> None:
        self._name, self._scheme, self._references = source.name, source.sender.scheme, source.secrets
        self._pairing_reference = source.parameters.get("pairing")  # its sender brings it
        self._ends = any(reference.until_s is not None for reference in source.secrets)
        self._secrets, self._setting, self._report = secrets, setting, report
        self._lock = threading.Lock()
        self._known: dict[SecretReference, Generations] = {}
        self._bound: _Bound | None = None
        self._in_doubt = False  # a secret is missing or its store is down: a mismatch may be our fault
        self._reported: dict[str, str] = {}
        self._looked_at: int | None = None
        self._fetched_at: int | None = None

    def bind_at_load(self) -> None:
        """Read and bind the secrets that are in no store.

        Raises KeyError in words for a secret that is missing, ValueError for one that cannot be used.
        """
        at_hand = tuple(reference for reference in self._references if reference.reference.startswith(AT_HAND))
        for reference in at_hand:
            self._known[reference] = self._secrets.generations(reference.reference)
        if at_hand or not self._references:
            bound = self._bind(at_hand, *self._values(at_hand))
            self._bound = bound if at_hand == self._references else None
        else:
            self._check_setting()

    def bind_at_start(self, now: int) -> None:
        """Read every secret, and bind those that can be used; report the others. For the start in AWS.

        A secret that the sender is to bring is not read yet: it may come within the next second.

        Raises ValueError in words about the source's own settings.
        """
        self._check_setting()
        if not self._pairing_reference:
            self.has_usable_secret(now)

    def has_usable_secret(self, now: int) -> bool:
        """Whether a secret is known that can be used. Reads the secrets again if that is due."""
        if self._bound is None or self._is_old(self._bound, now):
            with suppress(SecretsUnavailable):
                self._refreshed(now)
        return self._bound is not None

    def _check_setting(self) -> None:
        """Raise ValueError if the source's settings do not fit its scheme, as far as that shows without a secret."""
        try:
            self._scheme.bind((), self._setting)
        except ValueError as error:
            if str(error).startswith(SETTINGS):
                raise

    def verify(self, request: Request, now: int) -> Proof:
        """Return the proof that the delivery is genuine. ``now`` in seconds since the epoch.

        Raises SignatureError; SecretsUnavailable if no secret is known, or if none matches while a store is down.
        """
        bound = self._bound
        if bound is None or (self._references and self._is_old(bound, now)):
            bound = self._refreshed(now)
        try:
            return _proof(bound, request, now)
        except SignatureError as error:
            if error.reason not in KEY_REASONS or not self._references:
                raise
            other = self._fetch_others(bound, now)
            if other is None:
                if self._in_doubt:
                    raise SecretsUnavailable("Not every secret of this source could be read.") from error
                raise
        return _proof(other, request, now)

    def _is_old(self, bound: _Bound, now: int) -> bool:
        return _due(self._looked_at, now, REFRESH_S) or (self._ends and bound.references != self._live(now))

    def _live(self, now: int) -> tuple[SecretReference, ...]:
        return tuple(reference for reference in self._references if reference.live(now))

    def _refreshed(self, now: int) -> _Bound:
        """Return the known secrets that have not ended, bound; read again if that is due.

        While another thread reads them, the known ones are used. If none are known, this thread waits.
        """
        if not self._lock.acquire(blocking=self._bound is None):
            return self._bind_live(now)
        try:
            unknown = self._bound is None
            if _due(self._looked_at, now, RETRY_S if unknown else REFRESH_S):
                self._read_secrets(now, fresh=unknown)
            return self._rebind(now)
        finally:
            self._lock.release()

    def _fetch_others(self, tried: _Bound, now: int) -> _Bound | None:
        """Return other secrets than those that were tried; None if there are none, or the minute is not over."""
        with self._lock:
            # Another thread may have fetched while this one waited.
            if self._bound is not None and self._bound.secrets != tried.secrets:
                return self._bound
            if not _due(self._fetched_at, now, REFRESH_S):
                return None
            self._read_secrets(now, fresh=True)
            fetched = self._rebind(now)
            return fetched if fetched.secrets != tried.secrets else None

    def _read_secrets(self, now: int, *, fresh: bool) -> None:
        """Read every secret that has not ended. Keep a known one if its store does not answer; drop what is gone."""
        self._looked_at, self._in_doubt = now, False
        if fresh:
            self._fetched_at = now
        for reference in self._live(now):
            try:
                self._known[reference] = self._secrets.generations(reference.reference, fresh=fresh)
                self._reported.pop(reference.reference, None)
            except SecretsUnavailable as error:
                self._in_doubt = True
                self._report(f"secrets of {self._name}: {reference.reference}", error)
            except KeyError as error:
                self._in_doubt = True
                self._known.pop(reference, None)
                self._report_once(reference.reference, error)

    def _report_once(self, reference: str, error: Exception) -> None:
        """Report an error once while it stays the same: a flood to a source without a secret must not fill the log."""
        words = str(error)
        if reference != self._pairing_reference and self._reported.get(reference) != words:
            self._reported[reference] = words
            self._report(f"secrets of {self._name}: {reference}", error)

    def _rebind(self, now: int) -> _Bound:
        try:
            self._bound = self._bind_live(now)
        except SecretsUnavailable:
            self._bound = None  # a secret that is gone must not verify
            raise
        return self._bound

    def _bind_live(self, now: int) -> _Bound:
        """Bind the scheme with the known secrets that have not ended. Report those that cannot be used."""
        live, bound = self._live(now), self._bound
        secrets, newest = self._values(live)
        if bound is not None and (bound.references, bound.secrets, bound.newest) == (live, secrets, newest):
            return bound
        if live and not secrets:
            raise SecretsUnavailable("No secret of this source could be read.")
        try:
            return self._bind(live, secrets, newest)
        except ValueError:
            usable = tuple(secret for secret in secrets if self._usable(secret))
            if not usable:
                raise SecretsUnavailable("No secret of this source can be used.") from None
            return self._bind(live, usable, sum(secret in usable for secret in secrets[:newest]))

    def _usable(self, secret: str) -> bool:
        try:
            self._scheme.bind((secret,), self._setting)
        except ValueError as error:
            self._report(f"secrets of {self._name}", error)
            return False
        return True

    def _values(self, references: tuple[SecretReference, ...]) -> tuple[tuple[str, ...], int]:
        """The known secrets, newest first, each once; and how many of them are the newest generation."""
        known = [self._known.get(reference, ()) for reference in references]
        values = [value for generations in known for generation in generations for value in generation]
        newest = known[0][0] if known and known[0] else ()
        return tuple(dict.fromkeys(values)), len(newest)

    def _bind(self, references: tuple[SecretReference, ...], secrets: tuple[str, ...], newest: int) -> _Bound:
        if self._references and not secrets:
            # All have ended. A scheme that also has keys from the network would verify with those.
            return _Bound(references, (), 0, no_secret, None)
        verify = self._scheme.bind(secrets, self._setting)
        several = self._scheme.bind(secrets[:newest], self._setting) if newest > 1 else None
        return _Bound(references, secrets, newest, verify, several)


def _proof(bound: _Bound, request: Request, now: int) -> Proof:
    proof = bound.verify(request, now)
    if bound.newest == 0 and bound.secrets:
        return replace(proof, verified_by="previous")  # the newest could not be read
    if bound.current is not None and proof.verified_by != "current":
        with suppress(SignatureError):
            bound.current(request, now)
            return replace(proof, verified_by="current")
    return proof


def _due(at: int | None, now: int, interval: int) -> bool:
    # If the clock was set back, it is due as well: else nothing would be read for as long as it was ahead.
    return at is None or not 0 <= now - at < interval
