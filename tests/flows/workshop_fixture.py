"""One workshop for all files that name this module in ``pytest_plugins``: a server takes seconds to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.flows.workshop import Api, workshop


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with workshop(tmp_path_factory.mktemp("workshop")) as made:
        yield made
