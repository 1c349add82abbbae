"""What others wrote, on a terminal or in a log of lines: it moves no cursor, colours nothing and begins no line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from traceback import FrameSummary

#: Longer texts are cut in a log of lines: an exception's may quote a whole body.
MAX_LINE = 2000

#: What a line begins with that goes on with the one before: no text of others passes for a line of its own.
MARGIN = "    "

#: How many errors of a chain are shown, and how many frames of each.
_MOST_ERRORS, _MOST_FRAMES = 5, 24

#: Parts of the paths of files that are no workflow's: this package, the SDK of durable functions, and its threads.
_MACHINERY = (str(Path(__file__).parents[1]), "aws_durable_execution_sdk_python", str(Path("concurrent", "futures")))


def printable(text: str, keep: str = "") -> str:
    """``text`` with a replacement character for each that is not printable, but for those in ``keep``.

    Not printable are controls, marks that turn the direction of writing, line ends of every kind, and halves of a
    character: https://docs.python.org/3/library/stdtypes.html#str.isprintable
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in keep else "\N{REPLACEMENT CHARACTER}" for each in text)


def words(value: object) -> str:
    """The text of an exception or a value. One of the operator's own may have none that can be made."""
    try:
        return str(value)
    except Exception:  # noqa: BLE001  # whatever __str__ raises
        return "(its text cannot be made)"


def stack(error: BaseException) -> list[str]:
    """Where an error was raised, and what it came of: frames and errors, each a line that begins with MARGIN.

    The frames are those of the operator's code and its libraries; of an error of our own code, which has none, all.
    """
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
    """``text`` as one line of a log, with its end."""
    short = text if len(text) <= MAX_LINE else f"{text[:MAX_LINE]}..."
    return f"{printable(short)}\n"
