"""What a round of reconcile has done."""

from __future__ import annotations

from dataclasses import dataclass, field

from verihook.records import asdict


@dataclass(slots=True)
class Report:
    """Counts of a round, in instances. ``postponed``: engine or payloads failed; ``called_back``: posts accepted.

    ``throttled``: left as they are, due, as the engine takes fewer starts.
    Of the callbacks that were tried: ``taken`` (or there is none any more), ``not_taken`` yet, ``given_up``.
    ``delays_ms``: the delay of each start.
    """

    looked: int = 0
    started: int = 0
    finished: int = 0
    postponed: int = 0
    called_back: int = 0
    throttled: int = 0
    taken: int = field(default=0, compare=False)
    not_taken: int = field(default=0, compare=False)
    given_up: int = field(default=0, compare=False)
    delays_ms: list[int] = field(default_factory=list, compare=False)

    def add(self, other: Report) -> None:
        """Add the counts of another report to this one."""
        for name, count in asdict(other).items():
            setattr(self, name, getattr(self, name) + count)

    def public(self) -> dict[str, int]:
        """Return the counts of instances, for the answer of an invocation."""
        return {
            each: getattr(self, each)
            for each in ("looked", "started", "finished", "postponed", "called_back", "throttled")
        }
