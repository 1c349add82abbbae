"""``verihook rejections`` on the ledger of a running server, and on a table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from tests.boto_clients import translated
from tests.contracts.instances import HOUR, an_observation
from verihook import cli
from verihook.adapters.clock import SystemClock
from verihook.adapters.ledgers.dynamodb import DynamoDbLedger
from verihook.adapters.ledgers.sqlite import SqliteFile, SqliteLedger
from verihook.adapters.ledgers.table import create_table_request
from verihook.cli.rejections import meaning
from verihook.cli.table import utc_time
from verihook.model.instance import iso
from verihook.model.ports import KEPT_MS, Ledger
from verihook.model.ports.entries import EntryFailed, EntryTimeout
from verihook.webhooks.entering import REFUSED

NOW = SystemClock().now_ms()


def fill(ledger: Ledger) -> None:
    for number, (source, reason, ago) in enumerate(
        [
            ("orders", "signature-mismatch", 0),
            ("", "source-not-found", 2 * HOUR),
            ("github", "missing-header", 30 * HOUR),
            ("orders", "input-invalid", 31 * HOUR),
            ("orders", "not-active", KEPT_MS + 2 * HOUR),
        ],
        start=1,
    ):
        at = NOW - ago
        seen = an_observation(source=source, reason=reason, count=1000 * number, first_at=at, last_at=at)
        ledger.observe(seen)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose ledger another process has open."""
    with SqliteFile(tmp_path / "ledger.db") as file:
        fill(SqliteLedger(file))
        yield tmp_path


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = translated(boto3.client("dynamodb"))
        client.create_table(**create_table_request("a-table"))
        fill(DynamoDbLedger(client, "a-table"))
        yield "a-table"


@pytest.fixture(params=["--data", "--table"])
def where(request: pytest.FixtureRequest) -> list[str]:
    return [request.param, str(request.getfixturevalue(request.param.removeprefix("--")))]


