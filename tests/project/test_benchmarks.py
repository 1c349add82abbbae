"""The programs under benchmarks/ run: one short round of each that needs nothing from elsewhere, never timed."""

from __future__ import annotations

import subprocess
import sys

from tests.deployed.emulator import built
from tests.flows.deployment import ROOT


def one_round(program: str, *options: str) -> str:
    """What a program prints after one round."""
    result = subprocess.run(
        [sys.executable, f"benchmarks/{program}.py", "--rounds", "1", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return result.stdout


def test_what_a_schema_costs_is_measured() -> None:
    printed = one_round("validate")
    assert "rows, the last one wrong" in printed


def test_what_a_delivery_costs_is_measured() -> None:
    printed = one_round("receive")
    for line in ("main.receive / bare json+hmac:", "main.receive / Mangum+FastAPI json+hmac:"):
        assert line in printed
    assert "frameworks imported by the receive entry:   none" in printed


def test_what_a_page_of_deliveries_costs_is_measured() -> None:
    printed = one_round("deliveries", "--rows", "3000", "--base", "2000")
    assert "ratio" in printed
    assert "lookup of an event" in printed


def test_a_storm_after_an_outage_is_simulated() -> None:
    before, after = one_round("storm").splitlines()[1:]
    # Minutes until nothing is queued; without a rate, most are put off again and again.
    assert float(after.split()[-1]) < float(before.split()[-1]) / 2
    assert after.split()[-3] == "0" or int(after.split()[-3]) < int(before.split()[-3])


def test_what_the_client_of_aws_costs_is_measured() -> None:
    printed = one_round("clients")
    assert "ours / boto3" in printed


def test_what_the_telemetry_costs_a_cold_start_is_measured() -> None:
    printed = one_round("telemetry")
    assert "ours / powertools:" in printed


def test_what_a_cold_start_takes_is_measured() -> None:
    built("Receiver")
    printed = one_round("cold_start")
    assert "FastAPI + Mangum + boto3, 3 clients" in printed
    # A machine without the controller says why.
    assert "receiver / made late, first, throttled" in printed or "Nothing is throttled: " in printed
    for line in ("receiver / bare boto3", "api / FastAPI + Mangum + boto3", "MB zipped"):
        assert line in printed.partition("unzipped")[2]
