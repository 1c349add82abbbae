"""infra/prometheus-rules.yaml: each rule is of metrics that there are, with their labels, and has its runbook."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.flows.deployment import ROOT
from verihook.model.measures import METRICS

(GROUP,) = yaml.load((ROOT / "infra" / "prometheus-rules.yaml").read_text("utf-8"), yaml.CSafeLoader)["groups"]
RULES: dict[str, dict[str, Any]] = {rule["alert"]: rule for rule in GROUP["rules"]}
PAGE = (ROOT / "docs" / "observe.md").read_text("utf-8")
NAME = re.compile(r"verihook_\w+")
SELECTED = re.compile(r'(verihook_\w+)\{(\w+)=~?"([^"]+)"\}')


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_of_what_is_measured(name: str) -> None:
    text = RULES[name]["expr"]
    named = {each.removesuffix("_bucket") for each in NAME.findall(text)}
    assert named
    assert named <= METRICS.keys()
    for metric, label, values in SELECTED.findall(text):
        assert label == METRICS[metric].label
        assert set(values.split("|")) <= METRICS[metric].clouds.keys()
    for by in re.findall(r"by \((\w+)\)", text):
        assert by == "le" or {by} == {METRICS[each].by for each in named}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_its_runbook(name: str) -> None:
    assert f"docs/observe.md#{name}" == RULES[name]["annotations"]["runbook"]
    _, _, after = PAGE.partition(f"\n### {name}\n")
    runbook = after.partition("\n### ")[0]
    assert "\n1. " in runbook
    assert "\n2. " in runbook
