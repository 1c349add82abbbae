"""Secrets from the environment and from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from verihook.secrets.environment import EnvironmentSecrets


def test_the_environment(tmp_path: Path) -> None:
    secrets = EnvironmentSecrets({"A": " spaces are kept ", "EMPTY": ""}, tmp_path)
    assert (" spaces are kept ",) == secrets.resolve("env:A")
    for name in ("MISSING", "EMPTY"):
        with pytest.raises(KeyError, match=f"env:{name} is not set"):
            secrets.resolve(f"env:{name}")


@pytest.mark.parametrize(
    ("content", "secret"),
    [(b"s3cret", "s3cret"), (b"s3cret\n", "s3cret"), (b"s3cret\r\n", "s3cret"), (b"\n\n", "\n")],
)
def test_a_file(tmp_path: Path, content: bytes, secret: str) -> None:
    (tmp_path / "secret").write_bytes(content)
    secrets = EnvironmentSecrets({}, tmp_path)
    assert (secret,) == secrets.resolve("file:secret")
    assert (secret,) == secrets.resolve(f"file:{tmp_path}/secret")


def test_a_file_that_gives_nothing(tmp_path: Path) -> None:
    secrets = EnvironmentSecrets({}, tmp_path)
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff")
    for name, words in (("missing", "cannot be read"), ("empty", "is empty"), ("binary", "cannot be read")):
        with pytest.raises(KeyError, match=words):
            secrets.resolve(f"file:{name}")
