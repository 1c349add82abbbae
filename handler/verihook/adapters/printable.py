"""Makes texts that others wrote safe for a terminal or a log: they move no cursor, colour nothing and begin no line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from traceback import FrameSummary

#: Longer texts are cut in a log of lines: an exception's may quote a whole body.
MAX_LINE = 2000

#: The beginning of a line that continues the line before, so that no text of others can pass for a log line.
MARGIN = "    "

#: How many errors of a chain are shown, and how many frames of each error.
_MOST_ERRORS, _MOST_FRAMES = 5, 24

#: Parts of the paths of files that are not the operator's: of this package, of the SDK of durable functions, and of
#: the threads that the SDK uses.
_MACHINERY = (str(Path(__file__).parents[1]), "aws_durable_execution_sdk_python", str(Path("concurrent", "futures")))


def printable(text: str, keep: str = "") -> str:
    """Return ``text`` with a replacement character in place of each that is neither printable nor in ``keep``.

    Not printable are controls, marks that turn the direction of writing, line ends of every kind, and halves of a
    character: https://docs.python.org/3/library/stdtypes.html#str.isprintable
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in keep else "\N{REPLACEMENT CHARACTER}" for each in text)


def words(value: object) -> str:
    """Return the text of an exception or a value, or a stand-in if its ``__str__``, the operator's code, raises."""
    try:
        return str(value)
    except Exception:  # noqa: BLE001  # whatever __str__ raises
        return "(its text cannot be made)"


def stack(error: BaseException) -> list[str]:
    """Return where an error was raised and what caused it: frames and errors, each a line that begins with MARGIN.

    The frames are those of the operator's code and its libraries; if an error has none of these, all its frames.
    """
    if isinstance(elsewhere := getattr(error, "remote_stack", None), list):  # it was raised in another process
        return elsewhere
    from traceback import extract_tb  # takes a cold start some milliseconds, and most have no failure

    lines: list[str] = []
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen and len(seen) < _MOST_ERRORS:
        if seen:
            lines.append(f"{MARGIN}because of {type(current).__name__}: {words(current)}")
        seen.append(current)
        frames = [_frame(each) for each in _theirs(extract_tb(current.__traceback__))]
        if len(frames) > _MOST_FRAMES:
            frames[4 : 4 - _MOST_FRAMES] = [f"{MARGIN}... {len(frames) - _MOST_FRAMES} more"]
        lines += frames
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return lines


def _theirs(frames: list[FrameSummary]) -> list[FrameSummary]:
    return [each for each in frames if not any(part in each.filename for part in _MACHINERY)] or frames


def _frame(frame: FrameSummary) -> str:
    return f'{MARGIN}File "{frame.filename}", line {frame.lineno}, in {frame.name}: {frame.line}'


def line(text: str) -> str:
    """Return ``text`` as one line of a log, with its line end."""
    short = text if len(text) <= MAX_LINE else f"{text[:MAX_LINE]}..."
    return f"{printable(short)}\n"
