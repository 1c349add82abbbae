"""schemathesis calls every operation with what its schema allows, and with what it does not.

https://schemathesis.readthedocs.io/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema

from tests.flows.api.parts import Deployment, deployment
from tests.flows.signing import order, x_signature
from verihook.api.openapi_hooks import HOOKS
from verihook.api.operations import ROUTES as NATIVE
from verihook.model.instance import Progress

#: Pages, not operations.
UNDESCRIBED = ("/docs", "/docs/{asset}", "/v1/openapi.json")

#: Every operation of the document, known before there is an app.
OPERATIONS = sorted(
    [row for row in NATIVE if row.split()[1] not in UNDESCRIBED]
    + [f"{hook['methods'][0]} {hook['path']}" for hook in HOOKS]
)

#: No 400 for what the schema cannot tell: which filters go together, which callback addresses are public. Never a 5xx.
CONFIG = {
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", "304", "400", "401", "403", "404", "409", "422"]}
    }
}


def arrives_as_it_is(case: schemathesis.Case[Any]) -> bool:
    """White space at the ends is no part of a header's value, and a list or object that is sent as one value is a text.

    https://www.rfc-editor.org/rfc/rfc9110#section-5.5
    """
    for value in (case.query or {}).values():
        # requests sends an object's names, and nothing for what is empty.
        if isinstance(value, list | dict) and sum(item not in (None, [], {}) for item in value) < 2:
            return False
    return all(str(value) == str(value).strip(" \t") for value in (case.headers or {}).values())


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    # Nothing ends here by itself, and schemathesis waits for an answer for 10 seconds: as long as `wait=10` may take.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("verihook.app.LONGEST_S", 1)
        yield from _deployed(tmp_path_factory)


def _deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
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


def test_every_operation_of_the_document_is_called(deployed: Deployment) -> None:
    paths = deployed.app.openapi()["paths"]
    assert OPERATIONS == sorted(f"{method.upper()} {path}" for path, methods in paths.items() for method in methods)


@pytest.mark.in_turn
# Not by schemathesis' own plugin: the operations are known before there is an app.
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("row", OPERATIONS)
def test_no_server_error_and_no_undocumented_answer(
    row: str, mode: GenerationMode, described: BaseSchema, deployed: Deployment
) -> None:
    method, path = row.split()
    headers = {"Authorization": f"Bearer {deployed.key}"}

    @settings(max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(described[path][method].as_strategy(generation_mode=mode).filter(arrives_as_it_is))
    def called(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers=headers)

    try:
        called()
    except Unsatisfiable:
        # An operation without parameters and body has nothing that could be wrong.
        assert mode is GenerationMode.NEGATIVE


@pytest.mark.parametrize(
    ("source", "body", "status"),
    [
        ("orders", order(), 200),
        ("orders", order(items=[{"quantity": -1}]), 422),
        ("orders", b"{", 400),
        ("orders", b"x" * 7_000_000, 413),
        ("github", order(), 401),
        ("nowhere", order(), 404),
    ],
)
def test_the_answers_to_deliveries_are_as_they_are_described(
    source: str, body: bytes, status: int, described: BaseSchema, deployed: Deployment
) -> None:
    signed = deployed.client("").post(f"/hooks/{source}", content=body, headers=dict(x_signature(body)))
    assert status == signed.status_code, signed.text
    operation = described["/hooks/{source}"]["POST"]
    assert operation.is_valid_response(signed), signed.text
    operation.validate_response(signed)
    if status == 200:
        read = deployed.client("").get(signed.headers["location"])
        assert 200 == read.status_code
        described["/"]["GET"].validate_response(read)
