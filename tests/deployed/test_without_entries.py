"""A source with an entry, in a stack that has no function for it."""

from __future__ import annotations

import json

import pytest

from tests.deployed.emulator import deployed
from tests.deployed.events import delivery
from tests.deployed.test_entries import MORE


def test_without_the_function_its_sources_alone_are_not_served(
    dynamodb_local: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with deployed(dynamodb_local, tmp_path_factory.mktemp("without"), MORE) as without:
        answer = without.invoke("Receiver", delivery("evt_without", source="decided", do="start"))
        assert (503, "not-configured") == (answer["statusCode"], json.loads(answer["body"])["code"])
        assert "WithEntries=yes" in without.log("Receiver")
        assert 200 == without.invoke("Receiver", delivery("evt_other"))["statusCode"]
