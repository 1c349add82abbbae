"""Capture windows: for a while that an operator has opened, whole refused requests of a source are kept.

Outside of a window, refused requests are counted and nothing more. A window is a document with an end; what it keeps
are documents with numbers, each written once, so that however many processes refuse, there are no more than it has room
for. The receiver looks for windows after it has written counts, once a minute, so strangers cause no reads either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from verihook.errors import LedgerUnavailable, RecordDamaged
from verihook.model.ports import KEPT_MS, Document
from verihook.records import asdict
from verihook.request import json_text
from verihook.strict_json import parse_kept
from verihook.webhooks.keeping import MOST_ID, MOST_PATH, kept_headers, printable, raw_of, sent_length

if TYPE_CHECKING:
    from verihook.model.ports import Documents, Trace
    from verihook.model.source import Source

#: How long a window is open at most, in minutes; and the most requests that it keeps.
MOST_MINUTES, MOST_SAMPLES = 60, 20

#: The longest body that is kept, in bytes; of a longer one nothing but its length.
MOST_BODY = 65_536

#: The name of the one document that a source's window is.
_NAME = "window"


@dataclass(frozen=True, slots=True)
class Window:
    """One window. ``until`` in milliseconds since the epoch; ``reasons``: of the refusals that are kept, () for all."""

    source: str
    opened_at: int
    until: int
    samples: int
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Captured:
    """One refused request. ``number``: its place in the window opened at ``window``; ``raw`` None: it was too long."""

    source: str
    window: int
    number: int
    at: int
    request_id: str
    reason: str
    detail: str
    path: str
    headers: tuple[tuple[str, str], ...]
    length: int
    raw: str | None

    @property
    def id(self) -> str:
        """Return the id of the delivery."""
        return f"captured:{self.source}:{self.window}:{self.number:02d}"


def open_window(window: Window, documents: Documents, now_ms: int) -> None:
    """Open a window in place of the one that the source has. Raises LedgerUnavailable."""
    documents.remove(_of_source(window.source), _NAME)
    # Kept with what it has captured, which is found by it.
    expires_at = (window.until + KEPT_MS) // 1000
    documents.add(_of_source(window.source), Document(_NAME, json_text(asdict(window)), 1, expires_at), now_ms)


def window_of(source: str, documents: Documents, now_ms: int) -> Window | None:
    """Return the last window of a source, open or not. Raises LedgerUnavailable."""
    document = documents.read(_of_source(source), _NAME, now_ms)
    return None if document is None else parse_kept(document.text, "A capture window", _window)


def captured(source: str, documents: Documents, now_ms: int) -> list[Captured]:
    """Return what the last window of a source has kept, in its order. Raises LedgerUnavailable."""
    window = window_of(source, documents, now_ms)
    if window is None:
        return []
    kept = documents.all(_partition(window), MOST_SAMPLES, now_ms)
    return [parse_kept(each.text, "A captured request", _captured) for each in kept]


def remove(kept: Captured, documents: Documents) -> None:
    """Delete a captured request; its number stays free of others, as its window only counts on."""
    documents.remove(_partition_of(kept.source, kept.window), f"{kept.number:02d}")


class Capture:
    """Keeps refused requests while a window is open. Threads may share it; no method raises."""

    def __init__(self, documents: Documents, sources: Mapping[str, Source]) -> None:
        self._documents, self._sources = documents, sources
        self._lock = Lock()
        #: Source -> its open window and the next free number in it.
        self._open: dict[str, tuple[Window, int]] = {}

    def look(self, now_ms: int) -> list[RecordDamaged]:
        """Look which windows are open: one read for each source. Return the errors of those that cannot be read."""
        found: dict[str, Window] = {}
        damaged: list[RecordDamaged] = []
        for source in self._sources:
            try:
                window = window_of(source, self._documents, now_ms)
            except LedgerUnavailable:
                return damaged
            except RecordDamaged as error:
                damaged.append(error)
                continue
            if window is not None and now_ms < window.until:
                found[source] = window
        with self._lock:
            before = self._open
            self._open = {
                source: before[source] if before.get(source, (None,))[0] == window else (window, 0)
                for source, window in found.items()
            }
        return damaged

    def keep(self, trace: Trace) -> None:
        """Keep a refused request, if a window of its source is open and has room. One write."""
        source = self._sources.get(trace.source or "") if self._open else None
        if source is None or trace.request is None:
            return
        window, number = self._take_number(source.name, trace)
        if window is None:
            return
        request = trace.request
        length = sent_length(request)
        kept = Captured(
            source.name,
            window.opened_at,
            number,
            trace.received_at,
            printable(trace.request_id, MOST_ID),
            trace.reason or "",
            printable(trace.detail or "", 400),
            printable(request.path, MOST_PATH),
            kept_headers(source, request),
            length,
            raw_of(request.body) if length == len(request.body) <= MOST_BODY else None,
        )
        document = Document(f"{number:02d}", json_text(asdict(kept)), 1, (window.until + KEPT_MS) // 1000)
        try:
            # If another process has this number, this request is not kept; there are no more rows than numbers.
            self._documents.add(_partition(window), document, trace.received_at)
        except LedgerUnavailable:
            return

    def _take_number(self, source: str, trace: Trace) -> tuple[Window | None, int]:
        with self._lock:
            window, number = self._open.get(source, (None, 0))
            if window is None or trace.received_at >= window.until or number >= window.samples:
                return None, 0
            if window.reasons and trace.reason not in window.reasons:
                return None, 0
            self._open[source] = (window, number + 1)
            return window, number


def _of_source(source: str) -> str:
    return f"captures#{source}"


def _partition(window: Window) -> str:
    return _partition_of(window.source, window.opened_at)


def _partition_of(source: str, opened_at: int) -> str:
    return f"captures#{source}#{opened_at}"


def _window(content: Any) -> Window:
    return Window(**{**content, "reasons": tuple(content["reasons"])})


def _captured(content: Any) -> Captured:
    return Captured(**{**content, "headers": tuple((name, value) for name, value in content["headers"])})
