"""Spans of what Verihook does, made by wrapping the ports: verify, claim, start, run, record, and the delivery whole.

Nothing of this is imported or called unless the environment names a collector: only then the services are these. A
sender's valid ``traceparent`` is gone on with, and its flag is heeded; without one, a delivery begins a trace, and the
row keeps it. Attributes: https://opentelemetry.io/docs/specs/semconv/ (http, messaging, faas, db).
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from verihook.errors import SignatureError
from verihook.local.otlp import CLIENT, CONSUMER, INTERNAL, SERVER, Span
from verihook.model import trace_context
from verihook.model.delivery import Delivery
from verihook.model.instance import FINAL, Instance, execution_name, parse_execution_name
from verihook.model.measures import Measure
from verihook.model.ports import Change, Clock, Engine, Ledger, Services, Telemetry, Trace
from verihook.records import replace

Put = Callable[[Span], object]
RowOf = Callable[[str], Instance | None]

_MS = 1_000_000


@dataclass(slots=True)
class _Current:
    """The delivery that this thread answers. ``root``: the id of its span, the parent of those of its parts."""

    trace: str
    root: str
    parent: str
    sampled: bool

    @property
    def header(self) -> str:
        return f"00-{self.trace}-{self.root}-01"


class _Thread(threading.local):
    current: _Current | None = None


def traced(services: Services, put: Put) -> Services:
    """Return services that do the same, and give a span of each part to ``put``."""
    thread = _Thread()

    def row_of(instance_id: str) -> Instance | None:
        return services.ledger.get(instance_id, services.clock.now_ms())

    return replace(
        services,
        verify={name: cast(Any, partial(_verify, each, name, thread, put)) for name, each in services.verify.items()},
        ledger=cast(Ledger, _TracedLedger(services.ledger, services.clock, thread, put)),
        engines={
            name: cast(Engine, _TracedEngine(each, name, row_of, thread, put))
            for name, each in services.engines.items()
        },
        telemetry=_TracedTelemetry(services.telemetry, thread, put),
    )


def _begin(traceparent: str | None) -> _Current:
    valid = trace_context.valid(traceparent)
    if valid is None:
        return _Current(secrets.token_hex(16), secrets.token_hex(8), "", sampled=True)
    return _Current(valid[3:35], secrets.token_hex(8), valid[36:52], sampled=bool(int(valid[53:], 16) & 1))


def _verify(verify: Any, source: str, thread: _Thread, put: Put, request: Any, now: int) -> Any:
    current = thread.current = _begin(request.lone(trace_context.HEADER))
    began, error = time.time_ns(), None
    try:
        return verify(request, now)
    except Exception as raised:
        error = raised.reason if isinstance(raised, SignatureError) else type(raised).__name__
        raise
    finally:
        _part(current, put, "verify", INTERNAL, began, {"verihook.source": source, "error.type": error})


def _part(
    current: _Current, put: Put, name: str, kind: Any, began: int, attributes: dict[str, str | int | None]
) -> None:
    if current.sampled:
        ended, id, error = time.time_ns(), secrets.token_hex(8), attributes.get("error.type")
        put(
            Span(
                current.trace,
                id,
                current.root,
                name,
                kind,
                began,
                ended,
                attributes,
                None if error is None else str(error),
            )
        )


def _of_row(row: Instance | None) -> _Current | None:
    """Return the trace of a row, whose parts are below the span that its ``traceparent`` names."""
    header = None if row is None else row.passed.get(trace_context.HEADER)
    if header is None:
        return None
    return _Current(header[3:35], header[36:52], "", sampled=bool(int(header[53:], 16) & 1))


class _TracedLedger:
    """The Ledger port over another. What is not written here is the other's."""

    def __init__(self, ledger: Ledger, clock: Clock, thread: _Thread, put: Put) -> None:
        self._ledger, self._clock, self._thread, self._put = ledger, clock, thread, put

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def claim(self, instance: Instance) -> Instance | None:
        current = self._thread.current
        if trace_context.HEADER not in instance.passed:
            header = (current or _begin(None)).header
            kept = instance.delivery or Delivery()
            instance = replace(instance, delivery=replace(kept, passed={**kept.passed, trace_context.HEADER: header}))
        began, error = time.time_ns(), None
        try:
            return self._ledger.claim(instance)
        except Exception as raised:
            error = type(raised).__name__
            raise
        finally:
            told = {"verihook.instance.id": instance.id, "verihook.workflow": instance.workflow}
            at = current or _of_row(instance)
            if at is not None:
                _part(at, self._put, "claim", CLIENT, began, {**_DB, **told, "error.type": error})

    def record(self, instance_id: str, attempt: int, change: Change) -> bool:
        began = time.time_ns()
        written = self._ledger.record(instance_id, attempt, change)
        if written and change.status in FINAL:
            self._ended(self._ledger.get(instance_id, self._clock.now_ms()), began)
        return written

    def amend(self, instance: Instance) -> bool:
        # A callback is written into a row that has ended before.
        before = self._ledger.get(instance.id, self._clock.now_ms()) if instance.final else None
        began = time.time_ns()
        written = self._ledger.amend(instance)
        if written and before is not None and not before.final:
            self._ended(instance, began)
        return written

    def _ended(self, row: Instance | None, began: int) -> None:
        """Give the span of the run, from its beginning to its end, and below it that of the write."""
        current = _of_row(row)
        if row is None or current is None or not current.sampled:
            return
        name = execution_name(row.id, row.attempt)
        run = hashlib.sha256(f"run {name}".encode()).hexdigest()[:16]
        told: dict[str, str | int | None] = {
            "faas.invocation_id": name,
            "faas.trigger": "pubsub" if row.source else "http",
            "verihook.workflow": row.workflow,
            "verihook.engine": row.engine,
            "verihook.status": row.status,
            "error.type": None if row.status == "completed" else row.error or row.status,
        }
        first = (row.begun_at or row.created_at) * _MS
        error = None if row.status == "completed" else row.error or row.status
        self._put(
            Span(
                current.trace,
                run,
                current.root,
                f"run {row.workflow}",
                CONSUMER,
                first,
                max(row.updated_at * _MS, first),
                told,
                error,
            )
        )
        _part(replace(current, root=run), self._put, "record", CLIENT, began, {**_DB, "verihook.instance.id": row.id})


