"""Putting together: what is refused at load, under which key, and what a source is given."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from tests.flows.signing import x_signature
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.telemetry.console import ConsoleTelemetry
from verihook.bootstrap import LOCAL_PACE, assemble, secrets_of
from verihook.config import load_hooks
from verihook.errors import ConfigurationError, SignatureError
from verihook.model.ports import Services
from verihook.request import Request

WORKFLOW = """
workflow = "w"
[workflows.w]
engine = "stepfunctions"
definition = "w"
"""


def services(folder: Path, source: str, *, verifies: bool = True, **variables: str) -> Services:
    path = folder / "hooks.toml"
    path.write_text(f"[sources.a]\n{source}\n{WORKFLOW}")
    absent: dict[str, Any] = dict.fromkeys(("payloads", "caller"))
    rest: dict[str, Any] = {"instance_key": b"k" * 32, "pace": LOCAL_PACE, "engines": {}, **absent}
    telemetry = ConsoleTelemetry(io.StringIO())
    with SqliteFile(folder / "ledger.db") as file:
        ledger, documents = SqliteLedger(file), SqliteDocuments(file)
        secrets = secrets_of(variables, folder)
        return assemble(load_hooks(path), secrets, ledger, documents, telemetry, verifies=verifies, **rest)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('sender = "generic"\nsecrets = ["env:MISSING"]', "sources.a.secrets: env:MISSING is not set"),
        (
            'sender = "generic"\nsecrets = ["env:A", "file:missing"]',
            "sources.a.secrets: file:missing cannot be read: No",
        ),
        ('sender = "standard-webhooks"\nsecrets = ["env:A"]', "sources.a.secrets: the secret is not base64"),
        ('sender = "twilio"\nsecrets = ["env:A"]', "sources.a.public_url: write the URL"),
        # The store is not asked for that.
        ('sender = "twilio"\nsecrets = ["ssm:/a"]', "sources.a.public_url: write the URL"),
    ],
)
def test_what_is_refused_at_load(tmp_path: Path, source: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        services(tmp_path, source, A="whsec_!")
    assert str(refusal.value).startswith(f"hooks.toml: {message}")
    assert "whsec_!" not in str(refusal.value)


def test_who_verifies_nothing_needs_no_secret(tmp_path: Path) -> None:
    made = services(tmp_path, 'sender = "generic"\nsecrets = ["env:MISSING"]', verifies=False)
    assert ({}, ["a"]) == (made.verify, list(made.sources))


@pytest.mark.parametrize("secret", ["", "guess"])
def test_a_source_that_a_queue_feeds_takes_nothing_unsigned_over_http(tmp_path: Path, secret: str) -> None:
    """It may have no secret at all, and is reached at its path like any other."""
    made = services(tmp_path, 'sender = "generic"\nfeed = "arn:aws:sqs:eu-west-1:123456789012:orders"')
    body = b'{"id": "evt_1"}'
    for headers in ([], x_signature(body, secret)):
        with pytest.raises(SignatureError):
            made.verify["a"](Request("POST", "/hooks/a", "", tuple(headers), body, "r"), 0)


def test_a_sender_whose_keys_are_on_the_network_gets_the_fetcher(tmp_path: Path) -> None:
    """Without it, its scheme would not take a source that has no secret."""
    made = services(
        tmp_path, 'sender = "aws-sns"\nparameters = { topic_arns = "arn:aws:sns:us-east-1:123456789012:t" }'
    )
    with pytest.raises(SignatureError):
        made.verify["a"](Request("POST", "/hooks/a", "", (), b"{}", "r"), 0)
