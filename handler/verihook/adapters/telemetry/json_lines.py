"""One JSON object a line for each delivery and each failure, for programs that read the log of one machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Container, Sequence
from typing import TextIO

from verihook.adapters.clock import SystemClock
from verihook.adapters.printable import printable, stack, words
from verihook.model.instance import iso
from verihook.model.measures import Measure
from verihook.model.ports import Trace

# ASCII alone: a lone surrogate of a sender's cannot break the line.
_ENCODER = json.JSONEncoder(separators=(",", ":"), default=words)

#: The most that a line has of a path, in characters.
_MOST_PATH = 256


class JsonLinesTelemetry:
    """The Telemetry port; a member without a value is left out. A line is one write, so threads do not mix theirs.

    ``made``: the sources whose secret was made here, which its sender cannot have signed with.
    """

    def __init__(self, stream: TextIO | None = None, made: Container[str] = ()) -> None:
        self._stream, self._made = stream or sys.stdout, made

    def delivery(self, trace: Trace) -> None:
        """See :class:`~verihook.model.ports.Telemetry`."""
        self._print(
            {
                "time": iso(trace.received_at + trace.duration_ms),
                "requestId": trace.request_id,
                "source": trace.source,
                "path": trace.path and trace.path[:_MOST_PATH],
                "status": trace.status,
                "outcome": trace.outcome,
                "reason": trace.reason,
                "detail": trace.detail and printable(trace.detail),
                "secretMadeHere": (trace.status == 401 and trace.source in self._made) or None,
                "eventId": trace.event_id,
                "eventType": trace.event_type,
                "instanceId": trace.instance_id,
                "verifiedBy": trace.verified_by,
                "changed": trace.changed or None,
                "replayOf": trace.replay_of,
                "traceId": trace.trace_id,
                "durationMs": trace.duration_ms,
            }
        )

    def measured(self, measures: Sequence[Measure]) -> None:
        """Nothing: :mod:`verihook.adapters.telemetry.counting` keeps it for /metrics."""

    def failure(self, where: str, error: BaseException) -> None:
        """See :class:`~verihook.model.ports.Telemetry`."""
        now = iso(SystemClock().now_ms())
        notes = list(getattr(error, "__notes__", ())) or None
        content: dict[str, object] = {"time": now, "failure": where, "error": type(error).__name__}
        self._print({**content, "detail": words(error), "notes": notes, "stack": stack(error)})

    def _print(self, content: dict[str, object]) -> None:
        line = _ENCODER.encode({name: value for name, value in content.items() if value not in (None, "")})
        self._stream.write(f"{line}\n")
        self._stream.flush()
