"""Spans of what Verihook does, made by wrapping the ports: verify, claim, start, run, record, and the delivery whole.

Nothing of this is imported or called unless the environment says where spans go: only then the services are these. A
sender's valid ``traceparent`` is gone on with, and its flag is heeded; without one, a delivery begins a trace, and the
row keeps it. Attributes: https://opentelemetry.io/docs/specs/semconv/ (http, messaging, faas, db).
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from verihook.errors import SignatureError
from verihook.model import trace_context
from verihook.model.delivery import Delivery
from verihook.model.instance import FINAL, Instance, execution_name, parse_execution_name
from verihook.model.measures import Measure
from verihook.model.ports import Change, Clock, Engine, Ledger, Services, Telemetry, Trace
from verihook.records import replace

#: Attributes of a span; None is left out.
Attributes = dict[str, str | int | None]

#: What a span is of: a part of our own work, a request that we answer, a call of ours, the run of an instance.
#: https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
INTERNAL, SERVER, CLIENT, CONSUMER = 1, 2, 3, 5

_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """One span. Ids in hex; ``parent`` "" for none. Times in nanoseconds since the epoch. ``error``: why it failed."""

    trace: str
    id: str
    parent: str
    name: str
    kind: int
    began: int
    ended: int
    attributes: Attributes = field(default_factory=dict)
    error: str | None = None


Put = Callable[[Span], object]


@dataclass(frozen=True, slots=True)
class Current:
    """The delivery that a thread answers. ``root``: the id of its span, the parent of those of its parts."""

    trace: str
    root: str
    parent: str
    sampled: bool

    @property
    def header(self) -> str:
        """Return it as a ``traceparent``."""
        return f"00-{self.trace}-{self.root}-{int(self.sampled):02x}"


class Thread(threading.local):
    """What the thread at work answers; None if it has not looked at a delivery."""

    current: Current | None = None


class Tracer:
    """Where spans go, and how traces begin. ``put`` gets each span; ``database``: what the ledger is in.

    An exporter with rules of its own is a subclass.
    """

    def __init__(self, put: Put, database: str = "sqlite") -> None:
        self.put, self.database, self.thread = put, database, Thread()

    def active(self) -> bool:
        """Whether spans are wanted just now. If not, no row is read for them."""
        return True

    def begin(self, traceparent: str | None) -> Current:
        """Return the trace of a delivery with this header: its sender's, if the header is valid, else a new one."""
        return of_header(traceparent) or Current(secrets.token_hex(16), secrets.token_hex(8), "", sampled=True)

    def part(self, of: Current | None, name: str, kind: int, began: int, attributes: Attributes) -> None:
        """Put the span of a part, which ends now and has failed if it has an ``error.type``."""
        if of is None or not of.sampled:
            return
        error = attributes.get("error.type")
        words = None if error is None else str(error)
        self.put(Span(of.trace, secrets.token_hex(8), of.root, name, kind, began, time.time_ns(), attributes, words))


def of_header(traceparent: str | None) -> Current | None:
    """Return the trace that a valid header names, with a span of our own below its; None for any other header."""
    valid = trace_context.valid(traceparent)
    if valid is None:
        return None
    return Current(valid[3:35], secrets.token_hex(8), valid[36:52], sampled=bool(int(valid[53:], 16) & 1))


def _of_row(row: Instance | None) -> Current | None:
    """Return the trace of a row, whose parts are below the span that its ``traceparent`` names."""
    found = None if row is None else of_header(row.passed.get(trace_context.HEADER))
    return None if found is None else replace(found, root=found.parent, parent="")


def traced(services: Services, tracer: Tracer) -> Services:
    """Return services that do the same, and give the tracer a span of each part."""

    def row_of(instance_id: str) -> Instance | None:
        return services.ledger.get(instance_id, services.clock.now_ms())

    return replace(
        services,
        verify={name: cast(Any, partial(_verify, each, name, tracer)) for name, each in services.verify.items()},
        ledger=cast(Ledger, _TracedLedger(services.ledger, services.clock, tracer)),
        engines={
            name: cast(Engine, _TracedEngine(each, name, row_of, tracer)) for name, each in services.engines.items()
        },
        telemetry=_TracedTelemetry(services.telemetry, tracer),
    )


