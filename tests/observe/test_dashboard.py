"""The dashboard: every line of it is a metric that there is; and how many series there are at most."""

from __future__ import annotations

import pytest

from tests.observe.alarms import alarms
from tests.observe.aws_metrics import is_of_aws
from tests.observe.dashboard import body, lines_of, printed
from tests.observe.picture import DIGEST, PICTURE, digest
from tests.observe.series import Key
from verihook.cli.bill import counts

WIDGETS = [each for each in body()["widgets"] if each["type"] == "metric"]
#: Dimensions of a series in AWS -> the key of counts.toml for how many there are.
_BY = {
    ("service",): "most_of_all",
    ("service", "source"): "most_of_a_source",
    ("service", "workflow"): "most_of_a_workflow",
}


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda each: str(each["properties"]["title"]))
def test_what_a_widget_shows_is_there(widget: dict[str, dict[str, str]]) -> None:
    found = [line.series for line in lines_of(widget)]
    assert found
    assert [] == [each for each in found if each not in printed() and not is_of_aws(each)]


def test_the_widgets_fill_their_rows_and_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for each in body()["widgets"]:
        cells = {
            (x, y)
            for x in range(each["x"], each["x"] + each["width"])
            for y in range(each["y"], each["y"] + each["height"])
        }
        assert not cells & taken, each["properties"]
        taken |= cells
    assert len(taken) == 24 * (1 + max(y for _, y in taken))


def test_it_shows_every_alarm_of_the_stack() -> None:
    (widget,) = [each for each in body()["widgets"] if each["type"] == "alarm"]
    assert {each.rpartition(":")[2] for each in widget["properties"]["alarms"]} == alarms().keys()


def test_the_series_are_as_many_as_is_said() -> None:
    found: dict[str, set[Key]] = {name: set() for name in _BY.values()}
    for each in printed():
        found[_BY[tuple(sorted(name for name, _ in each[2]))]].add(each)
    assert {name: len(each) for name, each in found.items()} == {name: counts()["metrics"][name] for name in found}


def test_the_picture_is_of_this_dashboard() -> None:
    text = PICTURE.read_text("utf-8")
    (found,) = DIGEST.findall(text)
    assert digest() == found, "python -m tests.observe.picture"
    for each in WIDGETS:
        assert each["properties"]["title"].replace("&", "&amp;") in text
