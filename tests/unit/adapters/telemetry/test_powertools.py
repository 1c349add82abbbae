"""The line of a delivery: every refusal names its source and its reason, and a rotation is seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.deployment import OLD_SECRET, VARIABLES, write
from tests.flows.signing import new_id, order, x_signature
from verihook import bootstrap
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.adapters.telemetry.powertools import PowertoolsTelemetry
from verihook.config import load_hooks
from verihook.model.measures import REASONS
from verihook.model.ports import Services, Trace
from verihook.request import Request
from verihook.webhooks.receive import receive


class ReadyEngine:
    """Starts whatever it is given, but for an order that is named so: a defect."""

    max_input = 262_144
    keeps_names = True

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> None:
        if "defect" in input:
            raise ZeroDivisionError


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "verihook")
    hooks = load_hooks(write(tmp_path))
    with SqliteFile(tmp_path / "ledger.db") as file:
        yield bootstrap.assemble(
            hooks,
            EnvironmentSecrets(VARIABLES, tmp_path),
            SqliteLedger(file),
            SqliteDocuments(file),
            PowertoolsTelemetry(),
            engines={"stepfunctions": ReadyEngine()},
            payloads=None,
            caller=None,
            instance_key=b"k" * 32,
            pace=bootstrap.AWS_PACE,
        )


def post(source: str, body: bytes, secret: str = VARIABLES["ORDERS_WEBHOOK_SECRET"], **more: str) -> Request:
    headers = (*((name.lower(), value) for name, value in x_signature(body, secret)), *more.items())
    return Request("POST", f"/hooks/{source}", "", headers, body, new_id())


def line(request: Request, services: Services, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What one delivery makes in CloudWatch, beside the lines of failures."""
    capsys.readouterr()
    receive(request, services)
    (found,) = [content for text in capsys.readouterr().out.splitlines() if "_aws" in (content := json.loads(text))]
    return dict(found)


REFUSALS = {
    (404, "none", "source-not-found"): post("nobody", b"{}"),
    (404, "none", "not-found"): Request("GET", "/", "instanceId=nobody", (), b"", "r"),
    (405, "orders", "method-not-allowed"): Request("PUT", "/hooks/orders", "", (), b"", "r"),
    (413, "small", "body-too-large"): post("small", b'"' + b"x" * 300 + b'"'),
    (415, "orders", "unsupported-media-type"): post("orders", order(), **{"content-encoding": "gzip"}),
    (401, "orders", "signature-mismatch"): post("orders", order(), "a guess"),
    (401, "orders", "missing-header"): Request("POST", "/hooks/orders", "", (), b"{}", "r"),
    (400, "orders", "event-malformed"): post("orders", b"{"),
    (400, "draft", "not-active"): post("draft", order()),
    (422, "orders", "input-invalid"): post("orders", order(items=[{"quantity": 1}])),
    (500, "orders", "internal"): post("orders", order(note="defect")),
}


@pytest.mark.parametrize(("expected", "request_"), REFUSALS.items(), ids=[key[2] for key in REFUSALS])
def test_a_refusal_is_counted_by_source_and_reason(
    services: Services, capsys: pytest.CaptureFixture[str], expected: tuple[int, str, str], request_: Request
) -> None:
    record = line(request_, services, capsys)
    assert expected == (record["delivery"]["status"], record["source"], record["reason"])
    dimensions = [["service"]] if expected[1] == "none" else [["service"], ["service", "source"]]
    assert dimensions == record["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
    assert [1.0] == record["Unavailable" if expected[0] == 500 else "Rejected"]


def test_what_is_wrong_is_told_in_words_but_of_a_wrong_signature(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {key[2]: request for key, request in REFUSALS.items()}
    told = {reason: line(request, services, capsys)["delivery"].get("detail") for reason, request in asked.items()}
    assert "/items/0: 'price' is a required property" == told["input-invalid"]
    assert "not JSON" in told["event-malformed"]
    assert (None, "there is no x-signature") == (told["signature-mismatch"], told["missing-header"])


def test_the_words_are_printable(capsys: pytest.CaptureFixture[str]) -> None:
    PowertoolsTelemetry().delivery(Trace("r", 0, reason="input-invalid", detail="/a\n\x1b[2J: why"))
    assert "/a\ufffd\ufffd[2J: why" == json.loads(capsys.readouterr().out)["delivery"]["detail"]


def test_a_refused_duplicate_is_one(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    body = order()
    receive(post("rejecting", body), services)
    record = line(post("rejecting", body), services, capsys)
    assert (409, "rejecting", "duplicate") == (record["delivery"]["status"], record["source"], record["reason"])
    assert [1.0] == record["Rejected"]


def test_what_is_our_own_fault_is_another_metric(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    services.ledger._file.close()  # type: ignore[attr-defined]
    record = line(post("orders", order()), services, capsys)
    assert (503, "orders", "ledger-unavailable") == (record["delivery"]["status"], record["source"], record["reason"])
    assert [1.0] == record["Unavailable"]
    assert "Rejected" not in record


def test_an_older_secret_is_counted(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    record = line(post("rotated", order(), OLD_SECRET), services, capsys)
    assert ([1.0], [1.0], "rotated") == (record["Accepted"], record["VerifiedByPrevious"], record["source"])
    assert "previous" == record["delivery"]["verified_by"]
    assert "VerifiedByPrevious" not in line(post("rotated", order()), services, capsys)


def series(record: dict[str, Any]) -> set[tuple[str, ...]]:
    """What CloudWatch counts, and bills, by this line: each metric with the values of each of its dimension sets."""
    return {
        (declared["Namespace"], metric["Name"], *(f"{name}={record[name]}" for name in names))
        for declared in record["_aws"]["CloudWatchMetrics"]
        for metric in declared["Metrics"]
        for names in declared["Dimensions"]
    }


def test_strangers_make_no_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    """Twelve names for every source, of all reasons the signature alone; for all together the other reasons, too."""
    telemetry = PowertoolsTelemetry()
    sources = ["one", "two", "three"]
    classes = [None, *sorted({*REASONS.values()})]
    outcomes = ["accepted", "duplicate", "ignored", "handshake", "read", "rejected", "unavailable"]
    for source in (None, *sources):
        for outcome in outcomes:
            for number, reason in enumerate((None, *(f"reason-{number}" for number in range(40)))):
                for verified_by, changed in (("current", False), ("previous", True)):
                    trace = Trace("r", 1, source, outcome, reason, verified_by, changed=changed)
                    trace.replay_of = "i" if changed else None
                    trace.refused = classes[number % len(classes)] if outcome == "rejected" else None
                    telemetry.delivery(trace)
    lines = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert len(lines) == 4 * 7 * 41 * 2
    assert len(set().union(*map(series, lines))) == 12 * (1 + len(sources)) + 5
    assert {"reason-39"} == {record["reason"] for record in lines[-1:]}