_DB: dict[str, str | int | None] = {"db.system.name": "sqlite"}


class _TracedEngine:
    """The Engine port over another. What is not written here is the other's."""

    def __init__(self, engine: Engine, name: str, row_of: RowOf, thread: _Thread, put: Put) -> None:
        self._engine, self._name, self._row_of = engine, name, row_of
        self._thread, self._put = thread, put

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> Any:
        began, error = time.time_ns(), None
        try:
            return self._engine.start(definition, name, input, connection)
        except Exception as raised:
            error = type(raised).__name__
            raise
        finally:
            current = self._thread.current or self._of(name)
            if current is not None:
                told: dict[str, str | int | None] = {
                    "faas.invoked_name": definition,
                    "faas.invoked_provider": "verihook",
                }
                told |= {"verihook.engine": self._name, "error.type": error}
                _part(current, self._put, "start", CLIENT, began, told)

    def _of(self, name: str) -> _Current | None:
        parsed = parse_execution_name(name)
        return None if parsed is None else _of_row(self._row_of(parsed[0]))


class _TracedTelemetry:
    """The Telemetry port over another, which gives the span of each delivery when it is answered."""

    def __init__(self, telemetry: Telemetry, thread: _Thread, put: Put) -> None:
        self._telemetry, self._thread, self._put = telemetry, thread, put

    def failure(self, where: str, error: BaseException) -> None:
        self._telemetry.failure(where, error)

    def measured(self, measures: Sequence[Measure]) -> None:
        self._telemetry.measured(measures)

    def delivery(self, trace: Trace) -> None:
        self._telemetry.delivery(trace)
        current, self._thread.current = self._thread.current, None
        if trace.outcome == "read" or (current is not None and not current.sampled):
            return
        current = current or _begin(None)
        began = trace.received_at * _MS
        told: dict[str, str | int | None] = {
            "http.response.status_code": trace.status,
            "messaging.message.id": trace.event_id,
            "verihook.source": trace.source,
            "verihook.outcome": trace.outcome,
            "verihook.event.type": trace.event_type,
            "verihook.instance.id": trace.instance_id,
            "error.type": trace.reason,
        }
        name = "deliver"
        if trace.request is not None and trace.source is not None:
            told |= {"http.request.method": trace.request.method, "http.route": f"/hooks/{trace.source}"}
            name = f"{trace.request.method} /hooks/{trace.source}"
        ended, error = began + trace.duration_ms * _MS, trace.reason if trace.status >= 500 else None
        self._put(Span(current.trace, current.root, current.parent, name, SERVER, began, ended, told, error))
