"""The standard streams of a process: they can be closed at its start, and their readers can end before it."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO


def open_closed_streams() -> None:
    """Open the null device as standard input, output or error if that is closed (``>&-``).

    Otherwise the next file that is opened, such as the ledger's, gets that number, and output is written into it.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            # This opens the lowest free number, which is the closed one.
            os.open(os.devnull, os.O_RDWR)
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115  # until the end
        elif mode == "w":
            _escape_unencodable(stream)


def _escape_unencodable(stream: TextIO) -> None:
    """Have the stream write a character that its encoding does not have as an escape, and not raise."""
    if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
        stream.reconfigure(errors="backslashreplace")


class OutputFailed(OSError):
    """Standard output cannot be written, for example because its disk is full. The text says what that means."""


class _Wrapped:
    """Stands for a stream: what a subclass does not change is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """See :class:`io.TextIOBase`."""
        raise NotImplementedError

    def writelines(self, lines: Any) -> None:
        """See :class:`io.TextIOBase`."""
        self.write("".join(lines))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class CheckedStream(_Wrapped):
    """A stream whose failures can be told from those of other files: it raises OutputFailed, or BrokenPipeError."""

    def write(self, text: str) -> int:
        """See :class:`io.TextIOBase`."""
        with _checked_write():
            return self._stream.write(text)

    def flush(self) -> None:
        """See :class:`io.TextIOBase`."""
        with _checked_write():
            self._stream.flush()


@contextmanager
def _checked_write() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        why = f"standard output cannot be written: {error.strerror or error}; what was asked for may be done"
        raise OutputFailed(why) from error


@contextmanager
def checked_output() -> Iterator[None]:
    """Make standard output a :class:`CheckedStream` for the block, and flush it at the end."""
    before = sys.stdout
    out: Any = CheckedStream(before)
    sys.stdout = out
    try:
        yield
        out.flush()
    except SystemExit:
        # argparse has printed its help and ends the program.
        out.flush()
        raise
    finally:
        sys.stdout = before


def discard_buffer(stream: TextIO) -> None:
    """Discard what is buffered in the stream, so that it does not raise at the end of the process."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class LossyStream(_Wrapped):
    """A stream that never raises: what cannot be written is lost."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        _escape_unencodable(stream)

    def write(self, text: str) -> int:
        """See :class:`io.TextIOBase`."""
        # UnicodeError and "I/O operation on closed file" are ValueErrors.
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """See :class:`io.TextIOBase`."""
        with suppress(OSError, ValueError):
            self._stream.flush()


@contextmanager
def lossy_output() -> Iterator[None]:
    """Make standard output and error a :class:`LossyStream` for the block, for ``print`` in workflows, too."""
    before = sys.stdout, sys.stderr
    out: Any = LossyStream(sys.stdout)
    error: Any = LossyStream(sys.stderr)
    sys.stdout, sys.stderr = out, error
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for stream in before:
            try:
                stream.flush()
            except (OSError, ValueError):
                discard_buffer(stream)
