"""The data folder."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from verihook.config import load_hooks
from verihook.config.settings import DEFAULT_HOOKS
from verihook.errors import ConfigurationError
from verihook.local.data import SHIPPED, DataFolder, Run, instance_key, made_here, read_run

HOOKS = load_hooks(DEFAULT_HOOKS)


MADE = ["GITHUB_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET", "SLACK_SIGNING_SECRET", "STANDARD_WEBHOOK_SECRET"]


def test_the_shipped_secrets_are_those_of_the_shipped_file() -> None:
    assert HOOKS.variables() == [*SHIPPED]


def test_secrets_are_made_once_and_never_written_where_the_environment_has_them(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    mine = {"ORDERS_WEBHOOK_SECRET": "mine"}
    values, made = folder.secrets(HOOKS, {**mine, "GITHUB_WEBHOOK_SECRET": ""})
    assert "mine" == values["ORDERS_WEBHOOK_SECRET"]
    assert made == MADE
    assert made_here(tmp_path) == {*MADE}
    assert '"mine"' not in (tmp_path / "secrets.json").read_text()
    again, made = folder.secrets(HOOKS, mine)
    assert (values, MADE) == (again, made)
    assert 32 == len(instance_key(values))
    folder.close()


def test_one_that_had_a_value_of_the_operators_is_never_replaced(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.secrets(HOOKS, {})
    folder.secrets(HOOKS, {"ORDERS_WEBHOOK_SECRET": "mine"})  # in the place of the one that was made
    kept = (tmp_path / "secrets.json").read_bytes()
    with pytest.raises(
        ConfigurationError, match="ORDERS_WEBHOOK_SECRET: is not set, though an earlier run had a value of yours"
    ):
        folder.secrets(HOOKS, {})
    assert kept == (tmp_path / "secrets.json").read_bytes()
    assert "ORDERS_WEBHOOK_SECRET" not in made_here(tmp_path)
    folder.close()


@pytest.mark.parametrize("secrets", ['["env:BILLING"]', '["env:GITHUB_WEBHOOK_SECRET", "env:BILLING"]'])
def test_none_is_made_for_a_source_of_the_operators(tmp_path: Path, secrets: str) -> None:
    """Nor for the old one of a rotation: each delivery of its sender would be a 401."""
    path = tmp_path / "hooks.toml"
    source = f'[sources.billing]\nsender = "generic"\nsecrets = {secrets}\nworkflow = "w"\n'
    path.write_text(f'{source}[workflows.w]\nengine = "stepfunctions"\ndefinition = "w"\n')
    folder = DataFolder(tmp_path / "data")
    with pytest.raises(
        ConfigurationError, match=r"BILLING: is not set; hooks\.toml names it as a secret\. Set it: BILL"
    ):
        folder.secrets(load_hooks(path), {})
    assert not (tmp_path / "data" / "secrets.json").exists()
    values, made = folder.secrets(load_hooks(path), {"BILLING": "b", "GITHUB_WEBHOOK_SECRET": "g"})
    assert ("b", []) == (values["BILLING"], made)
    folder.close()


def test_none_is_made_where_the_folder_is_not_new(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text('{"VERIHOOK_INSTANCE_KEY": "k"}')
    folder = DataFolder(tmp_path)
    with pytest.raises(ConfigurationError, match="ORDERS_WEBHOOK_SECRET: is not set; hooks"):
        folder.secrets(HOOKS, {})
    folder.close()


def test_a_damaged_file_of_secrets_is_told(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    folder = DataFolder(tmp_path)
    with pytest.raises(ConfigurationError, match=r"secrets\.json: is damaged"):
        folder.secrets(HOOKS, {})
    folder.close()


def test_one_server_a_folder(tmp_path: Path) -> None:
    first = DataFolder(tmp_path)
    # In the words of `verihook run`, and of `make run` beside them.
    with pytest.raises(
        ConfigurationError, match=r"another Verihook runs on this data folder; .* \(--data; make: DATA=\)"
    ):
        DataFolder(tmp_path)
    first.close()
    DataFolder(tmp_path).close()


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Gives a file to another user. Who may not do that is another user himself from then on."""

    def give(path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534)
        else:
            monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    return give


