"""docs/engines.md lists every difference from AWS that the evaluator's list has."""

from __future__ import annotations

import tomllib

import pytest

from tests.project.engines_page import LIST, PAGE, differences, written

#: How many there were when this was written: a smaller number takes its place, never a larger one.
MOST_DISAGREEMENTS = 1

DOCUMENT = PAGE.read_text(encoding="utf-8")


def test_the_list_is_fresh() -> None:
    assert written(DOCUMENT) == DOCUMENT, "make engines-page writes it"


def test_the_list_of_disagreements_only_shrinks_and_each_has_its_reason() -> None:
    listed = tomllib.loads(LIST.read_text(encoding="utf-8"))["disagreement"]
    assert len(listed) <= MOST_DISAGREEMENTS
    assert all(each["reason"].strip() for each in listed)


def test_a_mark_that_is_lost_is_named() -> None:
    with pytest.raises(ValueError, match="has 0 parts between <!-- differences -->"):
        written(DOCUMENT.replace("<!-- differences -->", ""))


def test_what_a_recorded_case_answers_otherwise_is_among_them() -> None:
    assert "`asl-validator." in differences()
