"""What AWS asks for: what was counted (counts.toml) at list prices (prices.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

ENGINES = ("stepfunctions", "durable", "function")

#: In bytes of a body: what was counted.
SIZES = (512, 2048, 20_480)

#: So many webhooks a bill is of.
MILLION = 1_000_000

_GB = 1e9
_GIB_MB = 1024

#: Minutes of a month of 30 days: the reconciler runs in each.
_MINUTES = 43_200
_DAYS = 30

#: Part of a bill -> dollars.
Bill = dict[str, float]
Table = Mapping[str, Any]


def prices() -> Table:
    """List prices and their date."""
    return _read("prices.toml")


def counts() -> Table:
    """What the tests have counted."""
    return _read("counts.toml")


def webhooks(engine: str, size: int) -> Bill:
    """A million webhooks of ``size`` bytes that start instances of ``engine``, each to its end."""
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
    """What a million deliveries more come to that a source treats so, or what its policy adds to a million webhooks."""
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
    """A month in which nothing comes; and the metrics of ``sources`` sources that something comes to."""
    price, counted = prices(), counts()
    idle = counted["idle"]
    looks = {"reconciler": 1}
    return {
        "reconciler": _MINUTES
        * (
            _lambda(looks, price, counted)
            + idle["reads"] * price["dynamodb"]["read_unit"]
            + _logs(price["assumed"]["platform_log_bytes"], price)
        ),
        "secrets": idle["secrets"] * price["secrets"]["secret_month"],
        "metrics": (counted["metrics"]["of_all"] + counted["metrics"]["of_a_source"] * sources)
        * price["cloudwatch"]["metric_month"],
    }


def _dollars(each: Mapping[str, float]) -> Bill:
    return {part: dollars * MILLION for part, dollars in each.items()}


def _lambda(invocations: Mapping[str, int], price: Table, counted: Table) -> float:
    """Requests and gigabyte-seconds of so many invocations of each function."""
    total = 0.0
    for function, times in invocations.items():
        gb_seconds = price["assumed"][f"{function}_ms"] / 1000 * counted["memory_mb"][function] / _GIB_MB
        total += times * (price["lambda"]["invocation"] + gb_seconds * price["lambda"]["gb_second"])
    return total


def _logs(size: float, price: Table) -> float:
    """Taken in, and kept for as long as LogRetentionDays says."""
    cloudwatch = price["cloudwatch"]
    each: float = cloudwatch["log_gb"] + cloudwatch["log_gb_month"] * price["assumed"]["log_days"] / _DAYS
    return size / _GB * each


def _kept(size: float, price: Table) -> float:
    """A row and its places in the indexes, with the backup of the table, until it expires."""
    month: float = price["dynamodb"]["gb_month"] + price["dynamodb"]["gb_month_backup"]
    return size / _GB * month * _months(price)


def _months(price: Table) -> float:
    return float(price["assumed"]["kept_days"]) / _DAYS


def _read(name: str) -> Table:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))
