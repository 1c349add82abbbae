"""The standard streams of a process: they may be closed, and who reads them may go away."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO


def open_closed() -> None:
    """Open the null device as standard input, output or error if that is closed (``>&-``).

    Else the next file that is opened has that number, the ledger's for one, and what is written to the output is in it.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free is this one.
            os.open(os.devnull, os.O_RDWR)
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115  # until the end
        elif mode == "w":
            _take_anything(stream)


def _take_anything(stream: TextIO) -> None:
    """Half a character, or one that the terminal's encoding has not, is written as its escape."""
    if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
        stream.reconfigure(errors="backslashreplace")


class Unwritten(OSError):
    """Standard output cannot be written: its disk is full. Says what that means, in words."""


class Telling:
    """A stream whose failures pass for no other: Unwritten is raised, and BrokenPipeError as ever."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """See :class:`io.TextIOBase`."""
        with _unwritten():
            return self._stream.write(text)

    def flush(self) -> None:
        """See :class:`io.TextIOBase`."""
        with _unwritten():
            self._stream.flush()

    def writelines(self, lines: Any) -> None:
        """See :class:`io.TextIOBase`."""
        self.write("".join(lines))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _unwritten() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        why = f"standard output cannot be written: {error.strerror or error}; what was asked for may be done"
        raise Unwritten(why) from error


@contextmanager
def telling() -> Iterator[None]:
    """Standard output is such a stream meanwhile, and all of it is written at the end."""
    before = sys.stdout
    out: Any = Telling(before)
    sys.stdout = out
    try:
        yield
        out.flush()
    except SystemExit:
        # argparse has printed a help, and ends the program.
        out.flush()
        raise
    finally:
        sys.stdout = before


def drop(stream: TextIO) -> None:
    """What is still buffered for it is lost, and does not raise at the end of the process."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Unfailing:
    """A stream to which anything can be written: what cannot arrive is lost, and nothing is raised."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        _take_anything(stream)

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

    def writelines(self, lines: Any) -> None:
        """See :class:`io.TextIOBase`."""
        self.write("".join(lines))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def unfailing() -> Iterator[None]:
    """Standard output and error are such streams meanwhile, for ``print`` in the operator's code too."""
    before = sys.stdout, sys.stderr
    out: Any = Unfailing(sys.stdout)
    error: Any = Unfailing(sys.stderr)
    sys.stdout, sys.stderr = out, error
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for stream in before:
            try:
                stream.flush()
            except (OSError, ValueError):
                drop(stream)
