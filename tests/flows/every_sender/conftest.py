"""Both faces over a deployment that has a source of every sender."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.flows.every_sender.rig import Played, deployed, served
from tests.flows.faces import Face, HttpFace, LambdaFace
from verihook import main
from verihook.model.ports import Services


@pytest.fixture(scope="package")
def over_http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Face, Services]]:
    with deployed(tmp_path_factory.mktemp("senders-http")) as services, served(services) as url:
        yield HttpFace(url), services


@pytest.fixture(scope="package")
def as_lambda(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Face, Services]]:
    with deployed(tmp_path_factory.mktemp("senders-lambda")) as services, pytest.MonkeyPatch.context() as patch:
        patch.setattr(main, "services", lambda: services)
        yield LambdaFace(main.receive), services


@pytest.fixture(params=["over_http", "as_lambda"], ids=["http", "lambda"])
def play(request: pytest.FixtureRequest) -> Callable[[str], Played]:
    face, services = request.getfixturevalue(request.param)
    return lambda sender: Played(sender, face, services)
