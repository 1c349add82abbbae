"""Parts of an execution environment: made once, told once, tried again if that can help."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from verihook.errors import ConfigurationError, NotConfigured, SecretsUnavailable
from verihook.parts import AGAIN_MS, Part, make_all, public_error


@dataclass
class Clock:
    now: int = 1_000_000

    def now_ms(self) -> int:
        return self.now


@dataclass
class Workshop:
    """Makes a part, or raises what it has been given to raise."""

    trouble: Exception | None = None
    made: int = 0
    tried: int = 0
    told: list[str] = field(default_factory=list)

    def make(self) -> object:
        self.tried += 1
        if self.trouble:
            raise self.trouble
        self.made += 1
        return object()

    def tell(self, error: BaseException) -> None:
        self.told.append(str(error))


def part(workshop: Workshop, clock: Clock) -> Part[object]:
    return Part(workshop.make, workshop.tell, clock)


def test_a_part_is_made_once() -> None:
    workshop = Workshop()
    made = part(workshop, Clock())
    assert made() is made()
    former = made()
    made.cache_clear()
    assert former is not made()
    assert (2, []) == (workshop.made, workshop.told)


def test_a_configuration_error_stays_and_is_told_once() -> None:
    workshop, clock = Workshop(ConfigurationError("hooks.toml", "sources", "is wrong")), Clock()
    made = part(workshop, clock)
    for _ in range(5):
        clock.now += 10 * AGAIN_MS
        with pytest.raises(ConfigurationError) as raised:
            made()
        assert len(raised.traceback) < 6  # not those of the former calls too
    assert (1, ["hooks.toml: sources: is wrong"]) == (workshop.tried, workshop.told)


def test_what_may_pass_is_tried_again_but_not_by_every_request() -> None:
    workshop, clock = Workshop(SecretsUnavailable("asleep")), Clock()
    made = part(workshop, clock)
    for step in (0, 1, AGAIN_MS - 2):
        clock.now += step
        with pytest.raises(SecretsUnavailable):
            made()
    assert 1 == workshop.tried
    clock.now += 1
    with pytest.raises(SecretsUnavailable):
        made()
    assert (2, ["asleep"]) == (workshop.tried, workshop.told)
    workshop.trouble = None
    clock.now += AGAIN_MS
    assert made() is made()
    # What comes back later is news.
    made.cache_clear()
    workshop.trouble = SecretsUnavailable("asleep")
    make_all(made)
    assert ["asleep", "asleep"] == workshop.told


def test_making_all_raises_nothing() -> None:
    whole, broken, dependent = Workshop(), Workshop(ZeroDivisionError()), Workshop()
    make_all(*(part(each, Clock()) for each in (whole, broken, dependent)))
    assert (1, 1, 0) == (whole.made, broken.tried, dependent.tried)


def test_what_the_public_is_told() -> None:
    unavailable = SecretsUnavailable("asleep")
    assert unavailable is public_error(unavailable)
    for error in (ConfigurationError("hooks.toml", "sources.a", "secret words"), ZeroDivisionError("secret words")):
        told = public_error(error)
        assert isinstance(told, NotConfigured)
        assert (503, True) == (told.status, "secret words" not in str(told))
