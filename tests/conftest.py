"""Hypothesis on machines that are shared: no example is too slow, and CI looks at the same ones every time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# The suites that adapters run are no test files: their asserts say what they saw all the same.
pytest.register_assert_rewrite("tests.contracts")

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(autouse=True)
def _no_connection_is_left() -> Iterator[None]:
    """See tests/direct_clients.py, which few tests import."""
    yield
    if clients := sys.modules.get("tests.direct_clients"):
        clients.close_all()
