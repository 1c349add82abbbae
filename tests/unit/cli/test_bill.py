"""The arithmetic of a bill, against figures that were reckoned by hand."""

from __future__ import annotations

from datetime import date

import pytest

from verihook.cli import bill

PRICES, COUNTS = bill.prices(), bill.counts()


def test_prices_have_a_date_and_a_page_of_aws_each() -> None:
    assert isinstance(PRICES["known"], date)
    text = (bill.FOLDER / "prices.toml").read_text()
    for table in PRICES:
        if table not in ("region", "known", "assumed"):
            (line,) = [line for line in text.splitlines() if line.startswith(f"[{table}]")]
            assert "# https://aws.amazon.com/" in line


def test_a_million_webhooks_of_a_function_by_hand() -> None:
    """13 write units, one read, an invocation each of receiver and worker (512 MB, 20 ms), no engine."""
    found = bill.webhooks("function", 2048)
    assert COUNTS["engines"]["function"]["writes"]["2048"] == 13
    assert found["writes"] == pytest.approx(13 * 0.625)
    assert found["reads"] == pytest.approx(0.125)
    assert found["engine"] == 0
    assert found["lambda"] == pytest.approx(2 * (0.20 + 0.020 * 0.5 * 16.6667), rel=1e-4)
    bytes_logged = COUNTS["receiver_log_bytes"] + 2 * 350
    assert found["logs"] == pytest.approx(bytes_logged / 1000 * (0.50 + 0.03))
    row = COUNTS["engines"]["function"]["row_bytes"]["2048"]
    assert found["kept"] == pytest.approx(row / 1000 * (0.25 + 0.20) * 3)


def test_what_an_engine_charges() -> None:
    assert bill.webhooks("stepfunctions", 512)["engine"] == pytest.approx(2 * 25)
    assert bill.webhooks("durable", 512)["engine"] == pytest.approx(5 * 8)


@pytest.mark.parametrize("engine", bill.ENGINES)
def test_a_larger_body_is_dearer(engine: str) -> None:
    totals = [sum(bill.webhooks(engine, size).values()) for size in bill.SIZES]
    assert totals == sorted(totals)
    assert len({*totals}) == len(totals)


def test_policies() -> None:
    found = bill.policies()
    assert found["ignored"] == found["forged"]
    assert found["redelivered"]["writes"] == pytest.approx(2 * 0.625)
    assert found["large"]["kept"] == pytest.approx(5 + 20480 / 1000 * 0.023 * 3)
    # 512 MB for 10 ms, and Lambda's own lines.
    assert found["entered"]["lambda"] == pytest.approx(0.20 + 0.010 * 0.5 * 16.6667, rel=1e-4)
    assert found["entered"]["logs"] == pytest.approx(0.350 * (0.50 + 0.03))
    assert found["limited"] == dict.fromkeys(found["limited"], 0.0) | {"writes": pytest.approx(0.625)}


def test_a_month() -> None:
    found = bill.month(5)
    assert found["secrets"] == pytest.approx(2 * 0.40)
    assert found["metrics"] == pytest.approx((2 + 2 * 5) * 0.30)
    assert bill.month(0)["metrics"] == pytest.approx(2 * 0.30)
    queries = 43_200 * 9 * 0.125e-6
    looks = 43_200 * (0.20e-6 + 0.150 * 0.25 * 0.0000166667 + 350e-9 * 0.53)
    assert found["reconciler"] == pytest.approx(queries + looks)


def test_a_month_with_alarms() -> None:
    none, two = bill.alarms(0), bill.alarms(2)
    # Ten cents for each metric that an alarm looks at.
    counted = bill.counts()["alarms"]
    assert none == {"alarms": pytest.approx(counted["of_all"] * 0.10), "dashboard": 3.00, "key": 1.00}
    assert two["alarms"] - none["alarms"] == pytest.approx(2 * counted["of_a_source"] * 0.10)
