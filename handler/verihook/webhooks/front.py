"""Lets requests in that came through the front, and says how they came: before a body is read or parsed.

The front's secret is checked as every token of a sender is: in constant time, against the current value and the one
before, read again every minute, and by one fetch a minute past the cache if none matches (:mod:`keyring`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, cast

from verihook.errors import EventMalformed, SignatureError
from verihook.model.front import ADDRESS, FINGERPRINT, HOST, ORIGIN, SUBJECT, Arrival, FrontRules, NotThroughFront
from verihook.model.front import clean_host as clean
from verihook.model.source import SecretReference, Source
from verihook.request import body_of, from_lambda

if TYPE_CHECKING:
    from typing import Protocol

    from verihook.model.ports import RotatingSecrets, Secrets, Telemetry
    from verihook.request import Request
    from verihook.senders.schemes import Verify

    class FrontPorts(Protocol):
        """What a front is made of."""

        @property
        def front(self) -> FrontRules | None:
            """What is believed of it; None for nothing but what AWS says."""
            ...

        @property
        def secrets(self) -> Secrets | None:
            """Has the front's."""
            ...

        @property
        def telemetry(self) -> Telemetry:
            """Gets the failures of their store."""
            ...


class Front:
    """What stands before us.

    ``prove``: checks the front's secret; None if there is none. ``required``: whether a request without the secret is
    refused; else it has come past the front, and nothing that its headers say of its arrival is believed. ``domains``:
    the only hosts at which requests are taken, () for all.
    """

    def __init__(
        self, rules: FrontRules, prove: Verify | None, *, required: bool = True, domains: Collection[str] = ()
    ) -> None:
        self._rules, self._prove, self._required, self._domains = rules, prove, required, frozenset(domains)

    def take(self, event: Any, base_path: str, request_id: str, now_s: int) -> tuple[Request, Arrival]:
        """Return the request in a Lambda event, and how it arrived. ``now_s`` in seconds since the epoch.

        Raises EventMalformed as :func:`~verihook.request.from_lambda` does; NotThroughFront before the body is read;
        SecretsUnavailable.
        """
        from verihook.webhooks.arrivals import arrival_in

        bare = {**event, "body": None} if isinstance(event, dict) else event
        request = from_lambda(bare, base_path, request_id)
        arrival = self.arrival(request, arrival_in(event, request), now_s)
        try:
            request.body = body_of(event)
        except (AttributeError, TypeError) as error:
            raise EventMalformed("The Lambda event's body is no text.") from error
        return request, arrival

    def arrival(self, request: Request, seen: Arrival, now_s: int) -> Arrival:
        """Return how a request arrived. ``seen``: what AWS or the socket says. Raises NotThroughFront."""
        if self._domains and seen.host not in self._domains:
            raise NotThroughFront(f"it called {seen.host or 'no host that is known'}, which is not the domain")
        if self._prove is None:
            return seen
        if not self._required and not request.values(ORIGIN):
            return seen
        try:
            self._prove(request, now_s)
        except SignatureError as error:
            raise NotThroughFront(error.reason) from None
        rules = self._rules
        return Arrival(
            clean(request.lone(rules.host_header)) if rules.host_header else seen.host,
            self._address(request, seen.address),
            (request.lone(rules.subject_header) or "") if rules.subject_header else seen.subject,
            (request.lone(rules.fingerprint_header) or "").lower() if rules.fingerprint_header else seen.fingerprint,
        )

    def _address(self, request: Request, peer: str) -> str:
        if self._rules.address_header:
            return (request.lone(self._rules.address_header) or "").strip()
        if not self._rules.hops:
            return peer
        from verihook.webhooks.arrivals import address_before

        return address_before(request, peer, self._rules.hops)


def make_front(ports: FrontPorts, now_s: int | None, *, reference: str = "", domains: Collection[str] = ()) -> Front:
    """Return what stands before us. ``reference``: the secret of the front of infra/domain.yaml, "" if there is none.

    ``now_s``: None on one machine. There a secret that is missing raises KeyError, and a request without it comes from
    this machine; in AWS every request is answered 503 until there is one, and telemetry gets the failure.
    """
    rules = ports.front or FrontRules()
    if reference:
        rules = FrontRules((SecretReference(reference),), 0, HOST, ADDRESS, SUBJECT, FINGERPRINT)
    prove = _prove(rules.secrets, ports, now_s) if rules.secrets else None
    return Front(rules, prove, required=now_s is not None, domains=domains)


def _prove(references: tuple[SecretReference, ...], ports: FrontPorts, now_s: int | None) -> Verify:
    # Imported here: most fronts have no secret.
    from verihook.senders import read_sender
    from verihook.senders.schemes import PLAIN
    from verihook.webhooks.keyring import Keyring

    if ports.secrets is None:
        raise KeyError("there is no store of secrets")
    sender = read_sender("front", {"signature": {"scheme": "token", "header": ORIGIN}})
    secrets = cast("RotatingSecrets", ports.secrets)
    ring = Keyring(Source("front", sender, references, ""), secrets, PLAIN, ports.telemetry.failure)
    if now_s is None:
        ring.bind_at_load()
    else:
        ring.bind_at_start(now_s)
    return ring.verify
