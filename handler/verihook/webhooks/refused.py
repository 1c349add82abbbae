"""What is noted of a delivery that is refused, whichever way it came."""

from __future__ import annotations

from verihook.errors import (
    BodyTooLarge,
    EngineRefused,
    EventMalformed,
    InputInvalid,
    SignatureError,
    UnsupportedMediaType,
    VerihookError,
)
from verihook.model.ports import Trace

#: The code of any other says all; what a signature lacks is its reason, and no more is told of what is not proven.
_IN_WORDS = (InputInvalid, EventMalformed, UnsupportedMediaType, BodyTooLarge, EngineRefused)

#: Characters of the words; a violation's pointer is as long as the names in the body make it.
MAX_DETAIL = 400


def note(error: VerihookError, trace: Trace) -> None:
    """Note in ``trace`` why: the code and, for operators, what is wrong in words."""
    trace.outcome = "unavailable" if error.status >= 500 else "rejected"
    trace.reason = error.reason if isinstance(error, SignatureError) else error.code
    if isinstance(error, _IN_WORDS):
        words = _violated(error) if isinstance(error, InputInvalid) else str(error)
        trace.detail = words if len(words) <= MAX_DETAIL else f"{words[:MAX_DETAIL]}..."


def _violated(error: InputInvalid) -> str:
    """The first violation, and how many more there are."""
    first, *more = error.violations
    # The pointer of the whole input is "".
    told = ": ".join(str(part) for part in (first["pointer"], first["message"]) if part)
    return f"{told}, and {len(more)} more" if more else told
