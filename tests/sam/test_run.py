"""A machine that can start no engine says so: it fails, or passes if that is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deployed.emulator import built
from tests.sam import engine, run


@pytest.mark.parametrize(("known", "code"), [("", 1), ("0", 1), ("1", 0)])
def test_no_engine_fails_unless_that_is_known(
    known: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    built("Receiver")
    monkeypatch.setattr(run, "DOCKERD", Path("/nowhere/dockerd"))
    monkeypatch.setenv(run.KNOWN, known)
    assert code == run.outer([])
    told = capsys.readouterr()
    assert "there is no /nowhere/dockerd" in (told.err if code else told.out)
    assert ("If it is known that none starts here: VERIHOOK_NO_CONTAINERS=1" in told.err) == bool(code)
    assert ("sam local was NOT run" in told.out) == (not code)


def test_without_root_it_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCKERD", "DOCKER"):
        monkeypatch.setattr(run, name, Path("/bin/sh"))
    monkeypatch.setattr(run.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(run.os, "geteuid", lambda: 1000)
    assert "namespaces and the engine need root" == run._missing()


@pytest.mark.parametrize(("namespaces", "reason"), [(["true"], ""), (["sh", "-c", "echo no >&2; false"], "no")])
def test_namespaces_are_tried(namespaces: list[str], reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCKERD", "DOCKER"):
        monkeypatch.setattr(run, name, Path("/bin/sh"))
    monkeypatch.setattr(run.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(run.os, "geteuid", lambda: 0)
    monkeypatch.setattr(run, "_NAMESPACES", namespaces)
    assert (f"this machine makes no namespaces: {reason}" if reason else "") == run._missing()


def test_an_engine_that_ends_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "dockerd"
    broken.write_text("#!/bin/sh\necho 'no cgroups here' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(engine, "DOCKERD", broken)
    monkeypatch.setattr(engine, "DOCKER", Path("/bin/false"))
    with pytest.raises(engine.EngineError, match="no cgroups here"), engine.engine(tmp_path):
        pytest.fail("there is no engine")


def test_what_is_not_built_is_not_invoked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "BUILT", tmp_path)
    # Whatever is known of containers.
    monkeypatch.setenv(run.KNOWN, "1")
    assert 1 == run.outer([])
    assert "make build" in capsys.readouterr().err
