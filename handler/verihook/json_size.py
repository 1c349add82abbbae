"""How many values a JSON text has, before any of them is made.

A body of 6 MB can have three million empty objects: as Python's they take ten times the memory of the text.
"""

from __future__ import annotations

import re

from verihook.errors import BodyTooLarge

#: More values, an array or object counting as one, are not taken. Made whole they stay below 150 MB.
MAX_VALUES = 500_000

# A text, or the beginning of one, which is passed over (possessive: it costs no memory, and no second look), or what is
# followed by one more value: a comma, and the beginning of an array or object that is not empty.
_NEXT = re.compile(r'"(?:[^"\\]++|\\.?)*+"?|(,|[\[{](?!\s*[\]}]))', re.DOTALL)


def check_size(text: str, what: str) -> None:
    """Raises BodyTooLarge, which begins with ``what``, if ``text`` has more values than :data:`MAX_VALUES`."""
    # Enough for nearly every body: a value has a character at least, and with what stands inside of texts there are
    # never fewer.
    if len(text) < MAX_VALUES or text.count(",") + text.count("[") + text.count("{") < MAX_VALUES:
        return
    values = 1
    for found in _NEXT.finditer(text):
        values += found.lastindex is not None
        if values > MAX_VALUES:
            raise BodyTooLarge(f"{what} has more than {MAX_VALUES:,} values; deliver less, or in several.")
