"""Streams that raise nothing. tests/flows/test_terminal.py closes those of a server."""

from __future__ import annotations

import io
import sys

import pytest

from verihook.local.standard_streams import LossyStream, lossy_output, open_closed_streams


def test_what_the_encoding_has_not_is_written_all_the_same() -> None:
    kept = io.BytesIO()
    wrapped = io.TextIOWrapper(kept, "latin-1")
    LossyStream(wrapped).write("é \ud800 \N{REPLACEMENT CHARACTER}\n")
    wrapped.flush()
    assert b"\xe9 \\ud800 \\ufffd\n" == kept.getvalue()


def test_a_command_prints_what_its_terminal_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = io.BytesIO()
    strict = io.TextIOWrapper(kept, "ascii")
    monkeypatch.setattr(sys, "stdout", strict)
    open_closed_streams()
    strict.write("é\n")
    strict.flush()
    assert b"\\xe9\n" == kept.getvalue()


def test_a_closed_stream_raises_nothing_and_is_as_it_was_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    with lossy_output():
        sys.stdout.write("a")
        sys.stdout.writelines(["b", "c"])
        sys.stdout.flush()
        assert sys.stdout.closed  # what else is asked of it is the stream's
    assert sys.stdout is closed
