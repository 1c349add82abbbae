"""Finds out who calls: by the key of a request, and what that key may do.

A key is read from ``Authorization: Bearer``, ``x-api-key`` or ``dapr-api-token``. One of the ledger may do what its
scopes say. Three other ways lead to everything: AWS has authenticated the request (a function URL or API with IAM), the
key is that of the run, which one machine makes at its start, or one machine was told to be open.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal
from urllib.parse import urlsplit

from starlette.requests import Request

from verihook.api.turned_away import TurnedAway
from verihook.errors import Forbidden, RateLimited, RequestInvalid, Unauthenticated, VerihookError
from verihook.instances import api_keys
from verihook.instances.api_keys import KEEP_MS
from verihook.model.instance import BATCH, Instance
from verihook.model.loopback import LOOPBACK_NAMES
from verihook.model.ports import Documents, Services
from verihook.model.scopes import ApiKey, Scope
from verihook.model.source import Source

__all__ = ["KEEP_MS", "Access", "Identity", "KnownKeys", "Scope", "challenge"]

#: How many keys are held in memory, and how many unknown ones.
MAX_HELD = 1024

#: How many unknown keys each process looks up in a minute; above that, it looks up only keys that come again.
MAX_MISSES = 300

_MINUTE_MS = 60_000

#: Headers that a proxy or a tunnel adds, as it does any ``x-forwarded-``: the request came from elsewhere.
_FORWARDED = frozenset(
    {
        "cf-connecting-ip",
        "client-ip",
        "fastly-client-ip",
        "fly-client-ip",
        "forwarded",
        "true-client-ip",
        "via",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-original-host",
        "x-real-ip",
    }
)

#: How the caller got in: by a key of the ledger, by AWS's own authentication, by the key of the run, or without any.
Entry = Literal["key", "iam", "run", "open"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls, and by which ``entry``. ``key`` None: not by a key of the ledger, so that it may do everything."""

    key: ApiKey | None = None
    entry: Entry = "key"

    @property
    def name(self) -> str:
        """The owner of limits and idempotency keys: the chain of rotated keys, "" for a caller without a key."""
        return self.key.chain if self.key else ""

    @property
    def noted(self) -> dict[str, str]:
        """What is kept of a caller beside what it has done: its entry, and of a key the id and the name."""
        return {"entry": self.entry, **({"keyId": self.key.id, "name": self.key.name} if self.key else {})}

    def covers(self, workflow: str) -> bool:
        """Whether it may have to do with this workflow: lists show no others."""
        return self.key is None or self.key.covers(workflow)

    @property
    def bound(self) -> bool:
        """Whether the key is bound to some of the workflows."""
        return self.key is not None and bool(self.key.workflows)

    def covers_source(self, name: str, sources: Mapping[str, Source]) -> bool:
        """Whether it may see what came to this source: it covers all workflows that the source starts or resumes."""
        return not self.bound or (name in sources and all(map(self.covers, sources[name].reached)))

    def covers_row(self, row: Instance, sources: Mapping[str, Source]) -> bool:
        """Whether it may see and change the row. One that brings events to others takes the workflows of all."""
        if row.engine == BATCH and not self.covers_source(row.source or "", sources):
            return False
        return self.covers(row.workflow) and (row.resumption is None or self.covers(row.resumption.workflow))

    def may(self, scope: Scope, workflow: str) -> bool:
        """Whether it may do what ``scope`` names with this workflow."""
        return self.key is None or (scope in self.key.scopes and self.key.covers(workflow))

    def may_anywhere(self, scope: Scope) -> bool:
        """Whether it may do what ``scope`` names with some workflow."""
        return self.key is None or scope in self.key.scopes

    def require(self, scope: Scope, workflow: str | None = None) -> None:
        """Raise Forbidden, which names the scope, if the caller may not do this, or not with this workflow."""
        if self.key is not None:
            self.key.require(scope, workflow)


