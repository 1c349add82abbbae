"""What a collector gets, and that one that is away costs nothing but spans."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from verihook.adapters.spans import SERVER, Span
from verihook.config.settings import Traces, traces
from verihook.errors import ConfigurationError
from verihook.local.otlp import OtlpExporter

SPAN = Span("a1" * 16, "b2" * 8, "c3" * 8, "POST /hooks/<x>", SERVER, 1, 2, {"n": 3, "s": "<x>", "none": None}, "wrong")


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, dict[str, str], Any]]]]:
    got: list[tuple[str, dict[str, str], Any]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", got
        server.shutdown()
        thread.join()


def test_a_span_as_otlp_has_it(collector: Any) -> None:
    url, got = collector
    to = traces(
        {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"{url}/",
            "OTEL_EXPORTER_OTLP_HEADERS": "X-Key=a%20b, other=c",
            "OTEL_SERVICE_NAME": "shop",
        }
    )
    assert to is not None
    exporter = OtlpExporter(to, lambda error: pytest.fail(str(error)))
    exporter.put(SPAN)
    exporter.close()
    ((path, headers, content),) = got
    assert ("/v1/traces", "application/json", "a b", "c") == (
        path,
        headers["content-type"],
        headers["x-key"],
        headers["other"],
    )
    (resource,) = content["resourceSpans"]
    assert {"key": "service.name", "value": {"stringValue": "shop"}} in resource["resource"]["attributes"]
    assert [
        {
            "traceId": "a1" * 16,
            "spanId": "b2" * 8,
            "parentSpanId": "c3" * 8,
            "name": "POST /hooks/<x>",
            "kind": 2,
            "startTimeUnixNano": "1",
            "endTimeUnixNano": "2",
            "attributes": [{"key": "n", "value": {"intValue": "3"}}, {"key": "s", "value": {"stringValue": "<x>"}}],
            "status": {"code": 2, "message": "wrong"},
        }
    ] == resource["scopeSpans"][0]["spans"]


def test_a_collector_that_is_away_is_told_once_and_the_queue_is_bounded() -> None:
    failures: list[BaseException] = []
    exporter = OtlpExporter(Traces("http://127.0.0.1:1/v1/traces", {}, "verihook"), failures.append)
    for _ in range(10_000):
        exporter.put(SPAN)
    assert len(exporter._waiting) <= 4_096
    exporter.close()
    assert 1 == len(failures)


def test_where_spans_go() -> None:
    assert traces({}) is None
    assert traces({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "True"}) is None
    named = traces({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://d/x"})
    assert Traces("https://d/x", {}, "verihook") == named
    for wrong in ("file:///etc/passwd", "c:4318", "http://"):
        with pytest.raises(ConfigurationError, match="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
            traces({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": wrong})
