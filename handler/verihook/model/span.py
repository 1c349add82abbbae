"""Spans of time as people write them: ``90s``, ``15m``, ``2h``, ``7d``."""

from __future__ import annotations

import re

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

_FORM = re.compile(r"([0-9]{1,9})([smhd])", re.ASCII)

#: No span is longer, in seconds: 36500 days, about a century. Its end is a date that every library can hold.
LONGEST_S = 36_500 * 86_400


def span_s(text: str, *, default_unit: str = "") -> int | None:
    """Return the span in seconds, or None if the text is no span. It may be longer than :data:`LONGEST_S`.

    ``default_unit``: the unit of a number without one, such as ``s``; if it is "", a number alone is no span.
    """
    found = _FORM.fullmatch(text + default_unit if text.isdigit() else text)
    return int(found[1]) * _SECONDS[found[2]] if found else None
