"""What a person at a terminal sees: one line a delivery."""

from __future__ import annotations

import sys
from typing import TextIO

from verihook.ports import Trace


class ConsoleTelemetry:
    """The Telemetry port on a terminal. Status reads are not shown: a client polls them."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream

    def delivery(self, trace: Trace) -> None:
        """See :class:`~verihook.ports.Telemetry`."""
        if trace.outcome == "read":
            return
        words = [str(trace.status), trace.source or "-", trace.outcome]
        words += [word for word in (trace.reason, trace.event_type and _printable(trace.event_type)) if word]
        if trace.verified_by == "previous":
            words.append("by-previous-secret")
        if trace.instance_id:
            words += ["->", trace.instance_id]
        self._print(f"{' '.join(words)} ({trace.duration_ms} ms)")

    def failure(self, where: str, error: BaseException) -> None:
        """See :class:`~verihook.ports.Telemetry`."""
        self._print(f"! {where}: {type(error).__name__}: {error}")

    def _print(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


def _printable(text: str) -> str:
    """A verified sender's text still must not move our cursor."""
    return "".join(character if character.isprintable() else "?" for character in text)
