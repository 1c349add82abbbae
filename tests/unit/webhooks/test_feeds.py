"""Messages of queues, topics and rules become deliveries of the sources that they feed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.carriers import CLOUD, QUEUE, TOPIC, event_of_a_bus, notified, queued
from tests.unit.working import Working, working
from verihook.errors import EventMalformed, LedgerUnavailable, RequestInvalid, SourceNotFound
from verihook.model.instance import Instance, derive_id
from verihook.model.source import Source
from verihook.senders import load_sender
from verihook.senders.event import EventPlaces, Place
from verihook.webhooks.feeds import take_messages, unwrap

FIFO = "arn:aws:sqs:eu-central-1:123456789012:orders.fifo"
RULE = "arn:aws:events:eu-central-1:123456789012:rule/shop/orders"

SENDER = replace(load_sender("generic"), places=EventPlaces(Place(json=("id",)), Place(json=("type",))))


def source(name: str, feed: str, **fields: Any) -> Source:
    return Source(name, SENDER, (), "w", feed=feed, **fields)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Working]:
    sources = [
        source("queue", QUEUE),
        source("fifo", FIFO),
        source("topic", TOPIC, types=("order.*",)),
        source("rule", RULE),
        source("http", ""),
    ]
    with working(tmp_path, {"w": lambda event, context: event}, sources={each.name: each for each in sources}) as w:
        yield w


def row(w: Working, name: str, event_id: str) -> Instance:
    return w.row(derive_id(w.services.instance_key, name, f"id {event_id}"))


def test_a_message_of_a_queue_is_a_delivery(work: Working) -> None:
    assert [] == take_messages(queued('{"id": "e1", "type": "order.new",  "n": 1}'), work.services)
    found = row(work, "queue", "e1")
    assert ("w", "queue", "e1", "order.new") == (found.workflow, found.source, found.event_id, found.event_type)
    assert '{"id": "e1", "type": "order.new",  "n": 1}' == found.input
    trace = work.told.deliveries[0]
    assert ("queue", "accepted", 200, "m1") == (trace.source, trace.outcome, trace.status, trace.request_id)


@pytest.mark.parametrize(
    ("body", "event_id", "kind", "input"),
    [
        ({"n": 1}, "m1", None, {"n": 1}),
        (event_of_a_bus({"n": 2}), "b1", "order.placed", {"n": 2}),
        (CLOUD, "/shop c1", "order.placed", {"n": 7}),
        (notified('{"n":3}')["Records"][0]["Sns"], "s1", None, {"n": 3}),
        (notified(json.dumps(event_of_a_bus({"n": 4})))["Records"][0]["Sns"], "b1", "order.placed", {"n": 4}),
        (notified(json.dumps(CLOUD))["Records"][0]["Sns"], "/shop c1", "order.placed", {"n": 7}),
        (event_of_a_bus(CLOUD), "/shop c1", "order.placed", {"n": 7}),
        # Not the whole of an envelope is no envelope.
        ({"Type": "Notification", "MessageId": "s1"}, "m1", None, {"Type": "Notification", "MessageId": "s1"}),
    ],
)
def test_envelopes(work: Working, body: Any, event_id: str, kind: str | None, input: Any) -> None:
    assert [] == take_messages(queued(body), work.services)
    found = row(work, "queue", event_id)
    assert (input, kind) == (json.loads(found.input), found.event_type)


def test_one_event_in_several_envelopes_is_one_instance(work: Working) -> None:
    envelope = notified(json.dumps(CLOUD))["Records"][0]["Sns"]
    assert [] == take_messages(queued(CLOUD, envelope, event_of_a_bus(CLOUD)), work.services)
    assert ["accepted", "duplicate", "duplicate"] == [trace.outcome for trace in work.told.deliveries]


def test_a_redelivery_keeps_its_id(work: Working) -> None:
    for _ in range(3):
        assert [] == take_messages(queued({"n": 1}), work.services)
    assert ["accepted", "duplicate", "duplicate"] == [trace.outcome for trace in work.told.deliveries]


def test_only_what_failed_is_brought_again(work: Working) -> None:
    bodies = [{"n": 1}, "not JSON", {"n": 3}, {"id": "x" * 257}, {**CLOUD, "type": 7}, {**CLOUD, "specversion": "0.3"}]
    assert ["m2", "m4", "m6"] == take_messages(queued(*bodies), work.services)
    assert {"n": 3} == json.loads(row(work, "queue", "m3").input)
    where = [where for where, _ in work.told.failures]
    assert [f"feed {QUEUE} m2", f"feed {QUEUE} m4", f"feed {QUEUE} m6"] == where
    assert "The message is not JSON: Expecting value at character 0." == str(work.told.failures[0][1])
    assert ["event-malformed"] * 3 == [trace.reason for trace in work.told.refused]


def test_a_ledger_that_does_not_answer_is_asked_again(work: Working) -> None:
    class Down:
        def has_room(self, text: str) -> bool:
            return True

        def claim(self, instance: Instance) -> None:
            raise LedgerUnavailable("The ledger did not answer.")

    services = replace(work.services, ledger=Down())  # type: ignore[arg-type]
    assert ["m1", "m2"] == take_messages(queued({"n": 1}, {"n": 2}), services)
    assert ["unavailable"] * 2 == [trace.outcome for trace in work.told.deliveries]
    assert [] == take_messages(queued({"n": 1}, {"n": 2}), work.services)


def test_a_group_keeps_its_order(work: Working) -> None:
    event = queued({"n": 1}, "not JSON", {"n": 3}, arn=FIFO, group="a")
    event["Records"] += queued({"n": 4}, arn=FIFO, group="b", first=4)["Records"]
    assert ["m2", "m3"] == take_messages(event, work.services)
    assert ["accepted", "rejected", "accepted"] == [trace.outcome for trace in work.told.deliveries]


def test_a_queue_that_no_source_names_feeds_none(work: Working) -> None:
    assert ["m1"] == take_messages(queued({"n": 1}, arn=QUEUE + "-other"), work.services)
    # A source without feed takes no batch, not even one that says it comes from nowhere.
    assert ["m1"] == take_messages(queued({"n": 1}, arn=""), work.services)
    assert [SourceNotFound] * 2 == [type(error) for _, error in work.told.failures]


def test_a_queue_may_feed_several_sources(tmp_path: Path) -> None:
    sources = {name: source(name, QUEUE, types=types) for name, types in {"a": (), "b": ("x",), "c": ("y",)}.items()}
    with working(tmp_path, {"w": lambda event, context: 1}, sources=sources) as w:
        assert [] == take_messages(queued({"id": "e", "type": "x"}), w.services)
        assert ["accepted", "accepted", "ignored"] == [trace.outcome for trace in w.told.deliveries]


def test_a_source_that_rejects_duplicates_has_the_first_and_asks_for_no_more(tmp_path: Path) -> None:
    with working(tmp_path, {"w": print}, sources={"a": source("a", QUEUE, duplicates="reject")}) as w:
        for _ in range(2):
            assert [] == take_messages(queued({"id": "e"}), w.services)
        assert [("accepted", 200), ("duplicate", 409)] == [(t.outcome, t.status) for t in w.told.deliveries]


def test_the_same_body_is_one_event_where_the_source_says_so(tmp_path: Path) -> None:
    with working(tmp_path, {"w": print}, sources={"a": source("a", QUEUE, by_body=True)}) as w:
        assert [] == take_messages(queued({"n": 1}, {"n": 1}, {"n": 2}), w.services)
        assert ["accepted", "duplicate", "accepted"] == [trace.outcome for trace in w.told.deliveries]


def test_attributes_stand_for_headers(tmp_path: Path) -> None:
    fed = replace(source("a", QUEUE), sender=load_sender("github"))
    with working(tmp_path, {"w": print}, sources={"a": fed}) as w:
        event = queued({"n": 1})
        event["Records"][0]["messageAttributes"] = {
            "X-GitHub-Event": {"stringValue": "push", "dataType": "String"},
            "X-GitHub-Delivery": {"stringValue": "d1", "dataType": "String"},
            "Other": {"binaryValue": "AA==", "dataType": "Binary"},
        }
        assert [] == take_messages(event, w.services)
        assert ("d1", "push") == (row(w, "a", "d1").event_id, row(w, "a", "d1").event_type)


def test_what_there_is_no_time_for_is_brought_again(work: Working) -> None:
    left = iter([9_999, 9_999])
    assert ["m2", "m3"] == take_messages(queued({"n": 1}, {"n": 2}, {"n": 3}), work.services, lambda: next(left))
    assert ["accepted"] == [trace.outcome for trace in work.told.deliveries]


def test_a_topic(work: Working) -> None:
    assert [] == take_messages(notified('{"id": "e1", "type": "order.new"}'), work.services)
    # The sender's own id comes before that of the message, which is another one each time it is published.
    assert "order.new" == row(work, "topic", "e1").event_type
    assert [] == take_messages(notified('{"id": "e2", "type": "other"}', MessageId="s2"), work.services)
    assert ["accepted", "ignored"] == [trace.outcome for trace in work.told.deliveries]


def test_a_topic_is_asked_for_the_whole_again(work: Working) -> None:
    with pytest.raises(EventMalformed):
        take_messages(notified("not JSON"), work.services)
    with pytest.raises(SourceNotFound):
        take_messages(notified("{}", topic=TOPIC + "-other"), work.services)


@pytest.mark.parametrize("spelled", [lambda event: event, json.dumps])
def test_a_rule(work: Working, spelled: Any) -> None:
    assert [] == take_messages({"feed": RULE, "event": spelled(event_of_a_bus({"n": 1}))}, work.services)
    assert ('{"n":1}', "order.placed") == (row(work, "rule", "b1").input, row(work, "rule", "b1").event_type)


@pytest.mark.parametrize(
    ("event", "error", "words"),
    [
        (event_of_a_bus({}), RequestInvalid, "Give the target of the rule the input template"),
        ({"feed": RULE, "event": {"id": "b1"}}, EventMalformed, "lacks members of an EventBridge event"),
        ({"feed": RULE, "event": "{"}, EventMalformed, "The event of the rule is not JSON"),
        ({"feed": RULE + "2", "event": event_of_a_bus({})}, SourceNotFound, "No source has the feed"),
        ({"Records": [{}]}, RequestInvalid, "The event must be one of"),
        ({}, RequestInvalid, "The event must be one of"),
    ],
)
def test_what_cannot_be_taken(work: Working, event: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        take_messages(event, work.services)


@pytest.mark.parametrize("times", [5, 1500])
def test_too_many_envelopes_are_refused(times: int) -> None:
    with pytest.raises(EventMalformed):
        unwrap("", enveloped(times))
    assert {"n": 1} == unwrap("", enveloped(4))[0].content


def enveloped(times: int) -> Any:
    content: Any = {"n": 1}
    for _ in range(times):
        content = event_of_a_bus(content)
    return content
