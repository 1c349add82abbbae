"""Hypothesis on machines that are shared: no example is too slow, and CI looks at the same ones every time."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.turns import share_of, turn

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


class _Loops(asyncio.DefaultEventLoopPolicy):
    """Mangum leaves its loop to its process, and any later ``asyncio.run`` takes its place: kept, to be closed at last.

    What is thrown away open fails whichever test is next.
    """

    def __init__(self) -> None:
        super().__init__()
        self.made: list[asyncio.AbstractEventLoop] = []

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        loop = super().new_event_loop()
        self.made = [each for each in self.made if not each.is_closed()] + [loop]
        return loop


_LOOPS = _Loops()
asyncio.set_event_loop_policy(_LOOPS)


def pytest_addoption(parser: pytest.Parser) -> None:
    words = "run one of so many shares of what is marked in_turn: the commit's id tells which (tests/turns.py)"
    parser.addoption("--shares", type=int, default=1, help=words)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The same in each process, as all have the tests in the same order."""
    if (shares := config.getoption("shares")) > 1:
        in_turn = [item for item in items if item.get_closest_marker("in_turn")]
        mine = set(share_of(in_turn, shares, turn()))
        config.hook.pytest_deselected(items=[item for item in in_turn if item not in mine])
        items[:] = [item for item in items if item in mine or not item.get_closest_marker("in_turn")]


def pytest_unconfigure() -> None:
    """Nothing runs any more."""
    for loop in _LOOPS.made:
        # One of a thread that ends with this process is left to it.
        if not loop.is_running():
            loop.close()
    # xdist may end its processes before they come to save it by themselves.
    if (coverage := sys.modules.get("coverage")) and (measured := coverage.Coverage.current()):
        measured.save()
