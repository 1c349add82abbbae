"""A sender's event is one event, whatever carries it: HTTP, a queue, a topic, a bus, a CloudEvent."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.unit.carriers import CLOUD, QUEUE, event_of_a_bus, notified, queued
from tests.unit.working import Working, working
from verihook.model.source import Source
from verihook.request import Reply, Request
from verihook.senders import load_sender
from verihook.senders.event import EventPlaces, Place
from verihook.senders.schemes import CURRENT, Proof
from verihook.webhooks.feeds import take_messages
from verihook.webhooks.receive import receive

FEED = "arn:aws:sns:eu-central-1:123456789012:payments"
GENERIC = replace(load_sender("generic"), places=EventPlaces(Place(json=("id",)), Place(json=("type",))))
STRIPE = {"id": "evt_1", "object": "event", "type": "invoice.paid", "data": {"object": {"id": "in_1"}}}


def carried(times: int) -> list[dict[str, Any]]:
    """One event of Stripe in each carrier that it may come in; the carriers' own ids are others each time."""
    text = json.dumps(STRIPE)
    # A partner's bus names the sender's type, a bus with a webhook source of its own need not.
    partner = event_of_a_bus(STRIPE) | {"id": f"p{times}", "detail-type": "invoice.paid"}
    managed = event_of_a_bus(STRIPE) | {"id": f"m{times}", "detail-type": "Webhook Event"}
    cloud = {"specversion": "1.0", "id": "evt_1", "source": "/stripe", "type": "invoice.paid", "data": STRIPE}
    notification = notified(text, MessageId=f"s{times}")["Records"][0]["Sns"]
    return [
        notified(text, topic=FEED, MessageId=f"s{times}"),
        notified(json.dumps(cloud), topic=FEED, MessageId=f"c{times}"),
        *(
            queued(body, arn=FEED, first=10 * times + number)
            for number, body in enumerate([text, notification, partner, managed, cloud])
        ),
        *({"feed": FEED, "event": event} for event in (partner, managed)),
    ]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("identity", ["id", "body"])
def test_one_event_by_whatever_carrier_is_one_instance(tmp_path: Path, seed: int, identity: str) -> None:
    """HTTP, SNS, SQS, EventBridge and CloudEvents, each twice and in any order."""
    sender = load_sender("stripe")
    if identity == "body":
        sender = replace(sender, places=EventPlaces(None, Place(json=("type",))))
    fed = Source("a", sender, (), "w", feed=FEED, by_body=identity == "body", types=("invoice.*",))
    calls: list[Any] = [None, None, *carried(1), *carried(2)]
    if identity == "body":
        # A CloudEvent has an id of its own, which a body without one cannot equal.
        calls = [call for call in calls if "specversion" not in json.dumps(call)]
    Random(seed).shuffle(calls)
    with working(tmp_path, {"w": print}, sources={"a": fed}) as w:
        for call in calls:
            if call is None:
                assert 200 == by_http(STRIPE, w).status
            else:
                assert [] == take_messages(call, w.services)
        outcomes = [trace.outcome for trace in w.told.deliveries]
        assert 1 == sum(outcome == "accepted" for outcome in outcomes)
        assert {"accepted", "duplicate"} == set(outcomes)
        assert not any(trace.changed for trace in w.told.deliveries)


def by_http(content: object, w: Working) -> Reply:
    """A delivery that is taken for proven: its signature is not what is tried here."""
    request = Request("POST", "/hooks/a", "", (), json.dumps(content).encode(), "r")
    return receive(request, replace(w.services, verify={"a": lambda request, now: CURRENT}))


def test_two_cloud_events_about_one_object_are_two(tmp_path: Path) -> None:
    """What stands at the sender's place may be the object's id: only if both ids agree it is the event's."""
    events = [{**CLOUD, "id": f"c{number}", "data": {"id": "o-7"}} for number in (1, 2)]
    with working(tmp_path, {"w": print}, sources={"queue": Source("queue", GENERIC, (), "w", feed=QUEUE)}) as w:
        assert [] == take_messages(queued(*events), w.services)
        assert ["accepted", "accepted"] == [trace.outcome for trace in w.told.deliveries]


@pytest.mark.parametrize("http_first", [True, False])
def test_an_event_of_github_by_a_queue_is_no_replay_of_its_delivery(tmp_path: Path, http_first: bool) -> None:
    """AWS says who sends, and nothing is signed: the id alone says that the two are one."""
    fed = Source("a", load_sender("github"), (), "w", feed=QUEUE, replays="refuse")
    content = {"ref": "refs/heads/main"}
    message = queued(content)
    attributes = {"X-GitHub-Delivery": "72d3162e", "X-GitHub-Event": "push"}
    message["Records"][0]["messageAttributes"] = {name: {"stringValue": text} for name, text in attributes.items()}
    headers = tuple((name.lower(), text) for name, text in attributes.items())
    request = Request("POST", "/hooks/a", "", headers, json.dumps(content).encode(), "r")
    with working(tmp_path, {"w": print}, sources={"a": fed}) as w:
        over_http = replace(w.services, verify={"a": lambda request, now: Proof("current", "5" * 64)})
        for by_queue in (not http_first, http_first):
            if by_queue:
                assert [] == take_messages(message, w.services)
            else:
                assert 200 == receive(request, over_http).status
        assert ["accepted", "duplicate"] == [trace.outcome for trace in w.told.deliveries]
        assert not any(trace.replay_of for trace in w.told.deliveries)
