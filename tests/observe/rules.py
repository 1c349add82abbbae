"""infra/prometheus-rules.yaml evaluated by promtool over what was scraped.

https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.project.template import ROOT

(_GROUP,) = yaml.load((ROOT / "infra" / "prometheus-rules.yaml").read_text("utf-8"), yaml.CSafeLoader)["groups"]
RULES: dict[str, dict[str, Any]] = {rule["alert"]: rule for rule in _GROUP["rules"]}
NAMED = re.compile(r"verihook_\w+")


def promtool() -> str:
    """The path of promtool: of the machine, or what .ci/run takes out of Debian's package."""
    found = shutil.which("promtool", path=f"{os.environ['PATH']}{os.pathsep}{ROOT / '.tools'}")
    if found is None:
        absent = "there is no promtool, which Debian's package prometheus has: the rules are not evaluated"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(absent)
    return found


@dataclass(frozen=True)
class Scraped:
    """What was scraped, a text each minute, from ``began`` on, in milliseconds: promtool's clock begins at 0."""

    name: str
    began: int
    scrapes: Sequence[str]

    def test(self, alert: str, labels: dict[str, str] | None) -> dict[str, Any]:
        """A test for promtool: that the alert fires at the end, with these labels; None: that it does not."""
        shown = {"__name__": "ALERTS", "alertname": alert, "alertstate": "firing", **(labels or {})}
        text = ",".join(f"{key}={json.dumps(value)}" for key, value in shown.items() if key != "__name__")
        samples = [] if labels is None else [{"labels": f"ALERTS{{{text}}}", "value": 1}]
        question = f'ALERTS{{alertname="{alert}",alertstate="firing"}}'
        named = NAMED.findall(RULES[alert]["expr"])
        at = f"{len(self.scrapes) - 1}m"
        return {
            "name": self.name,
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in self._series(named)],
            "promql_expr_test": [{"expr": question, "eval_time": at, "exp_samples": samples}],
        }

    def _series(self, named: Sequence[str]) -> Iterator[tuple[str, str]]:
        samples = [dict(_samples(text, self.began / 1000)) for text in self.scrapes]
        for name in sorted({name for each in samples for name in each if name.partition("{")[0] in named}):
            runs = [(value, len(list(found))) for value, found in groupby(each.get(name) for each in samples)]
            yield name, " ".join(f"_x{times}" if value is None else f"{value}x{times - 1}" for value, times in runs)


def _samples(text: str, began: float) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            yield name, f"{float(value) - began:.10g}" if "_timestamp" in name else value


def evaluated(tests: Sequence[tuple[str, dict[str, Any]]], folder: Path) -> str:
    """What promtool says of them, each with its alert; "" if all are as expected.

    A test has its own rule alone: promtool evaluates all that it is given, at every step.
    """
    tool, files = promtool(), []
    for number, (alert, test) in enumerate(tests):
        rules = folder / f"{alert}.rules.json"
        rules.write_text(json.dumps({"groups": [{"name": alert, "rules": [RULES[alert]]}]}))
        long = int(test["promql_expr_test"][0]["eval_time"][:-1]) > 600
        document = {"rule_files": [str(rules)], "evaluation_interval": "10m" if long else "1m", "tests": [test]}
        files.append(folder / f"{number}.json")
        # JSON is YAML.
        files[-1].write_text(json.dumps(document))
    done = subprocess.run([tool, "test", "rules", *map(str, files)], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr
