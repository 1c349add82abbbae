"""The id of a delivery that is made of the ids of its events."""

from __future__ import annotations

import hashlib
import json

from verihook.request import Request
from verihook.senders.each import Each
from verihook.senders.event import Place

#: The events of a delivery are the same ones if so many of them are.
MOST = 10_001


class EachIds(Place):
    """The ids of all events of a delivery, in their order: the same events are one delivery, whatever else it says.

    So a sender that changes its body when it tries again, such as to say so, starts nothing twice. One id stands for
    itself, several are a digest. A delivery without events, or of an event without an id, has none.
    """

    # No dataclass: the build writes the methods of one from its own file, and knows no fields of a base.
    __slots__ = ("events",)
    events: Each

    def __init__(self, events: Each) -> None:
        super().__init__(optional=True)
        object.__setattr__(self, "events", events)

    def __str__(self) -> str:
        return f"of its events: {self.events.id}"

    def read(self, request: Request, content: object) -> object:
        """See :class:`Place`."""
        place = self.events.id
        found = [place.read(request, event) for event in self.events.events(content, MOST) or ()] if place else []
        if not found or not all(isinstance(each, str | int) and not isinstance(each, bool) for each in found):
            return None
        return found[0] if len(found) == 1 else hashlib.sha256(json.dumps(found).encode()).hexdigest()
