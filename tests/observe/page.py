"""Writes the table of alarms of docs/observe.md from the templates: python -m tests.observe.page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.observe.alarms import GIVEN, NESTED, SERVICE, TEMPLATE, made, thresholds
from tests.observe.rules import RULES
from tests.project.template import ROOT

PAGE = ROOT / "docs" / "observe.md"
BEGIN, END = "<!-- alarms -->\n", "<!-- /alarms -->\n"

#: Template -> what its alarms are of.
_OF = {"stack": TEMPLATE} | {f"each {name.partition('-')[0]}": template for name, template in NESTED.items()}


def table() -> str:
    """The rows of the table, with its head."""
    rows = ["| alarm | of | what it says | thresholds | on one machine |", "|---|---|---|---|---|"]
    return "\n".join([*rows, *(row for of, template in _OF.items() for row in _rows(of, template))]) + "\n"


def _rows(of: str, template: dict[str, Any]) -> Iterator[str]:
    numbers = thresholds(template)
    for name, alarm in _alarms(template).items():
        kind = name.split("_")[1]
        what, _, anchor = alarm["AlarmDescription"].partition(". Runbook: docs/observe.md#")
        moving = [each for each in numbers if alarm != _alarms(template, **{each: "4711"})[name]]
        told = ", ".join(f"`{each}` {numbers[each]['Default']}" for each in moving)
        said, here = f"{what[0].upper()}{what[1:]}.", "yes" if kind in RULES else "no"
        yield f"| [`{kind}`](#{anchor}) | {of} | {said} | {told} | {here} |"


def _alarms(template: dict[str, Any], **given: str) -> dict[str, dict[str, Any]]:
    names = {"Service": SERVICE, "Source": "it", "Workflow": "it"}
    resources = made(template, GIVEN | names | given)
    found = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    return {each["AlarmName"]: each for each in found}


def page(text: str) -> str:
    """The page with its table as it should be."""
    head, _, rest = text.partition(BEGIN)
    return head + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
