"""Draws a widget of metrics as SVG, about as CloudWatch does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f")
_INK, _FAINT, _ALARM = "#16191f", "#687078", "#b0233a"


@dataclass(frozen=True)
class Curve:
    """``values``: one for each period; None if there is none."""

    label: str
    values: Sequence[float | None]
    right: bool = False


@dataclass(frozen=True)
class Box:
    """A rectangle, in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Graph:
    """``marks``: the horizontal lines, by their labels; ``times``: what stands below the left and the right end."""

    title: str
    curves: Sequence[Curve]
    stacked: bool = False
    marks: Sequence[tuple[str, float]] = ()
    times: tuple[str, str] = ("", "")
    box: Box = field(default=Box(0, 0, 0, 0))

    def draw(self) -> Iterator[str]:
        """The elements."""
        x, y, width, height = self.box.x, self.box.y, self.box.width, self.box.height
        yield rectangle(self.box)
        yield text(x + 12, y + 20, self.title, size=13, weight="bold")
        right = any(curve.right for curve in self.curves)
        plot = Box(x + 46, y + 34, width - (88 if right else 60), height - 34 - 22 - self._legend_height())
        yield from self._axis(plot, self._top(right=False), at_right=False)
        if right:
            yield from self._axis(plot, self._top(right=True), at_right=True)
        for end, anchor, place in zip(self.times, ("start", "end"), (plot.x, plot.x + plot.width), strict=True):
            yield text(place, plot.y + plot.height + 14, end, anchor=anchor)
        yield from self._drawn(plot)
        yield from self._marked(plot)
        yield from self._legend(plot.y + plot.height + 30)

    def _legend_height(self) -> float:
        return 16 * (1 + max((row for *_, row in self._legend_places()), default=0))

    def _legend_places(self) -> Iterator[tuple[int, float, int]]:
        """Of each curve its number, and its place and row in the legend."""
        at, row = 0.0, 0
        for number, curve in enumerate(self.curves):
            length = 24 + 6.1 * len(curve.label)
            if at and at + length > self.box.width - 24:
                at, row = 0.0, row + 1
            yield number, at, row
            at += length

    def _legend(self, y: float) -> Iterator[str]:
        for number, at, row in self._legend_places():
            left, top = self.box.x + 12 + at, y + 16 * row
            yield f'<rect x="{left:.0f}" y="{top - 8:.0f}" width="9" height="9" fill="{_colour(number)}"/>'
            yield text(left + 13, top, self.curves[number].label)

    def _top(self, *, right: bool) -> float:
        chosen = [curve for curve in self.curves if curve.right == right]
        if self.stacked:
            highest = max(
                (sum(value or 0 for value in each) for each in zip(*(it.values for it in chosen), strict=True)),
                default=0,
            )
        else:
            highest = max((value for curve in chosen for value in curve.values if value is not None), default=0)
        # A mark far above everything would flatten what there is.
        near = [1.1 * value for _, value in self.marks if not right and value <= 4 * max(highest, 1)]
        return nice(max([highest, *near, 1]))

    def _axis(self, plot: Box, top: float, *, at_right: bool) -> Iterator[str]:
        for share in (0, 0.5, 1):
            y = plot.y + plot.height * (1 - share)
            place, anchor = (plot.x + plot.width + 6, "start") if at_right else (plot.x - 6, "end")
            if not at_right:
                yield f'<path d="M{plot.x:.0f} {y:.1f}h{plot.width:.0f}" stroke="#eaeded"/>'
            yield text(place, y + 4, short(top * share), anchor=anchor)

    def _drawn(self, plot: Box) -> Iterator[str]:
        below = [0.0] * max((len(curve.values) for curve in self.curves), default=0)
        for number, curve in enumerate(self.curves):
            top = self._top(right=curve.right)
            if self.stacked:
                upper = [base + (value or 0) for base, value in zip(below, curve.values, strict=True)]
                edge = _points(plot, upper, top) + list(reversed(_points(plot, below, top)))
                colour = _colour(number)
                yield f'<path d="M{"L".join(edge)}Z" fill="{colour}" fill-opacity=".55" stroke="{colour}"/>'
                below = upper
            else:
                yield from _line(plot, curve.values, top, _colour(number))

    def _marked(self, plot: Box) -> Iterator[str]:
        top = self._top(right=False)
        for label, value in self.marks:
            if value <= top:
                y = plot.y + plot.height * (1 - value / top)
                yield f'<path d="M{plot.x:.0f} {y:.1f}h{plot.width:.0f}" stroke="{_ALARM}" stroke-dasharray="4 3"/>'
                yield text(plot.x + plot.width - 4, y - 4, f"{label} {short(value)}", anchor="end", colour=_ALARM)


def _points(plot: Box, values: Sequence[float], top: float) -> list[str]:
    step = plot.width / max(len(values) - 1, 1)
    return [
        f"{plot.x + step * at:.1f} {plot.y + plot.height * (1 - value / top):.1f}" for at, value in enumerate(values)
    ]


def _line(plot: Box, values: Sequence[float | None], top: float, colour: str) -> Iterator[str]:
    """The parts of a line, and a point for what stands alone."""
    step = plot.width / max(len(values) - 1, 1)
    run: list[str] = []
    for at, value in enumerate([*values, None]):
        if value is not None:
            run.append(f"{plot.x + step * at:.1f} {plot.y + plot.height * (1 - value / top):.1f}")
        elif len(run) == 1:
            x, y = run.pop().split()
            yield f'<circle cx="{x}" cy="{y}" r="2.5" fill="{colour}"/>'
        elif run:
            yield f'<path d="M{"L".join(run)}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
            run = []


def rectangle(box: Box, *, fill: str = "#fff", edge: str = "#d5dbdb") -> str:
    """A box with round corners."""
    place = f'x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}" height="{box.height:.0f}"'
    return f'<rect {place} rx="4" fill="{fill}" stroke="{edge}"/>'


def text(
    x: float, y: float, words: str, *, size: int = 11, weight: str = "", anchor: str = "", colour: str = ""
) -> str:
    """A text at this place."""
    more = "".join(f' {name}="{value}"' for name, value in (("font-weight", weight), ("text-anchor", anchor)) if value)
    ink = colour or (_INK if weight else _FAINT)
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="{ink}"{more}>{escape(words, quote=False)}</text>'


def nice(value: float) -> float:
    """The next round number."""
    size = 1.0
    while size * 10 < value:
        size *= 10
    return next(size * factor for factor in (1, 2, 3, 4, 6, 8, 10) if size * factor >= value)


def short(value: float) -> str:
    """A number as an axis has it."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]
