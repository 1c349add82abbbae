"""``verihook secrets status``: what an operator asks before the old secret is dropped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from tests.contracts.instances import HOUR, an_observation
from tests.flows.deployment import OLD_SECRET, SECRET, write
from verihook import cli
from verihook.adapters.clock import SystemClock
from verihook.adapters.ledgers.dynamodb import DynamoDbLedger
from verihook.adapters.ledgers.sqlite import SqliteFile, SqliteLedger
from verihook.adapters.ledgers.table import create_table_request
from verihook.cli.secrets import _content, _rows
from verihook.cli.table import utc_time
from verihook.config import load_hooks
from verihook.model.instance import iso
from verihook.model.ports import KEPT_MS, Ledger
from verihook.model.source import SecretReference

NOW = SystemClock().now_ms()


def fill(ledger: Ledger) -> None:
    for source, ago in (("rotated", 3 * HOUR), ("rotated", HOUR), ("orders", KEPT_MS + 2 * HOUR), ("gone", 0)):
        at = NOW - ago
        ledger.observe(
            an_observation(kind="previous-secret", source=source, reason="", first_at=at, last_at=at, request_id="abc")
        )
    ledger.observe(an_observation(source="github", last_at=NOW))


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    return write(tmp_path / "deployment")


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    with SqliteFile(tmp_path / "ledger.db") as file:
        fill(SqliteLedger(file))
        yield tmp_path


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(**create_table_request("a-table"))
        fill(DynamoDbLedger(client, "a-table"))
        yield "a-table"


@pytest.mark.parametrize("store", ["data", "table"])
def test_when_the_previous_secret_was_last_needed(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], hooks: Path, store: str
) -> None:
    where = [f"--{store}", str(request.getfixturevalue(store))]
    assert 0 == cli.main(["secrets", "status", "--json", "--hooks", str(hooks), *where])
    told = {row["source"]: row for row in json.loads(capsys.readouterr().out)["sources"]}
    assert list(load_hooks(hooks).sources) == list(told)
    assert {
        "source": "rotated",
        "secrets": [
            {"reference": "env:ORDERS_WEBHOOK_SECRET", "until": None, "madeHere": False},
            {"reference": "env:OLD_WEBHOOK_SECRET", "until": None, "madeHere": False},
        ],
        "previousLastNeededAt": iso(NOW - HOUR),
        "requestId": "abc",
    } == told["rotated"]
    # More than 14 days ago; refused, but not by a previous secret; never.
    for source in ("orders", "github", "stripe"):
        assert (None, None) == (told[source]["previousLastNeededAt"], told[source]["requestId"])


def test_for_people_and_without_a_value(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, hooks: Path, data: Path
) -> None:
    monkeypatch.setenv("ORDERS_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("OLD_WEBHOOK_SECRET", OLD_SECRET)
    assert 0 == cli.main(["secrets", "status", "--hooks", str(hooks), "--data", str(data)])
    shown = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "SOURCE SECRETS, NEWEST FIRST PREVIOUS ONE LAST NEEDED" == lines[0]
    at = lines.index(f"rotated env:ORDERS_WEBHOOK_SECRET {utc_time(NOW - HOUR)} (request abc)")
    assert "env:OLD_WEBHOOK_SECRET" == lines[at + 1]
    assert "orders env:ORDERS_WEBHOOK_SECRET not within 14 days" in lines
    assert SECRET not in shown
    assert OLD_SECRET not in shown


def test_end_dates(hooks: Path) -> None:
    plain = load_hooks(hooks).sources["orders"]
    ends = {"env:NEW": None, "env:OLD": 1_800_000_000, "env:OLDER": 1_700_000_000}
    source = replace(plain, secrets=tuple(SecretReference(name, end) for name, end in ends.items()))
    assert [
        ("orders", "env:NEW", "not within 14 days"),
        ("", "env:OLD, until 2027-01-15 08:00:00Z", ""),
        ("", "env:OLDER, ended 2023-11-14 22:13:20Z", ""),
    ] == _rows(source, None, 1_750_000_000_000)
    assert [None, "2027-01-15T08:00:00.000Z", "2023-11-14T22:13:20.000Z"] == [
        row["until"]
        for row in _content(source, None)["secrets"]  # type: ignore[attr-defined]
    ]


def test_a_sender_without_secrets(hooks: Path) -> None:
    source = replace(load_hooks(hooks).sources["orders"], secrets=())
    assert [("orders", "none needed", "not within 14 days")] == _rows(source, None, NOW)


def test_a_folder_without_a_ledger_and_a_wrong_hooks_file_are_told(
    capsys: pytest.CaptureFixture[str], hooks: Path, tmp_path: Path
) -> None:
    assert 2 == cli.main(["secrets", "status", "--hooks", str(hooks), "--data", str(tmp_path)])
    assert "there is no ledger in it" in capsys.readouterr().err
    assert 2 == cli.main(["secrets", "status", "--hooks", str(tmp_path / "nowhere.toml"), "--data", str(tmp_path)])
    assert "nowhere.toml: cannot be read" in capsys.readouterr().err


def test_what_was_made_here_is_told(data: Path, hooks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = {"ORDERS_WEBHOOK_SECRET": "made", "OLD_WEBHOOK_SECRET": "", "VERIHOOK_INSTANCE_KEY": "key"}
    (data / "secrets.json").write_text(json.dumps(kept))
    status = ["secrets", "status", "--hooks", str(hooks), "--data", str(data)]
    assert 0 == cli.main(status)
    told = capsys.readouterr().out
    assert "env:ORDERS_WEBHOOK_SECRET, made here" in told
    assert "env:OLD_WEBHOOK_SECRET, made here" not in told
    assert 0 == cli.main([*status, "--json"])
    (rotated,) = [row for row in json.loads(capsys.readouterr().out)["sources"] if row["source"] == "rotated"]
    assert [True, False] == [secret["madeHere"] for secret in rotated["secrets"]]