def _verify(verify: Any, source: str, tracer: Tracer, request: Any, now: int) -> Any:
    current = tracer.thread.current = tracer.begin(request.lone(trace_context.HEADER))
    began, error = time.time_ns(), None
    try:
        return verify(request, now)
    except Exception as raised:
        error = raised.reason if isinstance(raised, SignatureError) else type(raised).__name__
        raise
    finally:
        tracer.part(current, "verify", INTERNAL, began, {"verihook.source": source, "error.type": error})


class _TracedLedger:
    """The Ledger port over another. What is not written here is the other's."""

    def __init__(self, ledger: Ledger, clock: Clock, tracer: Tracer) -> None:
        self._ledger, self._clock, self._tracer = ledger, clock, tracer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def claim(self, instance: Instance) -> Instance | None:
        current = self._tracer.thread.current
        if trace_context.HEADER not in instance.passed:
            header = (current or self._tracer.begin(None)).header
            kept = instance.delivery or Delivery()
            instance = replace(instance, delivery=replace(kept, passed={**kept.passed, trace_context.HEADER: header}))
        began, error = time.time_ns(), None
        try:
            return self._ledger.claim(instance)
        except Exception as raised:
            error = type(raised).__name__
            raise
        finally:
            told: Attributes = {"verihook.instance.id": instance.id, "verihook.workflow": instance.workflow}
            told["error.type"] = error
            self._tracer.part(current or _of_row(instance), "claim", CLIENT, began, self._of_database(told))

    def record(self, instance_id: str, attempt: int, change: Change) -> bool:
        began = time.time_ns()
        written = self._ledger.record(instance_id, attempt, change)
        if written and change.status in FINAL and self._tracer.active():
            self._ended(self._ledger.get(instance_id, self._clock.now_ms()), began)
        return written

    def amend(self, instance: Instance) -> bool:
        # A callback is written into a row that has ended before.
        looked = instance.final and self._tracer.active()
        before = self._ledger.get(instance.id, self._clock.now_ms()) if looked else None
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
        error = None if row.status == "completed" else row.error or row.status
        told: Attributes = {
            "faas.invocation_id": name,
            "faas.trigger": "pubsub" if row.source else "http",
            "verihook.workflow": row.workflow,
            "verihook.engine": row.engine,
            "verihook.status": row.status,
            "error.type": error,
        }
        first = (row.begun_at or row.created_at) * _MS
        last = max(row.updated_at * _MS, first)
        title = f"run {row.workflow}"
        self._tracer.put(Span(current.trace, run, current.root, title, CONSUMER, first, last, told, error))
        write = self._of_database({"verihook.instance.id": row.id})
        self._tracer.part(replace(current, root=run), "record", CLIENT, began, write)

    def _of_database(self, told: Attributes) -> Attributes:
        return {"db.system.name": self._tracer.database, **told}


class _TracedEngine:
    """The Engine port over another. What is not written here is the other's."""

    def __init__(self, engine: Engine, name: str, row_of: Callable[[str], Instance | None], tracer: Tracer) -> None:
        self.__wrapped__, self._name, self._row_of, self._tracer = engine, name, row_of, tracer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> Any:
        began, error = time.time_ns(), None
        try:
            return self.__wrapped__.start(definition, name, input, connection)
        except Exception as raised:
            error = type(raised).__name__
            raise
        finally:
            told: Attributes = {"faas.invoked_name": definition, "faas.invoked_provider": "verihook"}
            told |= {"verihook.engine": self._name, "error.type": error}
            self._tracer.part(self._tracer.thread.current or self._of(name), "start", CLIENT, began, told)

    def _of(self, name: str) -> Current | None:
        parsed = parse_execution_name(name) if self._tracer.active() else None
        return None if parsed is None else _of_row(self._row_of(parsed[0]))


class _TracedTelemetry:
    """The Telemetry port over another, which gives the span of each delivery when it is answered."""

    def __init__(self, telemetry: Telemetry, tracer: Tracer) -> None:
        self._telemetry, self._tracer = telemetry, tracer

    def failure(self, where: str, error: BaseException) -> None:
        self._telemetry.failure(where, error)

    def measured(self, measures: Sequence[Measure]) -> None:
        self._telemetry.measured(measures)

    def delivery(self, trace: Trace) -> None:
        thread = self._tracer.thread
        current = thread.current or self._tracer.begin(None)
        thread.current = None
        if trace.outcome == "read" or not current.sampled:
            self._telemetry.delivery(trace)
            return
        trace.trace_id = current.trace
        self._telemetry.delivery(trace)
        began = trace.received_at * _MS
        told: Attributes = {
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
        self._tracer.put(Span(current.trace, current.root, current.parent, name, SERVER, began, ended, told, error))
