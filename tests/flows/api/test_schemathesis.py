"""schemathesis calls every operation with what its schema allows, and with what it does not.

https://schemathesis.readthedocs.io/
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema

from tests.flows.api.parts import Deployment, deployment
from verihook.api.routes import NATIVE
from verihook.instance import Progress

#: Pages, not operations.
UNDESCRIBED = ("/docs", "/redoc", "/v1/openapi.json")

#: No 400 for what the schema cannot tell: which filters go together, which callback addresses are public.
CONFIG = {
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", "400", "401", "403", "404", "409", "422", "5xx"]}
    }
}


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployment(tmp_path_factory.mktemp("schemathesis")) as made:
        client = made.client()
        for name in ("order-1042", "running"):
            client.put(f"/v1/workflows/free/instances/{name}", json={})
        made.engine.finish("order-1042", Progress("completed", "{}"), made.services)
        yield made


@pytest.fixture(scope="module")
def described(deployed: Deployment) -> BaseSchema:
    config = SchemathesisConfig.from_dict(CONFIG)
    return schemathesis.openapi.from_asgi("/v1/openapi.json", deployed.app, config=config)


# Not by schemathesis' own plugin: the operations are known before there is an app.
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("row", sorted(row for row in NATIVE if row.split()[1] not in UNDESCRIBED))
def test_no_server_error_and_no_undocumented_answer(
    row: str, mode: GenerationMode, described: BaseSchema, deployed: Deployment
) -> None:
    method, path = row.split()
    headers = {"Authorization": f"Bearer {deployed.key}"}

    @settings(max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(described[path][method].as_strategy(generation_mode=mode))
    def called(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers)

    try:
        called()
    except Unsatisfiable:
        # An operation without parameters and body has nothing that could be wrong.
        assert mode is GenerationMode.NEGATIVE
