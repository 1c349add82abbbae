"""Secrets from the environment and from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.errors import SecretsUnavailable


def test_the_environment(tmp_path: Path) -> None:
    secrets = EnvironmentSecrets({"A": "spaces within are kept", "EMPTY": ""}, tmp_path)
    assert ("spaces within are kept",) == secrets.resolve("env:A")
    for name in ("MISSING", "EMPTY"):
        with pytest.raises(KeyError, match=f"env:{name} is not set"):
            secrets.resolve(f"env:{name}")


@pytest.mark.parametrize(
    ("content", "secret"),
    [(b"s3cret", "s3cret"), (b"s3cret\n", "s3cret"), (b"s3cret\r\n", "s3cret"), (b"two\nlines\n", "two\nlines")],
)
def test_a_file(tmp_path: Path, content: bytes, secret: str) -> None:
    (tmp_path / "secret").touch(0o600)
    (tmp_path / "secret").write_bytes(content)
    secrets = EnvironmentSecrets({}, tmp_path)
    assert (secret,) == secrets.resolve("file:secret")
    assert (secret,) == secrets.resolve(f"file:{tmp_path}/secret")


@pytest.mark.parametrize("value", ["s3cret", "two\nlines", "a space", "ü"])
def test_keeping_a_file(tmp_path: Path, value: str) -> None:
    secrets = EnvironmentSecrets({}, tmp_path)
    for before in (None, "\n"):  # made, then over an empty one
        if before is not None:
            (tmp_path / "s").write_text(before)
        secrets.store("file:s", value)
        assert (value,) == secrets.resolve("file:s")
        assert 0o600 == (tmp_path / "s").stat().st_mode & 0o777
    assert ["s"] == [path.name for path in tmp_path.iterdir()]


def test_what_cannot_be_kept(tmp_path: Path) -> None:
    secrets = EnvironmentSecrets({"A": "a"}, tmp_path)
    with pytest.raises(KeyError, match="env:A cannot be written; name a file: or a secretsmanager: instead"):
        secrets.store("env:A", "b")
    with pytest.raises(KeyError, match="file:s: an empty secret is not kept"):
        secrets.store("file:s", "")
    with pytest.raises(SecretsUnavailable, match="could not be kept"):
        secrets.store("file:no-such-folder/s", "b")
    assert [] == list(tmp_path.iterdir())


def test_a_store_is_not_asked(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="ssm:/a is in a store, which is not asked here"):
        EnvironmentSecrets({}, tmp_path).resolve("ssm:/a")


def test_a_file_that_gives_nothing(tmp_path: Path) -> None:
    secrets = EnvironmentSecrets({}, tmp_path)
    for name, content in (("empty", b"\n"), ("binary", b"\xff")):
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_bytes(content)
    for name, words in (("missing", "cannot be read"), ("empty", "is empty"), ("binary", "cannot be read")):
        with pytest.raises(KeyError, match=words):
            secrets.resolve(f"file:{name}")


def test_a_file_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    secrets = EnvironmentSecrets({}, tmp_path)
    path = tmp_path / "open.secret"
    path.write_text("s3cret")
    for mode in (0o604, 0o644, 0o664):
        path.chmod(mode)
        with pytest.raises(KeyError, match=r"every user of this machine; take that away: chmod o-r open\.secret"):
            secrets.resolve("file:open.secret")
    for mode in (0o600, 0o640):  # a group is somebody's choice
        path.chmod(mode)
        assert ("s3cret",) == secrets.resolve("file:open.secret")


def test_a_file_stands_outside_the_code_unless_it_is_beside_hooks_toml_already(tmp_path: Path) -> None:
    code, private = tmp_path / "code", tmp_path / "data" / "secrets"
    code.mkdir()
    private.parent.mkdir()
    secrets = EnvironmentSecrets({}, code, private)
    with pytest.raises(KeyError, match=rf"file:a.secret cannot be read: .*looked for at {private}/a.secret"):
        secrets.resolve("file:a.secret")
    secrets.store("file:a.secret", "kept")
    assert ["a.secret"] == [path.name for path in private.iterdir()]
    assert (0o700, 0o600) == (private.stat().st_mode & 0o777, (private / "a.secret").stat().st_mode & 0o777)
    for name in ("a.secret", "b.secret"):
        (code / name).touch(0o600)
        (code / name).write_text("beside")
    assert (("kept",), ("beside",)) == (secrets.resolve("file:a.secret"), secrets.resolve("file:b.secret"))
    assert ("beside",) == secrets.resolve(f"file:{code}/b.secret")
    (code / "b.secret").write_text("")
    secrets.store("file:b.secret", "where it was")
    assert "where it was\n" == (code / "b.secret").read_text()
    (tmp_path / "out.secret").touch(0o600)
    (tmp_path / "out.secret").write_text("out")
    assert ("out",) == secrets.resolve("file:../out.secret")
