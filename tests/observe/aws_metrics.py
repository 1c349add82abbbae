"""The metrics that AWS itself makes: aws_metrics.toml, which says since when it is known and from which page."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from tests.observe.series import Key

METRICS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("aws_metrics.toml").read_text("utf-8"))


def is_of_aws(series: Key) -> bool:
    """Whether AWS has this metric by exactly these dimensions."""
    namespace, metric, dimensions = series
    names = {name for name, _ in dimensions}
    return any(names == set(each) for each in METRICS.get(namespace, {}).get(metric, ()))
