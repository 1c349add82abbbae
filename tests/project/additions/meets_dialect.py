"""Run by tests/project/test_additions.py in a tree that has the dialect ``acme``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.api.parts import Deployment, deployment


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployment]:
    with deployment(tmp_path) as made:
        yield made


def test_it_starts_and_shows_an_instance_in_its_words(deployed: Deployment) -> None:
    begun = deployed.client().post("/acme/free/run", json={"n": 1})
    assert begun.status_code == 201
    shown = deployed.client().get(f"/acme/{begun.json()['run']}")
    assert shown.json() == {"run": begun.json()["run"], "is": "soon"}


def test_what_goes_wrong_is_in_its_words_too(deployed: Deployment) -> None:
    refused = deployed.client("").post("/acme/free/run")
    assert (refused.status_code, list(refused.json())) == (401, ["sorry"])
    unknown = deployed.client().get("/acme/no/such/path")
    assert (unknown.status_code, unknown.json()) == (404, {"sorry": "Nothing is served at this path."})
    other = deployed.client().delete("/acme/some-id")
    assert (other.status_code, other.headers["allow"]) == (405, "GET")
