"""Only `make sam-local` has an engine (run.py): a run without leaves the tests that need one alone."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.adapters.dynamodb_local import dynamodb_local
from tests.deployed.conftest import authorization
from tests.deployed.emulator import Deployment, deployed
from tests.sam.command import Sam
from tests.sam.engine import BRIDGE
from tests.sam.run import FOLDER

__all__ = ["authorization", "dynamodb_local"]

collect_ignore = [] if FOLDER in os.environ else ["test_invoke.py", "test_start_api.py", "test_start_lambda.py"]


@pytest.fixture(scope="session")
def aws(dynamodb_local: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """What stands behind the functions; a container reaches it at the bridge."""
    with deployed(dynamodb_local, tmp_path_factory.mktemp("behind"), host=BRIDGE) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def sam(aws: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Sam:
    return Sam(aws, tmp_path_factory.mktemp("sam"))
