"""The document at ``/v1/openapi.json``: every operation has a name, examples, and the answers that really come."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.flows.api.parts import Deployment
from verihook.api import (
    openapi_deliveries,
    openapi_hooks,
    openapi_jobs,
    openapi_keys,
    openapi_lists,
    openapi_models,
    openapi_sources,
)
from verihook.api.openapi_examples import EXAMPLES
from verihook.api.operations import OPERATIONS

Operation = dict[str, Any]


@pytest.fixture
def document(deployed: Deployment) -> dict[str, Any]:
    found: dict[str, Any] = deployed.app.openapi()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document["components"]})


def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len(set(names))
    assert all(re.fullmatch("[a-z]+([A-Z][a-z]+)+", name) or name == "getHealth" for name in names)
    assert {"listKeys", "deliverWebhook", "startInstance", "getStatus"} <= {*names}


def test_it_has_the_table_of_operations_and_the_receiver(document: dict[str, Any]) -> None:
    receiver = {f"{method} {path}" for method in ("GET", "POST") for path in ("/", "/hooks/{source}")}
    table = {each.row for each in OPERATIONS if not each.path.startswith("/docs")}
    assert len(table) > 20
    assert {row for row, _ in operations(document)} == table | receiver


def test_every_body_has_an_example_that_is_one(document: dict[str, Any]) -> None:
    seen = 0
    for row, operation in operations(document):
        bodies = [("request", operation["requestBody"])] if "requestBody" in operation else []
        bodies += [(status, told) for status, told in operation["responses"].items() if "content" in told]
        for where, body in bodies:
            for media_type, content in body["content"].items():
                examples = found(document, content)
                assert examples, (row, where, media_type)
                for example in examples:
                    validator(document, content["schema"]).validate(example)
                    seen += 1
    assert seen > 300


def found(document: dict[str, Any], content: dict[str, Any]) -> list[Any]:
    """The examples of a body: its own, or its schema's."""
    schemas = [content["schema"], *content["schema"].get("anyOf", ())]
    named = [schema["$ref"].rpartition("/")[2] for schema in schemas if "$ref" in schema]
    schemas += [document["components"]["schemas"][name] for name in named]
    own = [example["value"] for example in content.get("examples", {}).values()]
    return own + [example for schema in schemas for example in schema.get("examples", ())]


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_example_is_what_its_model_says(name: str) -> None:
    modules = (
        openapi_models,
        openapi_hooks,
        openapi_deliveries,
        openapi_jobs,
        openapi_keys,
        openapi_lists,
        openapi_sources,
    )
    models = {model: kind for module in modules for model, kind in vars(module).items()}
    models[name].model_validate(EXAMPLES[name])


def test_every_parameter_is_told(document: dict[str, Any]) -> None:
    for row, operation in operations(document):
        told = {(each["in"], each["name"]) for each in operation.get("parameters", ())}
        assert {("path", name) for name in re.findall(r"\{(\w+)\}", row)} <= told, row
    lists = document["paths"]["/v1/instances"]["get"]["parameters"]
    assert ("query", "metadata.KEY") in {(each["in"], each["name"]) for each in lists}
    for path in ("/", "/hooks/{source}"):
        told = {each["name"] for each in document["paths"][path]["get"]["parameters"]}
        assert {"instanceId", "If-None-Match"} <= told


def test_headers_of_refusals(document: dict[str, Any]) -> None:
    expected = {
        "401": {"WWW-Authenticate"},
        "405": {"Allow"},
        "429": {"Retry-After", "RateLimit", "RateLimit-Policy"},
        "503": {"Retry-After"},
    }
    for row, operation in operations(document):
        assert "405" in operation["responses"], row
        for status, names in expected.items():
            if row != "GET /health" and status in operation["responses"]:
                assert names <= operation["responses"][status]["headers"].keys(), (row, status)


def test_deliveries_have_the_answers_that_come(document: dict[str, Any]) -> None:
    for path in ("/", "/hooks/{source}"):
        delivered = document["paths"][path]["post"]
        refusals = {"400", "401", "403", "404", "405", "409", "413", "415", "422", "429", "503"}
        assert {"200", "202", "204"} | refusals == delivered["responses"].keys()
        assert ["*/*"] == [*delivered["requestBody"]["content"]]
        assert {"200", "304", "404", "405"} <= document["paths"][path]["get"]["responses"].keys()
