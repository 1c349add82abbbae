"""The programs under benchmarks/ run: one short round of each that needs nothing from elsewhere, never timed."""

from __future__ import annotations

import subprocess
import sys

from tests.deployed.emulator import built
from tests.flows.deployment import ROOT


def test_what_a_schema_costs_is_measured() -> None:
    result = subprocess.run(
        [sys.executable, "benchmarks/validate.py", "--rounds", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert "rows, the last one wrong" in result.stdout


def test_what_a_delivery_costs_is_measured() -> None:
    result = subprocess.run(
        [sys.executable, "benchmarks/receive.py", "--rounds", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    for line in ("main.receive / bare json+hmac:", "main.receive / Mangum+FastAPI json+hmac:"):
        assert line in result.stdout
    assert "frameworks imported by the receive entry:   none" in result.stdout


def test_what_the_client_of_aws_costs_is_measured() -> None:
    result = subprocess.run(
        [sys.executable, "benchmarks/clients.py", "--rounds", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert "ours / boto3" in result.stdout


def test_what_the_telemetry_costs_a_cold_start_is_measured() -> None:
    result = subprocess.run(
        [sys.executable, "benchmarks/telemetry.py", "--rounds", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert "ours / powertools:" in result.stdout


def test_what_a_cold_start_takes_is_measured() -> None:
    built("Receiver")
    result = subprocess.run(
        [sys.executable, "benchmarks/cold_start.py", "--rounds", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert "INIT + first request" in result.stdout
    assert "FastAPI + Mangum + boto3, three clients" in result.stdout
