"""Sends spans to an OpenTelemetry collector: OTLP over HTTP, as JSON, by a thread of its own.

No SDK: five kinds of spans need ids, times and attributes, and the format is stable. The SDK would bring
Protocol Buffers and more packages. https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from __future__ import annotations

import json
import threading
import urllib.request
from collections import deque
from collections.abc import Callable
from typing import Any

from verihook import __version__
from verihook.adapters.spans import Attributes, Span
from verihook.config.settings import Traces

#: The most spans that wait; the oldest are dropped. Of a batch; and the pause before a batch, in seconds.
_MOST_WAITING, _MOST_SENT, _PAUSE_S = 4_096, 512, 1.0

#: The longest that a post takes, and that the last one after a stop may, in seconds.
_POST_S, _LAST_S = 5.0, 1.0


class OtlpExporter:
    """A bounded queue and the thread that empties it. :meth:`put` never waits and never raises.

    ``failed(error)`` is called with the first failure after a success, and no later one.
    """

    def __init__(self, to: Traces, failed: Callable[[BaseException], object]) -> None:
        self._to, self._failed = to, failed
        self._waiting: deque[Span] = deque(maxlen=_MOST_WAITING)
        self._stopped, self._away = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name="otlp", daemon=True)
        self._thread.start()

    def put(self, span: Span) -> None:
        """Send it soon."""
        self._waiting.append(span)

    def close(self) -> None:
        """Send what waits, for a second at most."""
        self._stopped.set()
        self._thread.join(_LAST_S)

    def _run(self) -> None:
        while not self._stopped.wait(_PAUSE_S):
            self._send()
        self._send()

    def _send(self) -> None:
        while self._waiting:
            spans = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_SENT))]
            body = json.dumps(_document(spans, self._to.service)).encode()
            headers = {"content-type": "application/json", "user-agent": f"verihook/{__version__}", **self._to.headers}
            try:
                request = urllib.request.Request(self._to.url, body, headers, method="POST")  # noqa: S310  # settings has checked it
                with urllib.request.urlopen(request, timeout=_POST_S):  # noqa: S310
                    self._away = False
            except Exception as error:  # noqa: BLE001  # these spans are lost, and nothing else is
                if not self._away:
                    self._away = True
                    self._failed(error)
                return


def _document(spans: list[Span], service: str) -> dict[str, Any]:
    scope = {"name": "verihook", "version": __version__}
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes({"service.name": service, "service.version": __version__})},
                "scopeSpans": [{"scope": scope, "spans": [_shown(span) for span in spans]}],
            }
        ]
    }


def _shown(span: Span) -> dict[str, Any]:
    parent = {"parentSpanId": span.parent} if span.parent else {}
    status = {} if span.error is None else {"status": {"code": 2, "message": span.error}}
    return {
        "traceId": span.trace,
        "spanId": span.id,
        **parent,
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(span.began),
        "endTimeUnixNano": str(span.ended),
        "attributes": _attributes(span.attributes),
        **status,
    }


def _attributes(values: Attributes) -> list[dict[str, Any]]:
    return [
        {"key": name, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for name, value in values.items()
        if value is not None
    ]
