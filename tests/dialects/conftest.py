"""One deployment for all of them, and a fresh client for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.dialects.deployment import client_of, deployed, faults
from tests.dialects.server import Served, run_server
from tests.flows.waiting import wait_until
from verihook import instances
from verihook.model.instance import Instance
from verihook.model.ports import Services


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with deployed(tmp_path_factory.mktemp("dialects")) as services:
        yield services


@pytest.fixture
def services(deployment: Services) -> Iterator[Services]:
    """The services, of which nothing may go wrong unseen."""
    faults(deployment).clear()
    yield deployment
    assert [] == faults(deployment)


@pytest.fixture(scope="session")
def opened(deployment: Services) -> Iterator[httpx.Client]:
    with client_of(deployment) as client:
        yield client


@pytest.fixture
def client(opened: httpx.Client, services: Services) -> httpx.Client:
    return opened


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """``verihook run --open``."""
    with run_server(tmp_path_factory.mktemp("open"), "--open") as server:
        yield server


@pytest.fixture(scope="session")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """``verihook run``, which lets no caller in without a key."""
    with run_server(tmp_path_factory.mktemp("closed")) as server:
        yield server


@pytest.fixture
def ended(services: Services) -> Callable[[str], Instance]:
    """The instance at its end."""

    def wait(instance_id: str) -> Instance:
        def found() -> Instance | None:
            instance = instances.get(instance_id, services)
            return instance if instance.final else None

        return wait_until(found, what=f"{instance_id} did not end")

    return wait
