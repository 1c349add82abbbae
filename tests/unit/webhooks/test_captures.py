"""A window keeps what is refused while it is open, of whichever process, and nothing after its end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contracts.instances import NOW
from tests.unit.bare import Heard, a_request
from tests.unit.parts import Parts, parts
from verihook.errors import RecordDamaged
from verihook.model.ports import Document, Trace
from verihook.model.source import Source
from verihook.senders import load_sender
from verihook.webhooks.captures import Capture, Window, captured, open_window
from verihook.webhooks.observe import Observer

__all__ = ["parts"]

SOURCES = {"orders": Source("orders", load_sender("generic"), (), "w")}
WINDOW = Window("orders", NOW, NOW + 60_000, 3)


def refused(at: int = NOW, source: str = "orders") -> Trace:
    return Trace("r1", at, source, reason="signature-mismatch", request=a_request(b"{}"))


@pytest.fixture
def open_capture(parts: Parts) -> Capture:
    open_window(WINDOW, parts.services.documents, NOW)
    capture = Capture(parts.services.documents, SOURCES)
    capture.look(NOW)
    return capture


def test_to_the_very_end_and_not_after_it(parts: Parts, open_capture: Capture) -> None:
    open_capture.keep(refused(NOW + 59_999))
    open_capture.keep(refused(NOW + 60_000))
    (kept,) = captured("orders", parts.services.documents, NOW)
    assert (NOW + 59_999, f"captured:orders:{NOW}:00") == (kept.at, kept.id)


def test_of_no_other_source_and_not_before_it_was_looked_for(parts: Parts, open_capture: Capture) -> None:
    open_capture.keep(refused(source="others"))
    Capture(parts.services.documents, SOURCES).keep(refused())
    assert [] == captured("orders", parts.services.documents, NOW)


def test_a_window_that_cannot_be_read_is_reported_and_closes_no_other(parts: Parts) -> None:
    """The receiver looks for windows after a refusal: that is answered, whatever became of a window."""
    documents, heard = parts.services.documents, Heard()
    open_window(WINDOW, documents, NOW)
    documents.add("captures#broken", Document("window", '{"source": 1}', 1), NOW)
    sources = {"broken": replace(SOURCES["orders"], name="broken"), **SOURCES}
    observer = Observer(parts.services.ledger, heard, Capture(documents, sources))
    observer.rejected(refused())
    observer.flush()
    ((where, error),) = heard.failures
    assert ("captures", RecordDamaged) == (where, type(error))
    observer.rejected(refused())
    assert 1 == len(captured("orders", documents, NOW))


def test_processes_share_the_room(parts: Parts, open_capture: Capture) -> None:
    other = Capture(parts.services.documents, SOURCES)
    other.look(NOW)
    for _ in range(5):
        open_capture.keep(refused())
        other.keep(refused())
        open_capture.look(NOW)
    assert 3 == len(captured("orders", parts.services.documents, NOW))
