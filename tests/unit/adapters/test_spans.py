"""Spans: one trace from the sender to the end of the instance, and nothing at all if no collector is named."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.instances import NOW
from tests.unit.bare import a_request
from tests.unit.parts import Parts, parts
from verihook import instances
from verihook.adapters.spans import Span, Tracer, traced
from verihook.errors import SignatureError
from verihook.instances.reconcile import reconcile
from verihook.local import server
from verihook.model.instance import Progress
from verihook.model.ports import Services
from verihook.model.source import Source
from verihook.senders import load_sender
from verihook.senders.schemes import Proof
from verihook.webhooks.receive import receive

__all__ = ["parts"]

TRACE, PARENT = "a1" * 16, "b2" * 8
SOURCE = Source("orders", load_sender("generic"), (), "w")


class Deaf:
    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


def services_of(parts: Parts, spans: list[Span], verify: Any) -> Services:
    plain = replace(
        parts.services, sources={"orders": SOURCE}, verify={"orders": verify}, telemetry=Deaf(), observer=Deaf()
    )
    return traced(plain, Tracer(spans.append))


def post(services: Services, **headers: str) -> int:
    return receive(a_request(b'{"n": 1, "id": "evt_1"}', **headers), services).status


def genuine(*_: Any) -> Proof:
    return Proof("current", "")


def forged(*_: Any) -> Proof:
    raise SignatureError("mismatch")


def test_one_trace_leads_from_the_sender_to_the_end(parts: Parts) -> None:
    spans: list[Span] = []
    services = services_of(parts, spans, genuine)
    assert 200 == post(services, traceparent=f"00-{TRACE}-{PARENT}-01")
    by_name = {span.name: span for span in spans}
    root = by_name["POST /hooks/orders"]
    assert ["verify", "claim", "start", "POST /hooks/orders"] == [span.name for span in spans]
    assert {TRACE} == {span.trace for span in spans}
    assert PARENT == root.parent
    assert {root.id} == {by_name[name].parent for name in ("verify", "claim", "start")}
    id = root.attributes["verihook.instance.id"]
    assert (200, "accepted") == (root.attributes["http.response.status_code"], root.attributes["verihook.outcome"])
    spans.clear()
    parts.clock.at += 5_000
    assert instances.record_progress(str(id), 1, Progress("failed", error="Broken"), NOW, services)
    run, record = spans
    assert ("run w", TRACE, PARENT, "Broken") == (run.name, run.trace, run.parent, run.error)
    assert 5_000 * 1_000_000 == run.ended - run.began
    assert ("record", run.id) == (record.name, record.parent)
    # What is written into an ended row is no other end.
    spans.clear()
    assert services.ledger.amend(replace(parts.row(str(id)), callback_tries=1))
    assert [] == spans


def test_without_a_traceparent_the_delivery_begins_a_trace_that_its_row_keeps(parts: Parts) -> None:
    spans: list[Span] = []
    parts.engine.failing.add("start")
    services = services_of(parts, spans, genuine)
    assert 200 == post(services, traceparent="<script>")
    root = spans[-1]
    row = parts.row(str(root.attributes["verihook.instance.id"]))
    assert f"00-{root.trace}-{root.id}-01" == row.passed["traceparent"]
    assert ["EngineUnavailable"] == [span.error for span in spans if span.name == "start"]
    parts.engine.failing.clear()
    spans.clear()
    parts.clock.at += 1_000
    assert 1 == reconcile(services).started
    assert [("start", root.trace, root.id)] == [(span.name, span.trace, span.parent) for span in spans]


def test_a_forged_delivery_has_its_reason_and_no_claim(parts: Parts) -> None:
    spans: list[Span] = []
    assert 401 == post(services_of(parts, spans, forged))
    assert ["verify", "POST /hooks/orders"] == [span.name for span in spans]
    assert ["mismatch", "mismatch"] == [span.attributes["error.type"] for span in spans]


def test_a_sender_that_samples_nothing_is_heeded(parts: Parts) -> None:
    spans: list[Span] = []
    services = services_of(parts, spans, genuine)
    assert 200 == post(services, traceparent=f"00-{TRACE}-{PARENT}-00")
    assert [] == spans


def test_without_a_collector_the_services_are_the_very_same_and_nothing_is_imported(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    # The same objects on the receive path: there is no call in between to count.
    assert server._tracing(parts.heard)[0](parts.services) is parts.services
    found = "import sys, verihook.main, verihook.local.server; print([each for each in sys.modules if each in (%s)])"
    modules = "'verihook.adapters.spans', 'verihook.local.otlp', 'opentelemetry.sdk'"
    printed = subprocess.run([sys.executable, "-c", found % modules], capture_output=True, text=True, check=True)
    assert "[]" == printed.stdout.strip()
