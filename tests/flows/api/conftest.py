"""A deployment for each test, and a client of it that may do everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.api.parts import Client, Deployment, deployment


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployment]:
    """A deployment without a rate limit."""
    with deployment(tmp_path) as made:
        yield made


@pytest.fixture
def client(deployed: Deployment) -> Client:
    """A client with a key for everything."""
    return deployed.client()
