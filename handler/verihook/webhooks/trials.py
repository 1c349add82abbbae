"""Trials: deliveries that we send ourselves, as the sender of a source would, good ones and bad ones on purpose.

A trial goes the way of every delivery, from its signature on, and its record says that it is a test. Who asks for one
never gets the secret, nor a signature that could be sent again. So a sender whose signature stands in the body, which
is kept, cannot be played.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from verihook.errors import NotSupported, RequestInvalid, SecretsUnavailable
from verihook.model.ports import Trace
from verihook.model.source import Source
from verihook.records import replace
from verihook.request import Reply, Request
from verihook.webhooks import receive as receiver
from verihook.webhooks.example_event import example_event
from verihook.webhooks.signed_delivery import SignedDelivery, content_type_of

if TYPE_CHECKING:
    from typing import Protocol

    from verihook.model.ports.secrets import Secrets
    from verihook.model.ports.sets import ReceivePorts

    class TrialPorts(ReceivePorts, Protocol):
        """Signs a delivery and sends it through the receive path."""

        @property
        def secrets(self) -> Secrets | None:
            """Has those of sources."""
            ...


#: What can be tried.
Kind = Literal["signed", "tampered", "wrong-secret", "stale", "unsigned", "duplicate", "malformed"]
KINDS: tuple[str, ...] = get_args(Kind)

#: The kinds that need no signature.
_UNSIGNED = ("unsigned", "malformed")

#: How old a stale delivery is, in seconds: a week, and more than any sender's window.
STALE_S = 7 * 86_400

#: Why a changed delivery, and an old one, may be refused.
_UNMATCHED = "no-signature-with-the-expected-version"
_CHANGED = ("signature-mismatch", "body-hash-mismatch", "content-digest-mismatch", "token-mismatch", _UNMATCHED)
_OLD = ("timestamp-outside-tolerance", "token-outside-validity", _UNMATCHED)


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be sent. ``body`` None: an example; ``type`` and ``content_type`` None: as the body and source say."""

    source: Source
    kind: Kind
    request_id: str
    body: bytes | None = None
    type: str | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What is to become of it: the ``outcome``, and for a refusal one of these reasons; () for any."""

    outcome: Literal["accepted", "duplicate", "rejected"]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """What was sent, and what became of it. ``trace`` is complete. ``body``: the very bytes, without a signature."""

    expected: Expected
    reply: Reply
    trace: Trace
    body: bytes
    content_type: str

    @property
    def as_expected(self) -> bool:
        """Whether that is what was to become of it."""
        fits = not self.expected.reasons or self.trace.reason in self.expected.reasons
        return self.trace.outcome == self.expected.outcome and fits


def expected_of(kind: Kind, source: Source) -> Expected:
    """Return what is to become of a delivery of this kind. Raises RequestInvalid if it says nothing of this sender."""
    scheme = source.sender.scheme
    if kind == "stale" and not scheme.timed:
        raise RequestInvalid(f"kind: {source.sender.id} signs no time, so a delivery of it cannot be stale.")
    if kind == "tampered" and not scheme.binds_body:
        # A token proves who sends, and not what.
        return Expected("accepted")
    match kind:
        case "signed":
            return Expected("accepted")
        case "duplicate":
            return Expected("duplicate")
        case "tampered" | "wrong-secret":
            return Expected("rejected", _CHANGED)
        case "stale":
            return Expected("rejected", _OLD)
    return Expected("rejected")


def kinds_of(source: Source) -> tuple[str, ...]:
    """Return the kinds that can be tried, as far as that shows without a secret."""
    timed = source.sender.scheme.timed
    signing = [kind for kind in KINDS if kind not in _UNSIGNED and (timed or kind != "stale")]
    header = getattr(source.sender.scheme, "header", "")
    return (*(signing if source.secrets else ()), "unsigned", *(("malformed",) if header else ()))


def run_trial(trial: Trial, ports: TrialPorts) -> Tried:
    """Send the delivery through the receive path, and return what became of it. Counts are written at once.

    Raises RequestInvalid, NotSupported if no delivery of the source can be made, SecretsUnavailable.
    """
    expected, source = expected_of(trial.kind, trial.source), trial.source
    sending = _delivery(trial, ports)
    try:
        request = _request(trial.kind, sending)
    except ValueError as error:
        raise NotSupported(f"No such delivery of {source.sender.id} can be made: {error}.") from error
    request = replace(request, request_id=trial.request_id)
    if trial.kind == "duplicate":
        _receive(request, ports)
    reply, trace = _receive(request, ports)
    ports.observer.flush()
    return Tried(expected, reply, trace, sending.body, sending.content_type)


def _receive(request: Request, ports: TrialPorts) -> tuple[Reply, Trace]:
    trace = Trace(request.request_id, ports.clock.now_ms(), request=request, test=True)
    return receiver.receive(request, ports, trace=trace), trace


def _delivery(trial: Trial, ports: TrialPorts) -> SignedDelivery:
    source, now = trial.source, ports.clock.now_ms() // 1000
    id = f"test_{secrets.token_hex(12)}"
    workflow = ports.workflows.get(source.workflow)
    if trial.body is None:
        made = example_event(source, workflow, id, trial.type)
        kind, body, content_type = made.type, made.body, trial.content_type or made.content_type
    else:
        kind = trial.type or next((each.rstrip("*.") for each in source.types), "test.event")
        body, content_type = trial.body, trial.content_type or content_type_of(trial.body)
    secret = "" if trial.kind in _UNSIGNED else _secret(source, now, ports)
    signed_at = now - STALE_S if trial.kind == "stale" else now
    return SignedDelivery(source, secret, body, content_type, id, kind, signed_at)


def _request(kind: Kind, sending: SignedDelivery) -> Request:
    """Raise ValueError, in words, if there is no such delivery of this sender."""
    if kind == "unsigned":
        return sending.unsigned()
    if kind == "malformed":
        return sending.malformed()
    signed = sending.signed()
    # No query is kept.
    if len(signed.headers) == len(sending.unsigned().headers) and not signed.query:
        raise ValueError("it puts its signature into the body, which is kept")
    if kind == "tampered":
        return sending.tampered(["body"])
    return sending.tampered(["signature"]) if kind == "wrong-secret" else signed


def _secret(source: Source, now: int, ports: TrialPorts) -> str:
    """Return the newest secret of the source that has not ended."""
    live = [each for each in source.secrets if each.live(now)]
    if not live or ports.secrets is None:
        raise NotSupported("The source has no secret to sign with: try unsigned and malformed deliveries alone.")
    try:
        return ports.secrets.resolve(live[0].reference)[0]
    except KeyError as error:
        raise SecretsUnavailable("The secret of this source is missing: set it, or deploy it.") from error
