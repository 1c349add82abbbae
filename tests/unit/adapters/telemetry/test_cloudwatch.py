"""Our own lines are the library's: no field is lost, for any kind of outcome and of failure."""

from __future__ import annotations

import json
import re
import uuid
from itertools import product
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from verihook.adapters.telemetry.cloudwatch import CloudWatchTelemetry
from verihook.adapters.telemetry.powertools import _ENCODER, PowertoolsTelemetry
from verihook.errors import ConfigurationError
from verihook.model.ports import Telemetry, Trace
from verihook.request import Request

TRACED = {"_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"}
GIVEN = {"POWERTOOLS_SERVICE_NAME": "hooks", "POWERTOOLS_METRICS_NAMESPACE": "Acme"}

OUTCOMES = ["accepted", "duplicate", "ignored", "handshake", "read", "rejected", "unavailable"]


def both(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> tuple[Telemetry, Telemetry]:
    """Ours and the library's, in the same environment."""
    for name in (*TRACED, *GIVEN, "POWERTOOLS_LOG_LEVEL", "AWS_LAMBDA_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    library = PowertoolsTelemetry()
    # Its logger is one for each process: one of a former test has another stream, service and level.
    library._logger = Logger(service=str(uuid.uuid4()), json_serializer=_ENCODER.encode)
    # What pytest caught would go to another process, which takes no lone surrogates.
    library._logger._logger.propagate = False
    library._logger.append_keys(service=variables.get("POWERTOOLS_SERVICE_NAME", "verihook"))
    return CloudWatchTelemetry(variables), library


def lines(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    return [json.loads(text) for text in capsys.readouterr().out.splitlines()]


def traces() -> list[Trace]:
    """Every kind, with everything known and with nothing."""
    found = []
    for outcome, source, secret, changed in product(OUTCOMES, ("orders", None), (None, "current", "previous"), (0, 1)):
        known = Trace("r é", 5, source, outcome, "why", secret, "e", "t", "i", 200, 7, bool(changed))
        known.replay_of = "h" if changed else None
        known.detail = "/a é\n: why" if changed else None
        found += [known, Trace("r", 5, source, outcome, verified_by=secret, changed=bool(changed))]
    return found


@pytest.mark.parametrize("variables", [{}, GIVEN], ids=["defaults", "given"])
def test_a_delivery_of_every_kind(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, library = both(variables, monkeypatch)
    for telemetry in (ours, library):
        for trace in (*traces(), *traces()):  # the second time from what is kept of each kind
            telemetry.delivery(trace)
    written = capsys.readouterr().out.splitlines()
    half = len(written) // 2
    assert 2 * len(traces()) == half
    # To the letter: what reads them has never met others.
    assert written[half:] == written[:half]


def raised(error: Exception) -> Exception:
    try:
        try:
            vars()["missing"]
        except KeyError as cause:
            raise error from cause
    except type(error) as caught:
        return caught
    raise AssertionError("nothing was raised")


def noted() -> Exception:
    error = raised(ValueError("with notes"))
    error.add_note("a note")
    return error


FAILURES = {
    "never raised": ValueError('a "quoted" é'),
    "raised": raised(ValueError("why")),
    "with notes": noted(),
    "of ours": raised(ConfigurationError("hooks.toml", "sources", "is wrong")),
    "without words": raised(ZeroDivisionError()),
}


@pytest.mark.parametrize("variables", [GIVEN, {**GIVEN, **TRACED}], ids=["plain", "traced"])
@pytest.mark.parametrize("name", FAILURES)
def test_a_failure(
    name: str, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for telemetry in both(variables, monkeypatch):
        telemetry.failure("start é", FAILURES[name])
    ours, library = lines(capsys)
    assert list(ours) == list(library)
    for field, pattern in (("location", r"\w+:\d+"), ("timestamp", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}[+-]\d{4}")):
        for record in (ours, library):
            assert re.fullmatch(pattern, record.pop(field))
    assert ours == library


@pytest.mark.parametrize(
    ("variables", "written"),
    [
        ({}, 1),
        ({"POWERTOOLS_LOG_LEVEL": "ERROR"}, 1),
        ({"POWERTOOLS_LOG_LEVEL": "CRITICAL"}, 0),
        ({"AWS_LAMBDA_LOG_LEVEL": "FATAL"}, 0),
        ({"AWS_LAMBDA_LOG_LEVEL": "ERROR"}, 1),
    ],
)
def test_the_level(
    variables: dict[str, str], written: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for telemetry in both(variables, monkeypatch):
        telemetry.failure("x", ValueError())
        assert written == len(capsys.readouterr().out.splitlines())


def test_what_no_encoding_has_breaks_no_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for telemetry in both({}, monkeypatch):
        telemetry.failure("\ud800", ValueError("\udfff"))
        telemetry.delivery(Trace("\ud800", 5, "orders", "accepted"))
        written = capsys.readouterr().out
        assert written.isascii()
        failure, delivery = (json.loads(text) for text in written.splitlines())
        assert ("\ud800", "\udfff", "\ud800") == (failure["where"], failure["detail"], delivery["correlation_id"])


def test_a_line_has_all_that_a_delivery_is_searched_by(capsys: pytest.CaptureFixture[str]) -> None:
    trace = Trace("r1", 5, "orders", "rejected", "input-invalid", "current", "evt_1", "order.created", "abc", 422, 7)
    trace.detail, trace.request = "/total: why", Request("POST", f"/hooks/{'x' * 300}", "q=canary", (), b"", "r1")
    CloudWatchTelemetry({}).delivery(trace)
    (line,) = lines(capsys)
    assert (12, "orders", "r1", "input-invalid") == (
        line["_aws"]["Timestamp"],
        line["source"],
        line["correlation_id"],
        line["reason"],
    )
    assert line["delivery"] == {
        "outcome": "rejected",
        "status": 422,
        "path": f"/hooks/{'x' * 249}",
        "verified_by": "current",
        "event_id": "evt_1",
        "event_type": "order.created",
        "instance_id": "abc",
        "detail": "/total: why",
    }


@pytest.mark.parametrize(("outcome", "taken"), [("accepted", True), ("resumed", True), ("duplicate", False)])
def test_what_is_taken_has_a_latency_by_which_silence_is_known(
    outcome: str, taken: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    CloudWatchTelemetry({}).delivery(Trace("r1", 5, "orders", outcome))
    (line,) = lines(capsys)
    (told,) = line["_aws"]["CloudWatchMetrics"]
    assert taken == ("Latency" in [metric["Name"] for metric in told["Metrics"]])
    assert [["service"], ["service", "source"]] == told["Dimensions"]
