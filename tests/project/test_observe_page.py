"""docs/observe.md has every metric."""

from __future__ import annotations

from tests.project.observe_page import PAGE, page


def test_the_table_is_that_of_the_metrics() -> None:
    text = PAGE.read_text("utf-8")
    assert page(text) == text, "python -m tests.project.observe_page"
