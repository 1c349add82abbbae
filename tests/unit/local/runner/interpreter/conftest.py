"""One interpreter a module."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.local.runner.interpreter.machines import PASS, VARIABLES, WAIT, client_of
from verihook.local.runner import Interpreter


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Interpreter]:
    with Interpreter(tmp_path_factory.mktemp("interpreter") / "journal.db") as running:
        running.deploy({"wait": WAIT, "pass": PASS, "variables": json.dumps(VARIABLES)})
        yield running


@pytest.fixture(scope="module")
def client(interpreter: Interpreter) -> Any:
    return client_of(interpreter)