def reasons(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert 0 == cli.main(["rejections", "--json", *arguments])
    return [row["reason"] for row in json.loads(capsys.readouterr().out)["rejections"]]


def test_the_newest_come_first_and_none_that_has_expired(capsys: pytest.CaptureFixture[str], where: list[str]) -> None:
    newest_first = ["signature-mismatch", "source-not-found", "missing-header", "input-invalid"]
    assert newest_first == reasons(capsys, *where)
    assert newest_first == reasons(capsys, *where, "--since", "1999-01-01")
    assert newest_first == reasons(capsys, *where, "--since", "400d")
    assert newest_first[:2] == reasons(capsys, *where, "--since", "24h")
    assert newest_first[:3] == reasons(capsys, *where, "--since", iso(NOW - 30 * HOUR))
    assert newest_first[:1] == reasons(capsys, *where, "--limit", "1")
    assert ["signature-mismatch", "input-invalid"] == reasons(capsys, *where, "--source", "orders")
    assert [] == reasons(capsys, *where, "--source", "nobody")


def test_for_programs(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    assert 0 == cli.main(["rejections", "--json", "--since", "3h", "--data", str(data)])
    expected = [("orders", "signature-mismatch", 1000, NOW), (None, "source-not-found", 2000, NOW - 2 * HOUR)]
    assert {
        "rejections": [
            {
                "source": source,
                "reason": reason,
                "count": count,
                "firstAt": iso(at),
                "lastAt": iso(at),
                "requestId": "a-request",
            }
            for source, reason, count, at in expected
        ]
    } == json.loads(capsys.readouterr().out)


def test_for_people(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    assert 0 == cli.main(["rejections", "--since", "3h", "--data", str(data)])
    shown = capsys.readouterr().out
    assert [
        "LAST SEEN             COUNT  SOURCE  REASON              A REQUEST",
        f"{utc_time(NOW)}  1,000  orders  signature-mismatch  a-request",
        f"{utc_time(NOW - 2 * HOUR)}  2,000  -       source-not-found    a-request",
        "",
        "signature-mismatch",
    ] == shown.splitlines()[:5]
    assert "  The signature is well-formed" in shown
    assert "source-not-found\n  No source is configured at this path. docs/operations.md has the mend.\n" in shown


def test_redeliveries_with_another_body_stand_before_all_else(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    with SqliteFile(tmp_path / "ledger.db") as file:
        for number, source in ((3, "orders"), (4, "orders"), (1, "stripe")):
            at = NOW - number * HOUR
            seen = an_observation(source=source, reason="", count=number, first_at=at, last_at=at)
            SqliteLedger(file).observe(replace(seen, kind="changed"))
    assert 0 == cli.main(["rejections", "--source", "orders", "--since", "5h", "--data", str(data)])
    first, blank, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("! orders: 7 redeliveries had another body than the first of their id, last seen ")
    assert utc_time(NOW - 3 * HOUR) in first
    assert blank == ""
    assert 0 == cli.main(["rejections", "--since", "5h", "--json", "--data", str(data)])
    changed = json.loads(capsys.readouterr().out)["changed"]
    assert [("stripe", 1), ("orders", 3), ("orders", 4)] == [(row["source"], row["count"]) for row in changed]


def test_captured_deliveries_stand_there_too(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    with SqliteFile(tmp_path / "ledger.db") as file:
        seen = an_observation(source="github", reason="", count=2, first_at=NOW, last_at=NOW)
        SqliteLedger(file).observe(replace(seen, kind="replayed"))
    assert 0 == cli.main(["rejections", "--source", "github", "--since", "5h", "--data", str(data)])
    first, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("! github: 2 deliveries had the signed bytes of an earlier one under another event id, ")


def test_every_reason_has_words() -> None:
    text = "A redelivery that the source's duplicates, changed or replays refuses. docs/operations.md has the mend."
    assert text == meaning("duplicate")
    assert "docs/operations.md says what it means." == meaning("other")


@pytest.mark.parametrize("reason", [EntryFailed.code, EntryTimeout.code, REFUSED])
def test_a_refusal_by_an_entry_says_where_its_own_words_are(reason: str) -> None:
    found = meaning(reason)
    assert found.startswith("The entry of the source ")
    assert found.endswith(f" verihook deliveries list --reason {reason} has the last one, and show its detail.")


def test_none(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    assert 0 == cli.main(["rejections", "--source", "orders", "--since", "9999-01-01T00:00Z", "--data", str(data)])
    assert "No rejections of source 'orders' since 9999-01-01 00:00:00Z.\n" == capsys.readouterr().out


@pytest.mark.parametrize("since", ["yesterday", "5w", "-1h", "1.5h", "2026-13-01", "٣h", ""])
@pytest.mark.parametrize("option", ["--since", "--limit"])
def test_wrong_use_is_told(capsys: pytest.CaptureFixture[str], option: str, since: str) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["rejections", f"{option}={since}"])
    assert 2 == caught.value.code
    line = capsys.readouterr().err
    assert line.startswith(f"verihook rejections: argument {option}: must be ")
    assert f" (got {since!r}) (usage: " in line


def test_a_folder_without_a_ledger_is_told_and_stays_empty(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert 2 == cli.main(["rejections", "--data", str(tmp_path)])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"verihook: {tmp_path}: there is no ledger in it; ")
    assert [] == list(tmp_path.iterdir())


def test_a_damaged_ledger_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("no database " * 100)
    with pytest.raises(SystemExit) as caught:
        cli.main(["rejections", "--data", str(tmp_path)])
    assert 1 == caught.value.code
    assert (
        f"verihook: {tmp_path} did not answer: file is not a database; name the folder that Verihook runs on (--data)\n"
        == capsys.readouterr().err
    )


@pytest.mark.usefixtures("table")
def test_a_table_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["rejections", "--table", "another-table"])
    assert 1 == caught.value.code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("verihook: another-table did not answer: ")
    assert "ResourceNotFoundException" in line


def test_a_missing_region_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    # The default session remembers the region that it was made with.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(SystemExit) as caught:
        cli.main(["rejections", "--table", "a-table"])
    assert 1 == caught.value.code
    mend = "look at the table's name and at this environment's AWS credentials and region"
    assert f"verihook: a-table did not answer: You must specify a region; {mend}\n" == capsys.readouterr().err
