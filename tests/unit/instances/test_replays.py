"""Signed bytes under another event id: counted and shown, refused if that was asked for, and never the same id."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from tests.flows.deployment import ROOT
from tests.unit.bare import a_request
from tests.unit.parts import Parts, parts, request
from verihook import instances
from verihook.errors import Duplicate, IdTaken, LedgerUnavailable
from verihook.instances import replays
from verihook.model.ports import Document, Trace
from verihook.model.source import Source
from verihook.senders import load_sender, sender_ids
from verihook.webhooks.intake import IntakeResult, ProvenEvent, start_for_event

__all__ = ["parts"]

SOURCE = Source("repository", load_sender("github"), (), "w")
REFUSING = replace(SOURCE, replays="refuse")
SIGNED = "a" * 64
DAY_MS = 86_400_000


def arrive(
    parts: Parts, event: str | None, source: Source = SOURCE, signed: str = SIGNED
) -> tuple[IntakeResult, Trace]:
    content = {"n": 1}
    trace = Trace(f"r {event}", parts.clock.now_ms(), source.name)
    return start_for_event(
        source, ProvenEvent(content, json.dumps(content), event, "push", a_request(), signed), parts.services, trace
    ), trace


def shown(parts: Parts, taken: IntakeResult) -> str | None:
    return replays.replay_of(parts.row(str(taken.instance_id)), parts.services)


def test_a_second_id_starts_and_names_the_first(parts: Parts) -> None:
    first, one = arrive(parts, "a")
    second, other = arrive(parts, "b")
    assert (None, first.instance_id) == (one.replay_of, other.replay_of)
    assert ("accepted", False) == (other.outcome, second.duplicate)
    assert [first.instance_id, second.instance_id] == parts.engine.starts
    assert (None, first.instance_id) == (shown(parts, first), shown(parts, second))


def test_a_second_id_is_refused_where_the_source_says_so_and_leaves_nothing(parts: Parts) -> None:
    first, _ = arrive(parts, "a", REFUSING)
    trace = Trace("r", parts.clock.now_ms(), REFUSING.name)
    large = json.dumps({"n": 1, "note": "x" * 300_000})
    with pytest.raises(Duplicate, match=f"under another event id; their instance is {first.instance_id}"):
        start_for_event(
            REFUSING, ProvenEvent(json.loads(large), large, "b", "push", a_request(), SIGNED), parts.services, trace
        )
    assert trace.replay_of == first.instance_id
    assert [first.instance_id] == parts.engine.starts
    assert parts.ledger.get(str(trace.instance_id), parts.clock.now_ms()) is None
    kept = f"{trace.instance_id}/{sha256(large.encode()).hexdigest()}"
    assert parts.services.payloads.get(kept) is None


@pytest.mark.parametrize("source", [SOURCE, REFUSING], ids=["start", "refuse"])
def test_the_same_id_always_passes(parts: Parts, source: Source) -> None:
    first, _ = arrive(parts, "a", source)
    again, trace = arrive(parts, "a", source)
    assert (first.instance_id, True, None) == (again.instance_id, again.duplicate, trace.replay_of)
    assert [first.instance_id] == parts.engine.starts


@pytest.mark.parametrize("signed", ["b" * 64, None])
def test_other_bytes_and_bytes_that_are_not_told_are_no_replay(parts: Parts, signed: Any) -> None:
    arrive(parts, "a", REFUSING)
    _, trace = arrive(parts, "b", REFUSING, signed)
    assert ("accepted", None) == (trace.outcome, trace.replay_of)


def test_sources_do_not_share_what_was_signed(parts: Parts) -> None:
    arrive(parts, "a", REFUSING)
    _, trace = arrive(parts, "b", replace(REFUSING, name="another"))
    assert trace.replay_of is None


def test_a_process_that_dies_before_its_claim_is_passed_by_the_same_id(parts: Parts) -> None:
    claim = parts.ledger.claim
    parts.ledger.claim = dies
    with pytest.raises(LedgerUnavailable):
        arrive(parts, "a", REFUSING)
    parts.ledger.claim = claim
    taken, _ = arrive(parts, "a", REFUSING)
    assert not taken.duplicate
    with pytest.raises(Duplicate):
        arrive(parts, "b", REFUSING)
    assert [taken.instance_id] == parts.engine.starts


def dies(*_: object) -> None:
    raise LedgerUnavailable("The ledger did not answer.")


class Without:
    """Documents that cannot be written."""

    def add(self, partition: str, document: Document, now_ms: int) -> None:
        dies()


def test_what_cannot_be_remembered_is_taken_and_told(parts: Parts) -> None:
    parts.services = replace(parts.services, documents=Without())  # type: ignore[arg-type]
    taken, _ = arrive(parts, "a")
    assert [taken.instance_id] == parts.engine.starts
    assert [f"replays {taken.instance_id}"] == [where for where, _ in parts.heard.failures]
    with pytest.raises(LedgerUnavailable):
        arrive(parts, "b", REFUSING)


def test_a_purge_leaves_what_was_signed(parts: Parts) -> None:
    first, _ = arrive(parts, "a", REFUSING)
    instances.purge(str(first.instance_id), parts.services, force=True)
    with pytest.raises(Duplicate):
        arrive(parts, "b", REFUSING)


def test_a_purge_leaves_the_id_of_an_event_taken(parts: Parts) -> None:
    first, _ = arrive(parts, "a")
    instances.purge(str(first.instance_id), parts.services, force=True)
    with pytest.raises(IdTaken):
        instances.submit(request(id=first.instance_id), "", parts.services)
    assert arrive(parts, "a")[0].duplicate


def test_it_is_remembered_as_long_as_the_row(parts: Parts) -> None:
    """A year in its engine, then the 90 days of its workflow."""
    arrive(parts, "a", REFUSING)
    parts.clock.at += (366 + 90) * DAY_MS - 1
    with pytest.raises(Duplicate):
        arrive(parts, "b", REFUSING)
    parts.clock.at += 1
    assert not arrive(parts, "b", REFUSING)[0].duplicate


def test_a_function_and_an_express_machine_live_no_year(parts: Parts) -> None:
    express = replace(REFUSING, workflow="express")
    arrive(parts, "a", express)
    parts.clock.at += (7 + 90) * DAY_MS - 1
    with pytest.raises(Duplicate):
        arrive(parts, "b", express)
    parts.clock.at += 1
    arrive(parts, "b", express)


#: Senders of captured deliveries that could come again under another id; which refuse them by themselves.
REPLAYABLE = {
    "bitbucket": "start",
    "cloudevents": "start",
    "github": "start",
    "github-sha1": "start",
    "gitea": "start",
    "greenhouse": "start",
    "hookdeck": "start",
    "jira": "start",
    "linear": "start",
    "modern-treasury": "start",
    "paypal": "refuse",
    "razorpay": "start",
    "sentry": "start",
    "shopify": "start",
    "twilio": "start",
    "twilio-json": "start",
    "twilio-sharedkey": "start",
    "woocommerce": "start",
}


#: Senders that sign a time and not the id, with the seconds for which another id passes; and those that sign no body.
WITHIN_A_WINDOW = {"box": 600, "qstash": 300, "sanity": 300, "zendesk": 300}
TOKENS = {
    *("auth0-log-stream", "azure-event-grid-cloudevents", "chargebee", "gitlab-token", "google-pubsub"),
    *("mercado-pago", "midtrans", "monday", "okta", "telegram", "atlassian-connect", "lark"),
    *("mailgun-routes", "mattermost", "pipedrive", "zulip"),
}


def test_of_which_senders_the_id_is_not_signed() -> None:
    senders = {id: load_sender(id) for id in sender_ids()}
    unsigned: dict[str, Any] = {
        id: sender.scheme
        for id, sender in senders.items()
        if (place := sender.places.id) is not None and not sender.scheme.covers(place.header, place.json)
    }
    assert unsigned.keys() == {*REPLAYABLE, *WITHIN_A_WINDOW, *TOKENS}
    assert WITHIN_A_WINDOW == {
        id: scheme.tolerance for id, scheme in unsigned.items() if scheme.timed and scheme.binds_body
    }
    page = (ROOT / "docs" / "senders.md").read_text()
    listed = ", ".join(f"{id.capitalize()} ({seconds} seconds)" for id, seconds in WITHIN_A_WINDOW.items())
    assert listed in page


def test_which_senders_are_concerned() -> None:
    sources = [Source(sender, load_sender(sender), (), "w") for sender in sender_ids()]
    found = {each.name: "refuse" if each.refuses_replays else "start" for each in sources if each.replayable}
    assert found == REPLAYABLE
    assert all(replace(each, replays="refuse").refuses_replays is each.replayable for each in sources)
    assert not Source("p", load_sender("paypal"), (), "w", replays="start").refuses_replays