class KnownKeys:
    """The keys of the ledger, each read once in :data:`KEEP_MS`. Thread-safe."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._lock = Lock()
        self._found: dict[bytes, tuple[int, api_keys.StoredKey]] = {}
        self._unknown: dict[bytes, int] = {}
        self._changes = 0
        self._minute, self._misses = 0, 0
        self._turned_away = TurnedAway()

    def verify(self, secret: str, now_ms: int, *, fresh: bool = False) -> ApiKey:
        """The key of this secret; ``fresh``: as the ledger has it now.

        Raises Unauthenticated, LedgerUnavailable, and RateLimited for a key that this process does not know, after too
        many that were none: a checksum is easily made, and each look costs a consistent read.
        """
        api_keys.digest_of(secret)
        # Not the hash that the ledger has: what is in memory is of no use there, and the other way round.
        name = hashlib.blake2b(secret.encode(), digest_size=32, person=b"verihook held").digest()
        held, changes = self._held(name, now_ms), self._changes
        if held is not None and not fresh and not api_keys.due_to_note(held.key, now_ms):
            return held.key
        self._admit(name, now_ms)
        try:
            stored = api_keys.find(secret, self._documents, now_ms)
        except Unauthenticated:
            with self._lock:
                self._misses += 1
                self._found.pop(name, None)
                _remember(self._unknown, name, now_ms)
            raise
        stored = api_keys.note_use(stored, self._documents, now_ms)
        with self._lock:
            # If a key was changed since the read, this key is not held: it may be the one that changed.
            if changes == self._changes:
                _remember(self._found, name, (now_ms, stored))
        return stored.key

    def _admit(self, name: bytes, now_ms: int) -> None:
        with self._lock:
            if not 0 <= now_ms - self._minute < _MINUTE_MS:
                self._minute, self._misses = now_ms, 0
            if self._misses < MAX_MISSES or name in self._found:
                return
            if self._turned_away.may_be_looked_up(name, now_ms):
                return
        words = "Too many API keys that are none were sent: one that is new here is looked up when it comes again."
        raise RateLimited(words, limit=MAX_MISSES, retry_after=1)

    def reread(self, key_id: str) -> None:
        """Read this key again when it is used next: it was changed."""
        with self._lock:
            self._changes += 1
            for name in [name for name, (_, stored) in self._found.items() if stored.key.id == key_id]:
                del self._found[name]

    def _held(self, name: bytes, now_ms: int) -> api_keys.StoredKey | None:
        with self._lock:
            since, stored = self._found.get(name, (0, None))
            unknown_since = self._unknown.get(name)
        if unknown_since is not None and 0 <= now_ms - unknown_since < KEEP_MS:
            raise Unauthenticated(api_keys.REFUSED)
        if stored is None or not 0 <= now_ms - since < KEEP_MS:
            return None
        if not stored.key.live(now_ms):
            raise Unauthenticated(api_keys.REFUSED)
        return stored


class Access:
    """Lets callers in.

    ``loopback``: the server listens on loopback alone, and is open if the policy says so. ``run_key``: what opens
    everything until the server stops; "" for none.
    """

    def __init__(self, services: Services, *, loopback: bool = False, run_key: str = "") -> None:
        self._keys = KnownKeys(services.documents)
        self._clock = services.clock
        self._open = loopback and services.policy.auth == "open"
        self._run_key = run_key.encode()

    def identify(self, request: Request, *, fresh: bool = False) -> Identity:
        """Who calls; ``fresh``: by the key as the ledger has it now. Blocks for a read of the ledger at times.

        Raises Unauthenticated, RequestInvalid (two different keys), LedgerUnavailable.
        """
        given = _keys_of(request)
        if len(given) > 1:
            raise RequestInvalid("The request has more than one API key: send one.")
        opened = self._open and _is_local(request)
        # An open machine accepts any token that a client has to send, but checks a key of Verihook's own form.
        if given and not (opened and not given[0].startswith(api_keys.PREFIX)):
            if self._is_of_run(given[0]):
                return Identity(entry="run")
            return Identity(self._keys.verify(given[0], self._clock.now_ms(), fresh=fresh))
        if opened:
            return Identity(entry="open")
        if _signed_with_iam(request):
            return Identity(entry="iam")
        if self._open:
            raise Unauthenticated("Without an API key, requests are taken from this machine alone, for 127.0.0.1.")
        mend = " `verihook keys run` prints the one of this run." if self._run_key else ""
        raise Unauthenticated(f"Send an API key: Authorization: Bearer vhk_..., x-api-key or dapr-api-token.{mend}")

    def is_stranger(self, request: Request) -> bool:
        """Return whether the request has nothing that could let it in: no key, and no other way. Reads no ledger."""
        return not (_keys_of(request) or (self._open and _is_local(request)) or _signed_with_iam(request))

    def require(self, request: Request, scope: Scope, workflow: str | None = None) -> Identity:
        """Who calls, and that it may do what ``scope`` names. Raises as :meth:`identify` does, and Forbidden.

        A caller that handles keys is looked up each time: a key that was revoked a moment ago makes no other.
        """
        identity = self.identify(request, fresh=scope == "keys:manage")
        identity.require(scope, workflow)
        return identity

    def _is_of_run(self, secret: str) -> bool:
        return bool(self._run_key) and hmac.compare_digest(secret.encode(), self._run_key)

    def reread(self, key_id: str) -> None:
        """The key was changed: in this process that holds from now on, in others within :data:`KEEP_MS`."""
        self._keys.reread(key_id)


def challenge(error: VerihookError) -> dict[str, str]:
    """The header that goes with a 401 or 403 (https://www.rfc-editor.org/rfc/rfc6750#section-3); {} with others."""
    if isinstance(error, Unauthenticated):
        invalid = str(error) in (api_keys.REFUSED, api_keys.MISTYPED)
        return {"www-authenticate": 'Bearer realm="verihook"' + (', error="invalid_token"' if invalid else "")}
    if isinstance(error, Forbidden):
        return {"www-authenticate": 'Bearer realm="verihook", error="insufficient_scope"'}
    return {}


def _keys_of(request: Request) -> list[str]:
    """The different keys that the request has. Other schemes of Authorization (SigV4, Basic) are none of ours."""
    headers = request.headers
    bearers = [value.partition(" ") for value in headers.getlist("authorization")]
    found = [token.strip() for scheme, _, token in bearers if scheme.lower() == "bearer"]
    found += [value.strip() for name in ("x-api-key", "dapr-api-token") for value in headers.getlist(name)]
    return list(dict.fromkeys(value for value in found if value))


def _signed_with_iam(request: Request) -> bool:
    """Whether AWS has authenticated the caller: the AuthType of the function URL, or of the route, is AWS_IAM.

    https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    """
    event: dict[str, Any] = request.scope.get("aws.event") or {}
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    return isinstance(authorizer, dict) and bool(authorizer.get("iam"))


def _is_local(request: Request) -> bool:
    """Return whether a program of this machine seems to call, not a tunnel to it, nor a page of another site.

    The name that was called guards against DNS rebinding, Origin against pages that post across sites. nginx passes on
    HTTP/1.0 unless its configuration says otherwise. Most relays leave no sign, so this is for development alone.
    """
    if request.scope.get("http_version") == "1.0":
        return False
    if any(name in _FORWARDED or name.startswith("x-forwarded") for name in request.headers):
        return False
    origins = request.headers.getlist("origin")
    urls = [f"//{host}" for host in request.headers.getlist("host")] + origins
    return bool(urls) and all(_host(url) in LOOPBACK_NAMES for url in urls)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _remember(held: dict[bytes, Any], name: bytes, value: Any) -> None:
    """Remember it as the newest; the oldest goes if there are too many."""
    held.pop(name, None)
    if len(held) >= MAX_HELD:
        del held[next(iter(held))]
    held[name] = value
