from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from verihook import cli
from verihook.cli.senders import markdown, rows
from verihook.config import load_hooks
from verihook.senders import sender_ids
from verihook.senders.handshake.binding import HandshakeContext

ROWS = {row.id: row for row in rows()}


def test_every_sender_has_a_row_without_gaps() -> None:
    assert sender_ids() == list(ROWS)
    for row in ROWS.values():
        assert row.title, row.id
        assert row.documentation.startswith("https://"), row.id
        assert row.evidence in ("unchecked", "documented", "official-vector", "official-library"), row.id
        assert row.timeout_seconds is None or row.timeout_seconds > 0, row.id


@pytest.mark.parametrize(
    ("sender", "scheme", "where", "signed"),
    [
        ("mailgun", "hmac sha256 hex", "signature.token", True),
        ("paypal", "public-key rsa-sha256", "id", False),
        ("telegram", "token", "update_id", False),
        ("twitch", "hmac sha256 hex", "header twitch-eventsub-message-id", True),
        ("aws-sns", "sns", "MessageId", True),
        ("github", "hmac sha256 hex", "header x-github-delivery", False),
        ("stripe", "hmac sha256 hex", "id", True),
        ("slack", "hmac sha256 hex", "event_id or trigger_id", True),
        ("standard-webhooks", "hmac sha256 base64", "header webhook-id", True),
    ],
)
def test_where_the_id_is_and_whether_it_is_signed(sender: str, scheme: str, where: str, signed: bool) -> None:
    row = ROWS[sender]
    assert (scheme, where, signed) == (row.scheme, row.event_id, row.id_signed)


def test_whose_bodies_tell_their_events() -> None:
    """Never those of a ping, a heartbeat or "something has changed": two events can have the same ones."""
    assert {
        "adyen": "notificationItems",
        "clickup": "history_items",
        "gocardless": "events",
        "lark-encrypted": "encrypt",
        "sendgrid": "the body",
        "xero": "lastEventSequence",
    } == {row.id: row.unique for row in ROWS.values() if row.unique}


def test_as_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == cli.main(["senders"])
    head, *lines = capsys.readouterr().out.splitlines()
    assert "ID TITLE SCHEME" == " ".join(head.split()[:3])
    assert sender_ids() == [line.split()[0] for line in lines]
    column = head.index("SCHEME")
    assert all(" " == line[column - 1] for line in lines)


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == cli.main(["senders", "--json"])
    table = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert sender_ids() == list(table)
    stripe = table["stripe"]
    assert ("Stripe", True, 20, "official-library") == (
        stripe["title"],
        stripe["id_signed"],
        stripe["timeout_seconds"],
        stripe["evidence"],
    )


def test_as_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == cli.main(["senders", "--markdown"])
    assert markdown(rows()) == capsys.readouterr().out
    line = next(line for line in markdown(rows()).splitlines() if line.startswith("| `github` "))
    link = "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"
    assert line.startswith(
        f"| `github` [GitHub]({link}) | hmac sha256 hex | header x-github-delivery, not signed; replays seen |"
    )


def test_a_cell_cannot_break_the_table() -> None:
    row = replace(ROWS["github"], retries="1 | 2")
    assert "10 s; 1 &#124; 2" in markdown([row])
    assert 1 == len({line.count("|") for line in markdown([row]).splitlines()})


def test_a_reader_that_has_seen_enough() -> None:
    program = Path(sys.executable).with_name("verihook")
    command = f"set -o pipefail; {program} senders | head -n 1"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (0, "") == (result.returncode, result.stderr)
    assert result.stdout.startswith("ID ")


@pytest.mark.parametrize("sender", sender_ids())
def test_the_steps_of_a_set_up_are_a_source_that_loads(
    sender: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == cli.main(["senders", "show", sender])
    shown = capsys.readouterr().out
    shown_source = "".join(
        f"{line[3:]}\n" for line in shown.splitlines() if line.startswith("   ") and "verihook " not in line
    )
    written = shown_source.partition("What it sends")[0].replace(
        'parameters.pairing = ""', f'parameters.pairing = "file:{sender}.secret"'
    )
    hooks = tmp_path / "hooks.toml"
    hooks.write_text(written + '\n[workflows.order-created]\nengine = "function"\ndefinition = "x"\n')
    source = load_hooks(hooks).sources[sender]
    if source.sender.handshake is not None:
        # Raises ValueError for a setting that is missing.
        fitting = {"topic_arns": "arn:aws:sns:eu-central-1:123456789012:orders"}
        given = {name: value or fitting.get(name, "env:GIVEN") for name, value in source.parameters.items()}
        references = tuple(secret.reference for secret in source.secrets)
        context = HandshakeContext(references, given, lambda _: ("secret",), public_url=source.public_url)
        source.sender.handshake.bind(context)
    assert ("was never compared" in shown) == (ROWS[sender].evidence == "unchecked")
    assert f"https://YOUR-HOST/hooks/{sender}" in shown


def test_the_steps_of_a_set_up(capsys: pytest.CaptureFixture[str]) -> None:
    for sender, words in (
        ("meta", ["parameters.verify_token", "a GET with hub.mode", "200 and the challenge as text"]),
        ("asana", ['secrets = ["file:asana.secret"]', "parameters.pairing"]),
        ("square", ['public_url = "https://YOUR-HOST/hooks/square"']),
        ("paypal", ["parameters.webhook_id", "Its event id: id."]),
        ("aws-sns", ["parameters.topic_arns", "It waits 15 s"]),
        ("clickup", ["It waits 7 s", "401 and 410 suspend the webhook"]),
        ("gocardless", ["Its event id: id, in each of events."]),
        ("dropbox", ["Its event id: none: each delivery is an event."]),
    ):
        assert 0 == cli.main(["senders", "show", sender])
        shown = capsys.readouterr().out
        assert [] == [each for each in words if each not in shown], sender
    assert 2 == cli.main(["senders", "show", "githb"])
    assert "must be one of adyen, " in capsys.readouterr().err


def test_what_each_rests_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == cli.main(["senders", "--evidence"])
    lines = capsys.readouterr().out.splitlines()
    assert ["SENDER", "EVIDENCE", "READ", "DOCUMENTATION"] == lines[0].split()
    assert any(line.split()[:3] == ["telnyx", "official-library", "2026-11-29"] for line in lines)
    unchecked = sum(row.evidence == "unchecked" for row in ROWS.values())
    assert f"{unchecked} of {len(ROWS)} are unchecked: never compared with the sender's own text." == lines[-1]
