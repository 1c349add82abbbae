"""Writes the table of docs/observe.md from the metrics that there are: python -m tests.project.observe_page."""

from __future__ import annotations

from pathlib import Path

from verihook.model.measures import METRICS, Metric

PAGE = Path(__file__).parents[2] / "docs" / "observe.md"
BEGIN, END = "<!-- metrics -->\n", "<!-- /metrics -->\n"


def table() -> str:
    """The rows of the table, with its head."""
    rows = ["| on one machine | labels | in AWS | what it is |", "|---|---|---|---|"]
    for name, metric in METRICS.items():
        labels = ", ".join(f"`{label}`" for label in (metric.by, metric.label) if label)
        rows.append(f"| `{name}` ({metric.kind}) | {labels} | {_clouds(metric)} | {metric.help} |")
    return "\n".join(rows) + "\n"


def _clouds(metric: Metric) -> str:
    names = ", ".join(dict.fromkeys(f"`{name}`" for name in metric.clouds.values()))
    if metric.split is not None:
        of_all = ", ".join(f"`{metric.clouds[label]}`" for label in metric.split)
        return f"{names}; by source {of_all} alone"
    return names or "(one machine alone)"


def page(text: str) -> str:
    """The page with its table as it should be."""
    head, _, rest = text.partition(BEGIN)
    return head + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
