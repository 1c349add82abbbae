from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.client.scripted import Script


@pytest.fixture(params=[False, True], ids=["blocking", "awaiting"])
def script(request: pytest.FixtureRequest) -> Callable[..., Script]:
    """A script for each client in turn."""

    def make(*answers: Any) -> Script:
        return Script(answers, request.param)

    return make
