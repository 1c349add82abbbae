"""What became of a delivery, over HTTP or in a message: why it was refused, and the report of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verihook.errors import (
    BodyTooLarge,
    EngineRefused,
    EventMalformed,
    HandshakeRefused,
    InputInvalid,
    NotActive,
    NotSupported,
    SignatureError,
    UnsupportedMediaType,
    VerihookError,
)
from verihook.model.measures import reason_of
from verihook.model.ports import Trace

if TYPE_CHECKING:
    from verihook.model.ports.sets import OutcomePorts

#: The errors whose words are noted. The code of any other says all.
_IN_WORDS = (
    InputInvalid,
    EventMalformed,
    UnsupportedMediaType,
    BodyTooLarge,
    EngineRefused,
    HandshakeRefused,
    NotActive,
    NotSupported,
)

#: At most so many characters of the words: a violation's pointer is as long as the names in the body are.
MAX_DETAIL = 400


def note_refusal(error: VerihookError, trace: Trace) -> None:
    """Note in ``trace`` why the delivery is refused: the code and, for operators, what is wrong in words."""
    trace.outcome = "unavailable" if error.status >= 500 else "rejected"
    trace.reason = error.code
    trace.refused = reason_of(error.code)
    if isinstance(error, SignatureError):
        trace.reason, trace.detail = error.reason, error.detail or None
    elif isinstance(error, _IN_WORDS):
        words = _violated(error) if isinstance(error, InputInvalid) else str(error)
        trace.detail = words if len(words) <= MAX_DETAIL else f"{words[:MAX_DETAIL]}..."
    elif error.log_words:
        trace.detail = error.log_words


def report(trace: Trace, status: int, ports: OutcomePorts) -> None:
    """Complete the trace of a delivery that is answered with ``status``; count it, log it and measure it."""
    trace.status = status
    trace.duration_ms = ports.clock.now_ms() - trace.received_at
    observer = ports.observer
    if trace.reason is not None:
        observer.rejected(trace)
    elif trace.outcome in ("duplicate", "ignored", "handshake"):
        observer.passed(trace)
    if trace.changed:
        observer.changed(trace)
    if trace.replay_of is not None:
        observer.replayed(trace)
    if trace.verified_by == "previous":
        observer.previous(trace)
    ports.telemetry.delivery(trace)


def _violated(error: InputInvalid) -> str:
    """The first violation, and how many more there are."""
    first, *more = error.violations
    # The pointer of the whole input is "".
    words = ": ".join(str(part) for part in (first["pointer"], first["message"]) if part)
    return f"{words}, and {len(more)} more" if more else words
