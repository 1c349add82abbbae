"""The command, and that its page has what it says."""

from __future__ import annotations

import json
import re

import pytest

from tests.flows.deployment import ROOT
from verihook import cli
from verihook.cli import bill
from verihook.cli.cost import markdown

DOCUMENT = (ROOT / "docs" / "costs.md").read_text()


def test_the_tables_of_the_page_are_fresh() -> None:
    found = re.search(r"<!-- tables -->\n(.*)<!-- /tables -->", DOCUMENT, re.DOTALL)
    assert found
    assert markdown(2048, 5) == found[1], "put in its place: .venv/bin/verihook cost --markdown"


def test_the_page_has_the_date_of_its_prices() -> None:
    assert str(bill.prices()["known"]) in DOCUMENT


def test_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cost"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Dollars for a million webhooks of 2,048 bytes, at list prices of us-east-1 as known on\n")
    for engine in bill.ENGINES:
        total = f"{sum(bill.webhooks(engine, 2048).values()):.2f}"
        assert re.search(rf"^{engine} .* {re.escape(total)}$", out, re.MULTILINE)


def test_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cost", "--json", "--size", "512", "--sources", "1"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["bytes"], told["webhooks"], told["known"]) == (512, 1_000_000, str(bill.prices()["known"]))
    assert {*told["engines"]} == {*bill.ENGINES}
    assert {*told["policies"]} == {*bill.counts()["policies"]}
    for each in (*told["engines"].values(), *told["policies"].values(), told["month"], told["alarms"]):
        assert each["total"] == pytest.approx(sum(each.values()) - each["total"], abs=0.001)
    assert told["month"]["metrics"] == pytest.approx(4 * 0.30)


def test_for_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cost", "--markdown"]) == 0
    assert capsys.readouterr().out == markdown(2048, 5)


@pytest.mark.parametrize("arguments", [["--size", "7"], ["--json", "--markdown"], ["--sources", "-1"]])
def test_wrong_use(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["cost", *arguments])
    assert ended.value.code == 2
    assert "verihook cost" in capsys.readouterr().err
