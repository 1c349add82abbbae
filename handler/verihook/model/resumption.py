"""An event that goes to instances that wait for it: how a source says so, and what the row of such a delivery keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from verihook.model.delivery import EventFacts
    from verihook.model.expression import Expression

#: What becomes of an event that no instance is there for.
Otherwise = Literal["start", "hold", "ignore"]
OTHERWISE: tuple[str, ...] = get_args(Otherwise)

#: The same of an event for one address: it is over.
OVER: Literal["over"] = "over"

#: The ``error`` of a row whose event is held until an instance is there for it, and of one that none came for.
NO_INSTANCE = "NoInstance"

#: How long an event is held if the source does not say, and at most, in hours.
DEFAULT_HOLD_HOURS, MOST_HOLD_HOURS = 24, 720

#: How the step of a durable function is named whose result is the token of an address: no list of steps shows it.
ADDRESS_STEP = "Make an address of "

#: The longest value of a label, in characters: as the API takes it.
MAX_LABEL = 256


@dataclass(frozen=True, slots=True)
class Resume:
    """``[sources.NAME.resume]``. ``match``: the name of a label -> what its value is in the event; all have to match.

    ``event``: the name under which it is raised; None for the event's type. ``hold_ms``: how long ``hold`` holds one.
    """

    workflow: str
    match: Mapping[str, Expression]
    event: str | None = None
    otherwise: Otherwise = "start"
    hold_ms: int = DEFAULT_HOLD_HOURS * 3_600_000


@dataclass(frozen=True, slots=True)
class Resumption:
    """What a row keeps whose delivery resumes instances of ``workflow``: the name of the event, and the labels.

    ``targets``: the ids of the instances that get it, chosen for this ``attempt`` of the row and written before any of
    them gets it; () if none was there. ``attempt`` 0: nothing was chosen yet. ``otherwise`` and ``hold_ms``: as in
    :class:`Resume`.
    """

    workflow: str
    event: str
    labels: tuple[tuple[str, str], ...]
    otherwise: Otherwise | Literal["over"]
    hold_ms: int
    targets: tuple[str, ...] = ()
    attempt: int = 0

    @property
    def wanted(self) -> str:
        """Return in words which instances it is for."""
        named = " and ".join(f"{name} = {value}" for name, value in self.labels)
        return f"{self.workflow} with {named}"


def labels_of(
    expressions: Mapping[str, Expression], content: object, facts: EventFacts
) -> tuple[tuple[str, str], ...] | None:
    """Return the labels that an event gives: the names, and the values as texts. None if it has no value for one.

    A value is a text or a number; of another kind, empty, unprintable or longer than a label may be, it is none. Raises
    InputInvalid if an expression cannot be applied to ``content``.
    """
    found = []
    for name, expression in expressions.items():
        text = _label_value(expression.result(content, facts))
        if text is None:
            return None
        found.append((name, text))
    return tuple(found)


def metadata_of(expressions: Mapping[str, Expression], content: object, facts: EventFacts) -> dict[str, str]:
    """Return those of the labels for which the event has a value. Raises InputInvalid as :func:`labels_of` does."""
    values = ((name, _label_value(each.result(content, facts))) for name, each in expressions.items())
    return {name: value for name, value in values if value is not None}


def _label_value(value: object) -> str | None:
    text = value if isinstance(value, str) else str(value) if type(value) in (int, float) else ""
    return text if 0 < len(text) <= MAX_LABEL and text.isprintable() else None
