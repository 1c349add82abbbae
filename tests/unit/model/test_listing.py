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
    given = " and ".join("tag" if name == "label" else name for name in names)
    with pytest.raises(FilterRefused, match=f"^No index answers {given} together:"):
        Query(**{name: GIVEN[name] for name in names})


def test_a_label_of_the_metadata_is_named_without_the_callers_key() -> None:
    with pytest.raises(FilterRefused, match=r"^No index answers metadata\.KEY and source together:"):
        Query(source="orders", label=("metadata.customer", "42"))


def test_an_empty_text_is_a_filter_too() -> None:
    assert "source" == Query(source="").index
