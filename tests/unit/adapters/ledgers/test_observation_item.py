"""How long an hour is kept."""

from __future__ import annotations

import pytest

from tests.contracts.instances import NOW, an_observation
from verihook.adapters.ledgers import observation_item


@pytest.mark.parametrize("into_the_hour", [0, 1, 3_599_999])
def test_an_hour_expires_14_days_after_its_end(into_the_hour: int) -> None:
    start = NOW - NOW % observation_item.HOUR_MS
    assert start // 1000 + 3600 + 14 * 86_400 == observation_item.expires_at(start + into_the_hour)


def test_hours_sort_as_text() -> None:
    named = [observation_item.hour(NOW + number * observation_item.HOUR_MS) for number in range(2000)]
    assert sorted(named) == named
    assert 2000 == len(set(named))


def test_a_row_round_trips_through_its_item() -> None:
    seen = an_observation(source="", reason="")
    item = {name.removeprefix(":"): value for name, value in observation_item.values(seen).items()}
    assert seen == observation_item.from_item({**observation_item.key(seen), **item})
