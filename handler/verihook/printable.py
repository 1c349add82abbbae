"""What others wrote, on a terminal or in a log of lines: it moves no cursor, colours nothing and begins no line."""

from __future__ import annotations

#: Longer texts are cut in a log of lines: an exception's may quote a whole body.
MAX_LINE = 2000


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


def line(text: str) -> str:
    """``text`` as one line of a log, with its end."""
    short = text if len(text) <= MAX_LINE else f"{text[:MAX_LINE]}..."
    return f"{printable(short)}\n"
