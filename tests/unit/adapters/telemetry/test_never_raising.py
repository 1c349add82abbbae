"""Nothing is raised at the code that reports something."""

from __future__ import annotations

import io
import uuid

import pytest
from aws_lambda_powertools import Logger

from verihook.adapters.telemetry.cloudwatch import CloudWatchTelemetry
from verihook.adapters.telemetry.console import ConsoleTelemetry
from verihook.adapters.telemetry.never_raising import NeverRaisingTelemetry
from verihook.adapters.telemetry.powertools import _ENCODER, PowertoolsTelemetry
from verihook.model.ports import Trace


def _powertools() -> PowertoolsTelemetry:
    """With a logger of its own: the library's is one for each process, and writes to the stream of a former test."""
    telemetry = PowertoolsTelemetry()
    telemetry._logger = Logger(service=str(uuid.uuid4()), json_serializer=_ENCODER.encode)
    return telemetry


KINDS = [ConsoleTelemetry, lambda: CloudWatchTelemetry({}), _powertools]


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class Gone(io.StringIO):
    """Its reader has gone away."""

    def write(self, text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError


@pytest.mark.parametrize("make", KINDS)
def test_of_every_kind_over_a_stream_that_is_gone(make: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", Gone())
    telemetry = NeverRaisingTelemetry(make())  # type: ignore[operator]
    for _ in range(3):
        telemetry.delivery(Trace("r", 0, "orders", "accepted", status=200))
        telemetry.failure("start", ValueError("why"))


@pytest.mark.parametrize("make", KINDS)
def test_an_error_that_has_no_text_is_told_all_the_same(
    make: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    NeverRaisingTelemetry(make()).failure("function a", Mute())  # type: ignore[operator]
    said = capsys.readouterr()
    assert "function a" in said.out
    assert "Mute" in said.out
    assert "its text cannot be made" in said.out


def test_what_cannot_be_told_is_told_of() -> None:
    said: list[str] = []

    class Picky(ConsoleTelemetry):
        def failure(self, where: str, error: BaseException) -> None:
            if isinstance(error, Mute):
                raise TypeError
            said.append(f"{where}: {error}")

    NeverRaisingTelemetry(Picky(io.StringIO())).failure("x", Mute())
    assert ["x: Mute (not shown: TypeError)"] == said
