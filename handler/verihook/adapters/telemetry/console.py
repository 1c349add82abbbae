"""What a person at a terminal sees: one line for each delivery, and the stack of each failure."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Container, Sequence
from threading import Lock
from typing import TextIO

from verihook.adapters.printable import line, stack, words
from verihook.adapters.repeats import RepeatFilter
from verihook.errors import Unavailable, VerihookError
from verihook.model.instance import iso
from verihook.model.measures import Measure
from verihook.model.ports import Trace

#: The most that a line has of a path, in characters.
_MOST_PATH = 256


class ConsoleTelemetry:
    """The Telemetry port on a terminal. Status reads are not shown: a client polls them.

    A part that is unavailable fails everything that needs it, for a while: the same failure is shown once a minute.

    ``made``: the sources whose secret was made here, which its sender cannot have signed with.
    """

    def __init__(self, stream: TextIO | None = None, made: Container[str] = ()) -> None:
        self._stream, self._made = stream or sys.stdout, made
        self._lines: deque[str] = deque()
        self._writing = Lock()
        self._repeats = RepeatFilter()

    def delivery(self, trace: Trace) -> None:
        """See :class:`~verihook.model.ports.Telemetry`."""
        if trace.outcome == "read":
            return
        words = [str(trace.status), trace.source or "-", trace.outcome]
        words += [word for word in (trace.reason, _one_word(trace.event_type)) if word]
        if trace.status == 401 and trace.source in self._made:
            words.append("(its secret was made here)")
        if trace.verified_by == "previous":
            words.append("by-previous-secret")
        if trace.changed:
            words.append("with-another-body")
        if trace.replay_of:
            words += ["replay-of", trace.replay_of]
        if trace.instance_id:
            words += ["->", trace.instance_id]
        text = f"{' '.join(words)} ({trace.duration_ms} ms) {_which(trace)}"
        self._print(text if trace.detail is None else f"{text}: {trace.detail}")

    def measured(self, measures: Sequence[Measure]) -> None:
        """Nothing: :mod:`verihook.adapters.telemetry.counting` keeps it for /metrics."""

    def failure(self, where: str, error: BaseException) -> None:
        """See :class:`~verihook.model.ports.Telemetry`."""
        notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
        what = f"{type(error).__name__}: {words(error)}{notes}"
        more = self._repeats.suppressed(what) if isinstance(error, Unavailable) else 0
        if more is None:
            return
        lines = [f"! {where}: {what}" + (f" ({more} more in the last minute)" if more else "")]
        # An error of ours says in its words what is wrong.
        self._print(*lines, *([] if isinstance(error, VerihookError) else stack(error)))

    def _print(self, *texts: str) -> None:
        """Print the lines, or leave them to the thread that is printing now."""
        self._lines.append("".join(line(text) for text in texts))
        # Once more if a line was left just before the lock was free again.
        while self._lines and self._writing.acquire(blocking=False):
            try:
                lines = [self._lines.popleft() for _ in range(len(self._lines))]
                self._stream.write("".join(lines))
                self._stream.flush()
            finally:
                self._writing.release()


def _which(trace: Trace) -> str:
    """Return what a delivery can be searched by: its request id, its path, its event's id, and when it was answered."""
    told = (
        ("request", trace.request_id),
        ("at", trace.path and trace.path[:_MOST_PATH]),
        ("event", trace.event_id),
        ("on", iso(trace.received_at + trace.duration_ms)),
    )
    return " ".join(f"{name} {_one_word(value)}" for name, value in told if value)


def _one_word(text: str | None) -> str | None:
    """A sender's text among our words: in quotes if it could be taken for several."""
    return text if text is None or " " not in text else f'"{text}"'
