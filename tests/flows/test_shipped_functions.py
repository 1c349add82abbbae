"""The plain functions that the shipped sources start: what they say of an event, and that nothing breaks them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.costs.bodies import VECTORS
from tests.flows.deployment import ROOT
from tests.vectors.run import read_cases, request_of
from verihook.config import load_hooks
from verihook.worker.functions import Context, Functions

HOOKS = load_hooks(ROOT / "handler" / "hooks.toml")
FUNCTIONS = Functions.load(ROOT / "handler" / "workflows", HOOKS.workflows)

#: The shipped sources of which each starts a function of its own.
OF_FUNCTIONS = ("github", "stripe", "slack", "standard")

PUSH = {
    "ref": "refs/heads/main",
    "repository": {"full_name": "acme/shop"},
    "sender": {"login": "kim"},
    "commits": [{"id": "1"}, {"id": "2"}],
}
OTHER = {name: value for name, value in PUSH.items() if name != "commits"}
CHARGE = {"object": "charge", "id": "ch_1", "customer": "cus_1", "amount": 1999, "currency": "eur"}
MESSAGE = {"type": "message", "channel": "C1", "user": "U1", "text": "a secret word"}


def run(source: str, event: Any) -> Any:
    context = Context("an_id", 1, 1, source, source, "evt_1", lambda: 60_000)
    output = FUNCTIONS.call(HOOKS.workflows[HOOKS.sources[source].workflow].definition, event, context, 60_000)
    return json.loads(json.dumps(output, allow_nan=False))


def test_only_orders_starts_the_dearest_engine() -> None:
    engines = {name: HOOKS.workflows[source.workflow].engine for name, source in HOOKS.sources.items()}
    assert engines == {"orders": "stepfunctions"} | dict.fromkeys(OF_FUNCTIONS, "function")
    assert len({HOOKS.sources[name].workflow for name in OF_FUNCTIONS}) == len(OF_FUNCTIONS)


@pytest.mark.parametrize(
    ("event", "summary"),
    [
        (PUSH, "2 commits to main"),
        (PUSH | {"commits": [{}]}, "1 commit to main"),
        (
            OTHER | {"action": "opened", "pull_request": {"number": 7, "title": "Faster"}},
            "pull request 7 opened: Faster",
        ),
        (OTHER | {"action": "published", "release": {"tag_name": "v1", "name": "One"}}, "release v1 published: One"),
        (OTHER, None),
    ],
)
def test_github(event: Any, summary: str | None) -> None:
    assert run("github", event) == {"repository": "acme/shop", "by": "kim", "summary": summary}


def test_stripe() -> None:
    event = {"id": "evt_1", "type": "charge.succeeded", "livemode": False, "data": {"object": CHARGE}}
    assert run("stripe", event) == {"type": "charge.succeeded", "live": False} | CHARGE
    paid = {"object": "invoice", "amount_paid": 0, "amount_total": 7}
    assert run("stripe", {"data": {"object": paid}})["amount"] == 0


def test_slack(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    told = run("slack", {"type": "event_callback", "team_id": "T1", "event": MESSAGE})
    assert told == {"type": "message", "team": "T1", "channel": "C1", "user": "U1", "words": 3}
    assert "U1" in caplog.text
    assert "secret" not in caplog.text


def test_standard() -> None:
    event = {"type": "user.created", "timestamp": "2026-01-01T00:00:00Z", "data": {"name": "x", "id": 1}}
    assert run("standard", event) == {"type": event["type"], "timestamp": event["timestamp"], "members": ["id", "name"]}


@pytest.mark.parametrize("source", OF_FUNCTIONS)
@pytest.mark.parametrize(
    "event",
    [
        None,
        7,
        "text",
        [],
        {},
        {"commits": [], "event": [], "data": [], "repository": 1, "sender": "x"},
        {"data": {"object": 1}, "event": {"text": 1}, "issue": {}, "action": None},
        {"data": {"object": {"amount": None}}, "event": "x", "pull_request": []},
    ],
    ids=repr,
)
def test_whatever_comes_is_told(source: str, event: Any) -> None:
    assert set(run(source, event)) == set(run(source, {}))


@pytest.mark.parametrize("sender", ["github", "stripe", "slack", "standard-webhooks"])
def test_what_the_sender_is_known_to_send_is_told(sender: str) -> None:
    for case in read_cases(VECTORS):
        if case["provider"] == sender and case["valid"]:
            try:
                content = json.loads(request_of(case).body)
            except ValueError:
                continue
            run(sender.partition("-")[0], content)
