"""Spans as X-Ray's daemon gets them, over a real socket: in Lambda's trace, or in the sender's."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.instances import NOW
from tests.unit.adapters.test_spans import PARENT, SOURCE, TRACE, Deaf, forged, genuine
from tests.unit.bare import a_request
from tests.unit.parts import Parts, parts
from verihook import instances
from verihook.adapters.aws.direct import Direct
from verihook.adapters.spans import SERVER, Attributes, Span
from verihook.adapters.xray import VARIABLE, Invocation, XRay, document, invocation_of, traced_in_lambda
from verihook.config.settings import xray_daemon
from verihook.model.instance import Progress
from verihook.model.listing import Query
from verihook.model.ports import Services
from verihook.webhooks.receive import receive

__all__ = ["parts"]

ROOT, FUNCTION = "1-5e6722a7-cc56aaaa46db7ae02d4da47e", "53995c3f42cd8ad8"
CHOSEN = f"Root={ROOT};Parent={FUNCTION};Sampled=1;Lineage=1:abc:0"
SENT = f"00-{TRACE}-{PARENT}-01"


class Daemon:
    """What takes datagrams in its place."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"

    def got(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            try:
                header, _, body = self._socket.recv(65_536).partition(b"\n")
            except BlockingIOError:
                return found
            assert {"format": "json", "version": 1} == json.loads(header)
            found.append(json.loads(body))

    def close(self) -> None:
        self._socket.close()


class Lambda:
    """Services as a function has them, with the variables that Lambda sets."""

    def __init__(self, daemon: Daemon, parts: Parts, verify: Any) -> None:
        self.variables = {"POWERTOOLS_SERVICE_NAME": "shop", "AWS_REGION": "us-east-1", "AWS_LAMBDA_FUNCTION_NAME": "f"}
        self.client = Direct(self.variables)
        plain = replace(
            parts.services, sources={"orders": SOURCE}, verify={"orders": verify}, telemetry=Deaf(), observer=Deaf()
        )
        self.services: Services = traced_in_lambda(plain, daemon.address, self.variables, self.client)

    def post(self, trace: str, **headers: str) -> int:
        self.variables[VARIABLE] = trace
        return receive(a_request(b'{"n": 1, "id": "evt_1"}', **headers), self.services).status


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    made = Daemon()
    yield made
    made.close()


def test_a_delivery_is_a_part_of_the_functions_own_segment_and_its_row_keeps_lambdas_trace(
    daemon: Daemon, parts: Parts
) -> None:
    assert 200 == Lambda(daemon, parts, genuine).post(CHOSEN)
    verify, claim, start, whole = daemon.got()
    assert ["verify", "claim", "start", "POST /hooks/orders"] == [
        each["name"] for each in (verify, claim, start, whole)
    ]
    assert {ROOT} == {each["trace_id"] for each in (verify, claim, start, whole)}
    assert {"subsegment"} == {each["type"] for each in (verify, claim, start, whole)}
    assert FUNCTION == whole["parent_id"]
    assert {whole["id"]} == {each["parent_id"] for each in (verify, claim, start)}
    assert {"request": {"method": "POST", "url": "/hooks/orders"}, "response": {"status": 200}} == whole["http"]
    told = whole["annotations"]
    assert ("orders", "accepted") == (told["verihook_source"], told["verihook_outcome"])
    assert whole["start_time"] <= whole["end_time"]
    row = parts.row(told["verihook_instance_id"])
    assert f"00-5e6722a7cc56aaaa46db7ae02d4da47e-{whole['id']}-01" == row.passed["traceparent"]


def test_a_sender_with_a_trace_has_a_segment_in_it_and_so_have_the_run_and_its_record(
    daemon: Daemon, parts: Parts
) -> None:
    it = Lambda(daemon, parts, genuine)
    assert 200 == it.post(CHOSEN, traceparent=SENT)
    *_, whole = daemon.got()
    dashed = f"1-{TRACE[:8]}-{TRACE[8:]}"
    assert ("shop", dashed, PARENT) == (whole["name"], whole["trace_id"], whole["parent_id"])
    assert "type" not in whole

    id = whole["annotations"]["verihook_instance_id"]
    parts.clock.at += 5_000
    assert instances.record_progress(id, 1, Progress("failed", error="Broken"), NOW, it.services)
    run, record = daemon.got()
    assert ("run w", dashed, PARENT, True) == (run["name"], run["trace_id"], run["parent_id"], run["fault"])
    assert 5 == pytest.approx(run["end_time"] - run["start_time"])
    assert ("record", "subsegment", run["id"]) == (record["name"], record["type"], record["parent_id"])
    assert "aws.dynamodb" == record["annotations"]["db_system_name"]


@pytest.mark.parametrize("trace", [CHOSEN.replace("=1;L", "=0;L"), CHOSEN.partition(";")[0], "Root=<script>", ""])
def test_what_x_ray_has_not_chosen_sends_nothing_and_reads_nothing_for_it(
    daemon: Daemon, parts: Parts, trace: str
) -> None:
    it = Lambda(daemon, parts, genuine)
    assert 200 == it.post(trace)
    assert 200 == it.post(trace, traceparent=SENT)
    (row,) = instances.list_instances(Query(), 9, None, it.services).instances
    assert row.passed["traceparent"].endswith("-00")
    assert instances.record_progress(row.id, 1, Progress("completed", output="1"), NOW, it.services)
    assert [] == daemon.got()


def test_what_x_ray_has_not_chosen_is_sampled_by_no_header() -> None:
    tracer = XRay("127.0.0.1:1", {VARIABLE: CHOSEN.replace("=1;L", "=0;L")}, "shop")
    assert not tracer.begin(SENT).sampled
    assert not tracer.begin(None).sampled
    assert XRay("127.0.0.1:1", {VARIABLE: CHOSEN}, "shop").begin(SENT).sampled


def test_a_senders_flag_is_heeded(daemon: Daemon, parts: Parts) -> None:
    assert 200 == Lambda(daemon, parts, genuine).post(CHOSEN, traceparent=f"{SENT[:-2]}00")
    assert [] == daemon.got()


def test_a_forged_delivery_is_its_callers_error_and_no_fault_of_ours(daemon: Daemon, parts: Parts) -> None:
    assert 401 == Lambda(daemon, parts, forged).post(CHOSEN)
    verify, whole = daemon.got()
    assert ("mismatch", True) == (verify["cause"]["exceptions"][0]["message"], verify["error"])
    assert (True, 401) == (whole["error"], whole["http"]["response"]["status"])
    assert not {"fault"} & (verify.keys() | whole.keys())


def test_calls_of_aws_are_in_the_trace_of_the_delivery(daemon: Daemon, parts: Parts) -> None:
    it = Lambda(daemon, parts, genuine)
    trace: Any = it.client.trace
    tracer = trace.__self__
    it.variables[VARIABLE] = CHOSEN
    assert CHOSEN == trace()
    current = tracer.thread.current = tracer.begin(SENT)
    assert f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={current.root};Sampled=1;Lineage=1:abc:0" == trace()
    tracer.thread.current = tracer.begin(None)
    assert CHOSEN == trace()


def test_a_document_has_names_that_x_ray_takes_and_says_whose_fault_it_is() -> None:
    invocation = Invocation(TRACE, FUNCTION, sampled=True)
    for status, marks in ((200, set()), (429, {"error", "throttle"}), (404, {"error"}), (503, {"fault", "cause"})):
        told: Attributes = {"http.response.status_code": status, "messaging.message.id": "x" * 2_000}
        error = "ledger-unavailable" if status == 503 else None
        span = Span(TRACE, "c3" * 8, FUNCTION, 'POST /hooks/a"\n*?b', SERVER, 2_000, 1_000, told, error)
        made = document(span, invocation, "shop")
        assert marks == made.keys() & {"error", "fault", "throttle", "cause"}
        assert ("POST /hooks/a_\n__b", made["start_time"]) == (made["name"], made["end_time"])
        assert 1_000 == len(made["annotations"]["messaging_message_id"])  # type: ignore[index]


def test_it_is_off_unless_the_stack_says_otherwise() -> None:
    address = {"AWS_XRAY_DAEMON_ADDRESS": "169.254.79.129:2000"}
    assert ["", "", "169.254.79.129:2000", ""] == [
        xray_daemon(address),
        xray_daemon({**address, "VERIHOOK_TRACING": "no"}),
        xray_daemon({**address, "VERIHOOK_TRACING": "yes"}),
        xray_daemon({"VERIHOOK_TRACING": "yes"}),
    ]
    assert invocation_of({}) is None
