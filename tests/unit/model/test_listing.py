"""Which filters an index answers, and what is said of the others."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from verihook.errors import FilterRefused
from verihook.model.listing import Query

GIVEN: dict[str, Any] = {"label": ("tag", "vip"), "source": "orders", "status": "failed", "workflow": "w"}

INDEXES = {
    (): "created",
    ("label",): "label",
    ("source",): "source",
    ("status",): "status",
    ("workflow",): "workflow",
    ("status", "workflow"): "workflow-status",
}

TOGETHER = [names for size in range(5) for names in combinations(sorted(GIVEN), size)]


@pytest.mark.parametrize("names", [names for names in TOGETHER if names in INDEXES])
@pytest.mark.parametrize("times", [{}, {"since": 1}, {"until": 2}, {"since": 1, "until": 2}])
def test_an_index_answers_at_any_time(names: tuple[str, ...], times: dict[str, Any]) -> None:
    assert INDEXES[names] == Query(**{name: GIVEN[name] for name in names}, **times).index


@pytest.mark.parametrize("names", [names for names in TOGETHER if names not in INDEXES])
def test_what_no_index_answers_is_refused_and_named(names: tuple[str, ...]) -> None:
    with pytest.raises(FilterRefused, match=" and ".join(names)):
        Query(**{name: GIVEN[name] for name in names})


def test_an_empty_text_is_a_filter_too() -> None:
    assert "source" == Query(source="").index