def test_a_folder_of_another_user_is_refused(tmp_path: Path, theirs: Callable[[Path], None]) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    theirs(data)
    with pytest.raises(
        ConfigurationError, match=r"data: belongs to another user \(uid \d+; .* \(--data; make: DATA=\)"
    ):
        DataFolder(data)
    assert [] == [*data.iterdir()]


@pytest.mark.parametrize(
    ("mode", "who"), [(0o777, "every user"), (0o1777, "every user"), (0o702, "every user"), (0o775, "its group")]
)
def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path, mode: int, who: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(mode)
    with pytest.raises(ConfigurationError, match=f"data: {who}.* may write to the data folder.* chmod go-w"):
        DataFolder(data)
    assert [] == [*data.iterdir()]
    data.chmod(0o755)
    DataFolder(data).close()


@pytest.mark.parametrize("name", ["lock", "ledger.db", "ledger.db-wal", "executions.db", "durable.db"])
def test_a_file_of_another_user_is_refused(tmp_path: Path, theirs: Callable[[Path], None], name: str) -> None:
    """Left there while the folder was open to them."""
    (tmp_path / name).touch()
    theirs(tmp_path / name)
    # One who is another user himself is refused the folder already.
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        DataFolder(tmp_path)


def test_secrets_of_another_user_are_not_taken(tmp_path: Path, theirs: Callable[[Path], None]) -> None:
    folder = DataFolder(tmp_path)
    folder.secrets(HOOKS, {})
    theirs(tmp_path / "secrets.json")
    with pytest.raises(ConfigurationError, match=r"secrets\.json: belongs to another user .* move it away"):
        folder.secrets(HOOKS, {})
    folder.close()


@pytest.mark.parametrize("mode", [0o644, 0o000], ids=["open to all", "closed to us"])
def test_what_another_user_announced_is_refused(tmp_path: Path, theirs: Callable[[Path], None], mode: int) -> None:
    """It would name the server that gets our deliveries, signed with our secrets."""
    folder = DataFolder(tmp_path)
    folder.announce(Run("http://127.0.0.1:1", {}, "vhk_run"))
    (tmp_path / "run.json").chmod(mode)
    theirs(tmp_path / "run.json")
    with pytest.raises(
        ConfigurationError, match=r"run\.json: belongs to another user .* name another folder \(--data\)"
    ):
        read_run(tmp_path)
    folder.close()


def test_a_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    aim, data = tmp_path / "aim", tmp_path / "data"
    data.mkdir()
    (data / "ledger.db").symlink_to(aim)
    with pytest.raises(ConfigurationError, match="the data folder cannot be written"):
        DataFolder(data)
    assert not aim.exists()


def test_what_is_written_goes_into_no_file_that_was_there(tmp_path: Path) -> None:
    """Somebody who has the file open would read the key of the run."""
    folder = DataFolder(tmp_path)
    for planted in ("run.new", "run.json.new"):
        (tmp_path / planted).touch(mode=0o666)
    with (tmp_path / "run.new").open() as one, (tmp_path / "run.json.new").open() as other:
        folder.announce(Run("http://127.0.0.1:1", {}, "vhk_run"))
        assert ("", "") == (one.read(), other.read())
    assert 0o600 == (tmp_path / "run.json").stat().st_mode & 0o777
    folder.close()
    # What a run that was killed in the middle of it left goes when the next one begins.
    DataFolder(tmp_path).close()
    assert [] == [*tmp_path.glob("*.new")]


def test_a_running_server_is_announced(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "new" / "folder")
    run = Run("http://127.0.0.1:1", {"A": "b"}, "vhk_run")
    folder.announce(run)
    assert run == read_run(folder.path)
    folder.close()
    assert read_run(folder.path) is None
    for nonsense in ("", "{}", "[]", json.dumps({"url": "x", "other": 1})):
        (folder.path / "run.json").write_text(nonsense)
        assert read_run(folder.path) is None


def test_secrets_that_cannot_be_written_are_told_in_words_and_leave_nothing(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # To a file, a limit of the process is what a full disk is: it is made, and the first byte is refused.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(ConfigurationError) as raised:
            folder.secrets(HOOKS, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    told = f"{tmp_path}: secrets.json cannot be written into the data folder (File too large); make room on its disk"
    assert str(raised.value).startswith(told)
    assert not [*tmp_path.glob("secrets.json*")]
    assert folder.secrets(HOOKS, {})[1] == [*SHIPPED]
    folder.close()
