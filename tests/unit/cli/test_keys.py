"""``verihook keys`` on the ledger of a running server, and on a table."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.contracts.instances import HOUR
from verihook import cli
from verihook.adapters.clock import SystemClock
from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile
from verihook.adapters.ledgers.table import create_table_request
from verihook.errors import Unauthenticated
from verihook.instances import api_keys
from verihook.instances.callbacks import callback_secret

DAY = 24 * HOUR


@pytest.fixture
def documents(tmp_path: Path) -> Iterator[SqliteDocuments]:
    """Those of a data folder, which another process has open."""
    with SqliteFile(tmp_path / "ledger.db") as file:
        yield SqliteDocuments(file)


def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert 0 == cli.main(["keys", *arguments, "--json", "--data", str(tmp_path)])
    return json.loads(capsys.readouterr().out)


def test_a_key_is_made_used_listed_rotated_and_revoked(
    capsys: pytest.CaptureFixture[str], documents: SqliteDocuments, tmp_path: Path
) -> None:
    now = SystemClock().now_ms()
    scopes = ["--scope", "workflows:execute", "--scope", "instances:read"]
    made = run(tmp_path, capsys, "create", "--name", "ci", *scopes, "--workflow", "order-*", "--expires", "90d")
    key = api_keys.verify(made["secret"], documents, SystemClock().now_ms())
    assert made["key"]["id"] == key.id
    assert ("ci", ("workflows:execute", "instances:read"), ("order-*",)) == (key.name, key.scopes, key.workflows)
    assert 0 <= (key.expires_at or 0) - now - 90 * DAY < 60_000
    (row,) = run(tmp_path, capsys, "list")["keys"]
    assert (key.id, "active", True) == (row["id"], row["status"], row["lastUsedAt"] is not None)
    fresh = run(tmp_path, capsys, "rotate", key.id, "--overlap", "1h")
    assert key.id == fresh["key"]["replaces"]
    api_keys.verify(made["secret"], documents, now + HOUR - 1)
    with pytest.raises(Unauthenticated):
        api_keys.verify(made["secret"], documents, now + 2 * HOUR)
    assert "revoked" == run(tmp_path, capsys, "revoke", fresh["key"]["id"])["key"]["status"]
    with pytest.raises(Unauthenticated):
        api_keys.verify(fresh["secret"], documents, SystemClock().now_ms())
    assert ["active", "revoked"] == [row["status"] for row in run(tmp_path, capsys, "list")["keys"]]


def test_for_people_the_secret_stands_alone_on_stdout(
    capsys: pytest.CaptureFixture[str], documents: SqliteDocuments, tmp_path: Path
) -> None:
    create = ["keys", "create", "--name", "ci", "--scope", "workflows:read", "--data", str(tmp_path)]
    assert 0 == cli.main(create)
    shown = capsys.readouterr()
    assert re.fullmatch(r"vhk_[0-9A-Za-z]{49}\n", shown.out)
    assert "Keep it now, it is not shown again." in shown.err
    assert shown.out.strip() not in shown.err
    assert 0 == cli.main(["keys", "list", "--data", str(tmp_path)])
    table = capsys.readouterr().out.splitlines()
    assert "ID                NAME  STATUS  SCOPES          WORKFLOWS  EXPIRES  LAST USED" == table[0]
    key_id = api_keys.digest_of(shown.out.strip())[:16]
    assert f"{key_id}  ci    active  workflows:read  all        never    -" == table[1]
    assert 0 == cli.main(["keys", "revoke", key_id, "--data", str(tmp_path)])
    assert capsys.readouterr().out.startswith(f"{key_id} (ci) is revoked since 20")


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_key_that_cannot_be_shown_is_named_with_what_ends_it(
    more: list[str],
    capsys: pytest.CaptureFixture[str],
    documents: SqliteDocuments,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create = ["keys", "create", "--name", "ci", "--scope", "workflows:read", "--data", str(tmp_path), *more]
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert 1 == cli.main(create)
    (key,) = api_keys.list_keys(documents, SystemClock().now_ms())
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(f"verihook: the key {key.id} (ci) is made but could not be shown ([Errno 28] ")
    mend = f"verihook keys revoke {key.id}, with the options of this command, ends it"
    assert told.endswith(f"No space left on device), and it is not shown again: {mend}")


def test_on_a_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(**create_table_request("a-table"))
        assert 0 == cli.main(["keys", "create", "--name", "ci", "--scope", "workflows:read", "--table", "a-table"])
        secret = capsys.readouterr().out.strip()
        key = api_keys.verify(secret, DynamoDbDocuments(client, "a-table"), SystemClock().now_ms())
        assert 0 == cli.main(["keys", "revoke", key.id, "--table", "a-table"])
        with pytest.raises(Unauthenticated):
            api_keys.verify(secret, DynamoDbDocuments(client, "a-table"), SystemClock().now_ms())
        with pytest.raises(SystemExit) as caught:
            cli.main(["keys", "list", "--table", "another-table"])
    assert 1 == caught.value.code
    assert "ResourceNotFoundException" in capsys.readouterr().err


def test_a_folder_without_a_ledger_is_told_and_stays_empty(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert 2 == cli.main(["keys", "list", "--data", str(tmp_path)])
    assert "there is no ledger in it" in capsys.readouterr().err
    assert [] == list(tmp_path.iterdir())


def test_no_keys(capsys: pytest.CaptureFixture[str], documents: SqliteDocuments, tmp_path: Path) -> None:
    assert 0 == cli.main(["keys", "list", "--data", str(tmp_path)])
    assert "No keys.\n" == capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["revoke", "0" * 16], "There is no API key with this id."),
        (["rotate", "0" * 16], "There is no API key with this id."),
        (
            ["create", "--name", "ci", "--scope", "workflows:read", "--expires", "1999-01-01"],
            "expires: must be in the future",
        ),
        (["create", "--name", "ci", "--scope", "workflows:read", "--workflow", "a b"], "workflows: must be names"),
        (["create", "--name", "", "--scope", "workflows:read"], "name: must be 1 to 64"),
    ],
)
def test_what_is_not_done_is_told(
    capsys: pytest.CaptureFixture[str], documents: SqliteDocuments, tmp_path: Path, arguments: list[str], words: str
) -> None:
    assert 2 == cli.main(["keys", *arguments, "--data", str(tmp_path)])
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
    assert [] == documents.all(api_keys.PARTITION, 10, SystemClock().now_ms())


@pytest.mark.parametrize(
    "arguments",
    [
        ["create", "--name", "ci"],
        ["create", "--scope", "workflows:read"],
        ["create", "--name", "ci", "--scope", "admin"],
        ["create", "--name", "ci", "--scope", "workflows:read", "--expires", "soon"],
        ["rotate", "0" * 16, "--overlap", "2026-01-01"],
        ["callback-secret", "--data", "a", "--instance-key", "env:B"],
        [],
    ],
)
def test_wrong_use_is_told(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["keys", *arguments])
    assert 2 == caught.value.code
    assert "usage: verihook keys" in capsys.readouterr().err


def test_the_secret_of_callbacks(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "k" * 32)
    assert 0 == cli.main(["keys", "callback-secret", "--instance-key", "env:A_KEY"])
    deployed = capsys.readouterr().out.strip()
    assert callback_secret(b"k" * 32) == deployed
    (tmp_path / "secrets.json").write_text(json.dumps({"VERIHOOK_INSTANCE_KEY": "k" * 32}))
    assert 0 == cli.main(["keys", "callback-secret", "--data", str(tmp_path)])
    here = capsys.readouterr().out.strip()
    assert here.startswith("whsec_")
    assert here != deployed


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "there is no instance key in it"),
        ("{}", "there is no instance key in it"),
        ("", "is damaged"),
        ("[]", "is damaged"),
        ('{"VERIHOOK_INSTANCE_KEY": null}', "is damaged"),
    ],
)
def test_a_folder_without_an_instance_key_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str | None, told: str
) -> None:
    if content is not None:
        (tmp_path / "secrets.json").write_text(content)
    assert 2 == cli.main(["keys", "callback-secret", "--data", str(tmp_path)])
    assert told in capsys.readouterr().err


def test_an_instance_key_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == cli.main(["keys", "callback-secret", "--instance-key", "env:NOT_SET_ANYWHERE"])
    assert "NOT_SET_ANYWHERE" in capsys.readouterr().err
