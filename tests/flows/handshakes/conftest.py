"""Both faces over a deployment whose sources have handshakes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.flows.conftest import AwsFace, LocalFace
from tests.flows.faces import Face, serving
from tests.flows.handshakes.senders import VARIABLES_HERE, deploy
from verihook import main


@pytest.fixture(scope="package")
def local_handshakes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFace]:
    """A server process over the deployment of handshakes."""
    folder = tmp_path_factory.mktemp("handshakes")
    with serving(folder / "data", VARIABLES_HERE, "--hooks", str(deploy(folder / "deployment"))) as server:
        yield LocalFace(server.url, folder / "data")


@pytest.fixture(scope="package")
def aws_handshakes(aws_face: AwsFace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsFace]:
    """The Lambda entry point over the same, with a folder of its own."""
    hooks = deploy(tmp_path_factory.mktemp("handshakes-lambda"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**VARIABLES_HERE, "VERIHOOK_HOOKS": str(hooks)}.items():
            patch.setenv(name, value)
        main.services.cache_clear()
        yield aws_face
    main.services.cache_clear()


@pytest.fixture(params=["local_handshakes", "aws_handshakes"], ids=["http", "lambda"])
def face(request: pytest.FixtureRequest) -> Face:
    chosen: Face = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def starts() -> None:
    """Of the tests in which a delivery starts a workflow."""


@pytest.fixture(autouse=True)
def rows_of_deliveries_alone(face: LocalFace | AwsFace, request: pytest.FixtureRequest) -> Iterator[None]:
    """A handshake starts nothing: no row is written but in the tests that say so."""
    before = face.rows()
    yield
    assert ("starts" in request.fixturenames) == (face.rows() > before)
