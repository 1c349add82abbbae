"""The bill of AWS in dollars: what the tests have counted (counts.toml) times list prices (prices.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

ENGINES = ("stepfunctions", "durable", "function")

#: The sizes of a body that were counted, in bytes.
SIZES = (512, 2048, 20_480)

#: How many webhooks a bill is for.
MILLION = 1_000_000

_GB = 1e9
_GIB_MB = 1024

#: Minutes in a month of 30 days; the reconciler runs once in each.
_MINUTES = 43_200
_DAYS = 30

#: Dollars by part of the bill: lambda, writes, reads, engine, logs, kept (the stored row).
Bill = dict[str, float]
Table = Mapping[str, Any]


def prices() -> Table:
    """Return the list prices, with their region and date."""
    return _read("prices.toml")


def counts() -> Table:
    """Return what the tests have counted."""
    return _read("counts.toml")


def webhooks(engine: str, size: int) -> Bill:
    """Return the bill of a million webhooks of ``size`` bytes, with their instances of ``engine`` run to the end."""
    price, counted = prices(), counts()
    life = counted["engines"][engine]
    invocations = {"receiver": 1, **life["invocations"]}
    logs = counted["receiver_log_bytes"] + price["assumed"]["platform_log_bytes"] * sum(invocations.values())
    return _dollars(
        {
            "lambda": _lambda(invocations, price, counted),
            "writes": life["writes"][str(size)] * price["dynamodb"]["write_unit"],
            "reads": life["reads"][str(size)] * price["dynamodb"]["read_unit"],
            "engine": life.get("transitions", 0) * price["states"]["transition"]
            + life.get("operations", 0) * price["lambda"]["durable_operation"],
            "logs": _logs(logs, price),
            "kept": _kept(life["row_bytes"][str(size)], price),
        }
    )


def policies() -> dict[str, Bill]:
    """Return, by policy, the bill of a million deliveries it applies to, or what it adds to a million webhooks."""
    price, counted = prices(), counts()
    bills = {}
    for name, policy in counted["policies"].items():
        invocations = policy.get("invocations", {})
        receiver = counted["receiver_log_bytes"] * ("receiver" in invocations)
        logs = receiver + price["assumed"]["platform_log_bytes"] * sum(invocations.values())
        bills[name] = _dollars(
            {
                "lambda": _lambda(invocations, price, counted),
                "writes": policy.get("writes", 0) * price["dynamodb"]["write_unit"],
                "reads": policy.get("reads", 0) * price["dynamodb"]["read_unit"],
                "engine": policy.get("transitions", 0) * price["states"]["transition"],
                "logs": _logs(logs, price),
                "kept": policy.get("puts", 0) * price["s3"]["put"]
                + policy.get("bytes", 0) / _GB * price["s3"]["gb_month"] * _months(price),
            }
        )
    return bills


def month(sources: int) -> Bill:
    """Return the bill of a month without any webhook, and of the metrics of ``sources`` sources in use."""
    price, counted = prices(), counts()
    idle = counted["idle"]
    one_run = {"reconciler": 1}
    return {
        "reconciler": _MINUTES
        * (
            _lambda(one_run, price, counted)
            + idle["reads"] * price["dynamodb"]["read_unit"]
            + _logs(price["assumed"]["platform_log_bytes"], price)
        ),
        "secrets": idle["secrets"] * price["secrets"]["secret_month"],
        "metrics": _of(counted["metrics"], sources) * price["cloudwatch"]["metric_month"],
    }


def alarms(sources: int) -> Bill:
    """Return the bill of a month with alarms, of ``sources`` sources too: with a dashboard, and the topic's key."""
    price = prices()
    return {
        "alarms": _of(counts()["alarms"], sources) * price["cloudwatch"]["alarm_month"],
        "dashboard": price["cloudwatch"]["dashboard_month"],
        "key": price["kms"]["key_month"],
    }


def _of(counted: Table, sources: int) -> int:
    """Return how many there are, of all together and of so many sources."""
    total: int = counted["of_all"] + counted["of_a_source"] * sources
    return total


def _dollars(each: Mapping[str, float]) -> Bill:
    return {part: dollars * MILLION for part, dollars in each.items()}


def _lambda(invocations: Mapping[str, int], price: Table, counted: Table) -> float:
    """Return the dollars for this many invocations of each function: requests and gigabyte-seconds."""
    total = 0.0
    for function, times in invocations.items():
        gb_seconds = price["assumed"][f"{function}_ms"] / 1000 * counted["memory_mb"][function] / _GIB_MB
        total += times * (price["lambda"]["invocation"] + gb_seconds * price["lambda"]["gb_second"])
    return total


def _logs(size: float, price: Table) -> float:
    """Return the dollars for logs of ``size`` bytes, written and kept for LogRetentionDays."""
    cloudwatch = price["cloudwatch"]
    each: float = cloudwatch["log_gb"] + cloudwatch["log_gb_month"] * price["assumed"]["log_days"] / _DAYS
    return size / _GB * each


def _kept(size: float, price: Table) -> float:
    """Return the dollars for a row of ``size`` bytes with its index entries and its backup, until it expires."""
    month: float = price["dynamodb"]["gb_month"] + price["dynamodb"]["gb_month_backup"]
    return size / _GB * month * _months(price)


def _months(price: Table) -> float:
    return float(price["assumed"]["kept_days"]) / _DAYS


def _read(name: str) -> Table:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))
