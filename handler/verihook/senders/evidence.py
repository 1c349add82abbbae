"""What the description of a sender rests on: the ``evidence`` of its file."""

from __future__ import annotations

from verihook.senders import sender_table

#: The grades, from the weakest on.
GRADES = ("unchecked", "documented", "official-vector", "official-library")

#: What is said of a sender of the weakest grade.
WARNING = "was never compared with the sender's own text: try it before you rely on it"


def is_unchecked(sender_id: str) -> bool:
    """Whether the description was never compared with the sender's own text. False for one written in a source."""
    try:
        return sender_table(sender_id).get("evidence") == GRADES[0]
    except KeyError:
        return False
