"""What is noted of a refusal, for operators: the code, and in words what is wrong; never more of a signature."""

from __future__ import annotations

import pytest

from verihook.errors import (
    EventMalformed,
    InputInvalid,
    LedgerUnavailable,
    SignatureError,
    SourceNotFound,
    VerihookError,
)
from verihook.model.ports import Trace
from verihook.model.schema import Schema
from verihook.webhooks.outcome import MAX_DETAIL, note_refusal

PARCEL = Schema({"properties": {"weight": {"type": "number"}, "to": {"type": "string"}}, "required": ["id"]})


def noted(error: VerihookError) -> Trace:
    trace = Trace("r", 0)
    note_refusal(error, trace)
    return trace


def invalid(content: object) -> str | None:
    return noted(InputInvalid("It does not fit.", violations=PARCEL.violations(content))).detail


def test_the_first_violation_and_how_many_more() -> None:
    assert "/weight: 'heavy' is not of type 'number'" == invalid({"id": 1, "weight": "heavy"})
    assert "'id' is a required property, and 2 more" == invalid({"weight": "heavy", "to": 7})


def test_of_a_body_no_more_than_the_message_of_a_violation_quotes() -> None:
    told = invalid({"id": 1, "weight": "x" * 70 + "secret"})
    assert told is not None
    assert "xxx" in told
    assert "secret" not in told


def test_it_is_bounded() -> None:
    names = {"additionalProperties": {"additionalProperties": False}}
    error = InputInvalid("No.", violations=Schema(names).violations({"n" * 100_000: {"x": 1}}))
    assert MAX_DETAIL + 3 == len(noted(error).detail or "")


@pytest.mark.parametrize(
    ("error", "outcome", "reason", "detail"),
    [
        (EventMalformed("The body is not JSON."), "rejected", "event-malformed", "The body is not JSON."),
        (SignatureError("signature-mismatch"), "rejected", "signature-mismatch", None),
        (SourceNotFound("No source is configured at this path."), "rejected", "source-not-found", None),
        (LedgerUnavailable("The ledger did not answer."), "unavailable", "ledger-unavailable", None),
    ],
)
def test_each_kind(error: VerihookError, outcome: str, reason: str, detail: str | None) -> None:
    trace = noted(error)
    assert (outcome, reason, detail) == (trace.outcome, trace.reason, trace.detail)
