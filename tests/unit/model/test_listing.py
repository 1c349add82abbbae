"""Which filters an index answers, and that any filters can be searched for together."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from verihook.model.instance import Instance
from verihook.model.listing import Query, Search

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
def test_what_no_index_answers_is_no_query(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=f"^no index answers {' and '.join(names)} together: see Search$"):
        Query(**{name: GIVEN[name] for name in names})


def test_an_empty_text_is_a_filter_too() -> None:
    assert "source" == Query(source="").index


ROW = Instance("a", "w", "", 5, 5, status="failed", source="orders", tags=("vip", "new"), metadata={"customer": "42"})

FILTERS: dict[str, Any] = {
    "workflow": ("w", "x"),
    "status": ("failed", "running"),
    "source": ("orders", "other"),
    "labels": ((("tag", "new"), ("metadata.customer", "42")), (("tag", "new"), ("metadata.customer", "43"))),
    "since": (5, 6),
    "until": (6, 5),
}

ANY = [names for size in range(7) for names in combinations(FILTERS, size)]


@pytest.mark.parametrize("names", ANY, ids="-".join)
def test_a_search_takes_any_filters_together_and_each_of_them_counts(names: tuple[str, ...]) -> None:
    right = {name: FILTERS[name][0] for name in names}
    assert Search(**right).matches(ROW)
    for name in names:
        assert not Search(**right | {name: FILTERS[name][1]}).matches(ROW)


@pytest.mark.parametrize("names", ANY, ids="-".join)
def test_the_query_of_a_search_leaves_out_nothing_that_matches(names: tuple[str, ...]) -> None:
    wanted = Search(**{name: FILTERS[name][0] for name in names})
    query = wanted.query
    given = (query.workflow, query.status, query.source)
    assert all(one in (None, two) for one, two in zip(given, ("w", "failed", "orders"), strict=True))
    assert query.label in (None, *ROW.labels)
    assert (query.since, query.until) == (wanted.since, wanted.until)
    assert bool(names) == wanted.bounded


@pytest.mark.parametrize(
    ("wanted", "index", "exact"),
    [
        (Search(), "created", True),
        (Search(labels=(("tag", "vip"),)), "label", True),
        (Search(labels=(("tag", "vip"), ("metadata.a", "b"))), "label", False),
        (Search(workflow="w", status="failed"), "workflow-status", True),
        (Search(workflow="w", status="failed", since=1), "workflow-status", True),
        (Search(workflow="w", source="orders"), "source", False),
        (Search(source="orders", status="failed"), "status", False),
        (Search(source="orders", status="completed"), "source", False),
        (Search(labels=(("tag", "vip"),), status="failed"), "label", False),
    ],
)
def test_the_index_of_a_search(wanted: Search, index: str, exact: bool) -> None:
    assert (index, exact) == (wanted.query.index, wanted.exact)
