"""Draws the dashboard of infra/observability.yaml into docs: python -m tests.observe.picture.

What is shown comes from the lines that the code prints in :mod:`tests.observe.story`; AWS's own metrics are made up.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from tests.observe.dashboard import Line, body, lines_of
from tests.observe.drawing import Box, Curve, Graph, rectangle, text
from tests.observe.series import SeriesOf
from tests.observe.story import told
from tests.project.template import ROOT

PICTURE = ROOT / "docs" / "observe-dashboard.svg"
DIGEST = re.compile(r"<!-- of ([0-9a-f]{64}) -->")

#: A cell of the grid, in pixels, and what is free between two widgets.
_WIDTH, _HEIGHT, _GAP = 60, 38, 6
_PERIOD_MS = 300_000


def digest() -> str:
    """What the picture is of."""
    return hashlib.sha256(json.dumps(body(), sort_keys=True).encode()).hexdigest()


def drawn(series: SeriesOf, began: int, until: int) -> str:
    """The picture of these eight hours."""
    widgets = body()["widgets"]
    height = max(each["y"] + each["height"] for each in widgets) * _HEIGHT + _GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {24 * _WIDTH} {height}" font-family="sans-serif">',
        f"<!-- of {digest()} -->",
        '<rect width="100%" height="100%" fill="#f2f3f3"/>',
    ]
    for each in widgets:
        parts += _widget(each, series, began, until)
    return "\n".join([*parts, "</svg>\n"])


def _widget(widget: dict[str, Any], series: SeriesOf, began: int, until: int) -> Iterator[str]:
    x, y, width, height = (widget[name] for name in ("x", "y", "width", "height"))
    box = Box(x * _WIDTH + _GAP / 2, y * _HEIGHT + _GAP / 2, width * _WIDTH - _GAP, height * _HEIGHT - _GAP)
    properties = widget["properties"]
    if widget["type"] == "text":
        yield text(box.x + 8, box.y + 22, properties["markdown"].removeprefix("## "), size=16, weight="bold")
    elif widget["type"] == "alarm":
        yield from _alarms(properties, box)
    else:
        marks = properties.get("annotations", {}).get("horizontal", ())
        curves = [curve for line in lines_of(widget) for curve in _curves(line, series, began, until)]
        yield from Graph(
            properties["title"],
            curves,
            properties.get("stacked", False),
            [(each["label"], each["value"]) for each in marks],
            ("00:00", "08:00"),
            box,
        ).draw()


def _curves(line: Line, series: SeriesOf, began: int, until: int) -> Iterator[Curve]:
    if not line.by:
        yield _curve(line.label, line, series, (began, until))
        return
    namespace, metric, dimensions = line.series
    for found in sorted(series.keys(), key=lambda each: sorted(each[2])):
        names = dict(found[2])
        fixed = {(name, value) for name, value in dimensions if name != line.by}
        if found[:2] == (namespace, metric) and line.by in names and found[2] - {(line.by, names[line.by])} == fixed:
            yield _curve(names[line.by], Line(found, line.stat, line.period, ""), series, (began, until))


def _curve(label: str, line: Line, series: SeriesOf, span: tuple[int, int]) -> Curve:
    began, until = span
    steps = range(began, until - _PERIOD_MS + 1, _PERIOD_MS)
    return Curve(label, [series.statistic(line.series, line.stat, at, at + _PERIOD_MS) for at in steps], line.right)


def _alarms(properties: dict[str, Any], box: Box) -> Iterator[str]:
    yield rectangle(box)
    yield text(box.x + 12, box.y + 20, properties["title"], size=13, weight="bold")
    width = (box.width - 24) / 8
    for number, arn in enumerate(properties["alarms"]):
        left, top = box.x + 12 + number % 8 * width, box.y + 30 + number // 8 * 34
        yield rectangle(Box(left, top, width - 8, 28), fill="#dff1dc", edge="none")
        yield text(left + 8, top + 18, arn.rpartition(":")[2], colour="#1d5102")


if __name__ == "__main__":
    PICTURE.write_text(drawn(*told()), "utf-8")
