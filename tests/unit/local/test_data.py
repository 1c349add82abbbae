"""The data folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from verihook.errors import ConfigurationError
from verihook.hooks import load_hooks
from verihook.local.data import DataFolder, Run, instance_key, read_run
from verihook.settings import DEFAULT_HOOKS

HOOKS = load_hooks(DEFAULT_HOOKS)


def test_secrets_are_made_once_and_never_written_where_the_environment_has_them(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    values, made = folder.secrets(HOOKS, {"ORDERS_WEBHOOK_SECRET": "mine", "GITHUB_WEBHOOK_SECRET": ""})
    assert "mine" == values["ORDERS_WEBHOOK_SECRET"]
    assert ["GITHUB_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET", "SLACK_SIGNING_SECRET", "STANDARD_WEBHOOK_SECRET"] == made
    assert "mine" not in (tmp_path / "secrets.json").read_text()
    again, _ = folder.secrets(HOOKS, {})
    assert values["GITHUB_WEBHOOK_SECRET"] == again["GITHUB_WEBHOOK_SECRET"]
    assert "mine" != again["ORDERS_WEBHOOK_SECRET"]
    assert instance_key(values) == instance_key(again)
    assert 32 == len(instance_key(values))
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
