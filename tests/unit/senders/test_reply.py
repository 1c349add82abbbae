"""The form of an answer."""

from __future__ import annotations

import json
import re

import pytest

from verihook.request import Reply, json_reply
from verihook.senders import PARTS, changed_sender, load_sender, sender_ids, sender_table
from verihook.senders.event import EventPlaces
from verihook.senders.reply import read_reply

ACCEPTED = json_reply(200, {"instanceId": "i"}, {"location": "/?instanceId=i"})


def refused(status: int) -> Reply:
    return Reply(
        status, json.dumps({"status": status, "code": "c"}).encode(), {"content-type": "application/problem+json"}
    )


def test_what_every_sender_gets_costs_nothing() -> None:
    assert read_reply({}) is read_reply({"status": 200, "body": "json"}) is None


def test_no_body_for_anything() -> None:
    form = read_reply({"status": 204, "body": "none"})
    assert form is not None
    assert Reply(204, b"", {"cache-control": "no-store", "location": "/?instanceId=i"}) == form.of(ACCEPTED)
    assert Reply(401, b"", {}) == form.of(refused(401))


FINAL = {400: 406, 401: 498, 409: 406, 413: 406, 415: 406, 422: 406}


@pytest.mark.parametrize("given", [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503])
def test_refusals(given: int) -> None:
    form = read_reply({"forged": 498, "final": 406})
    assert form is not None
    status = FINAL.get(given, given)
    answer = form.of(refused(given))
    assert (status, {"status": status, "code": "c"}) == (answer.status, json.loads(answer.body))
    assert ACCEPTED == form.of(ACCEPTED)


def test_a_text_is_for_what_was_accepted() -> None:
    form = read_reply({"body": "[accepted]"})
    assert form is not None
    assert b"[accepted]" == form.of(ACCEPTED).body
    assert refused(401) == form.of(refused(401))


def test_senders_that_are_answered_in_another_way() -> None:
    forms = {sender: load_sender(sender).reply for sender in sender_ids()}
    other = {sender for sender, form in forms.items() if form is not None}
    empty = {"airtable", "mattermost", "slack", "twilio", "twilio-json", "twilio-sharedkey", "xero"}
    texts = {"dropbox-sign", "zulip"}
    assert {"clickup", "discord", "gocardless", "mailgun", "mailgun-routes"} | empty | texts == other


def test_keys_beside_a_sender_replace_its_own_one_by_one() -> None:
    paddle = changed_sender(
        "paddle", {"signature": {"tolerance": 300}, "event": {"id": False}, "reply": {"status": 202}}
    )
    own = load_sender("paddle")
    assert (300, 5) == (paddle.scheme.tolerance, own.scheme.tolerance)  # type: ignore[attr-defined]
    assert (paddle.scheme.header, paddle.places.type) == (own.scheme.header, own.places.type)  # type: ignore[attr-defined]
    assert (None, 202) == (paddle.places.id, getattr(paddle.reply, "status", None))


def test_another_kind_brings_all_of_its_keys() -> None:
    zoom = changed_sender("zoom", {"handshake": {"kind": "head-ok"}, "signature": {"scheme": "token", "header": "X"}})
    assert "HeadOk" == type(zoom.handshake).__name__
    assert not zoom.scheme.binds_body


def test_every_key_of_every_sender_can_be_set_and_taken_away_beside_it() -> None:
    """Whatever stands in a file can stand beside the sender: the same sender comes of it."""
    for sender_id in sender_ids():
        own, table = load_sender(sender_id), sender_table(sender_id)
        for part in PARTS:
            for key, value in table.get(part, {}).items():
                assert own == changed_sender(sender_id, {part: {key: value}}), (sender_id, part, key)
            assert own == changed_sender(sender_id, {part: table[part]} if table.get(part) else {})
    assert changed_sender("zoom", {"handshake": {}}).handshake is None
    assert changed_sender("slack", {"reply": {}}).reply is None
    assert changed_sender("slack", {"reply": {"body": False}}).reply is None
    assert changed_sender("trello", {"handshake": {"kind": "echo-query", "echo": "challenge"}}).handshake is not None
    assert ("asana", None) == ((asana := changed_sender("asana", {"event": {"each": False}})).id, asana.places.each)


def test_a_key_is_for_each_way_of_signing() -> None:
    either = changed_sender("coinbase-cdp", {"signature": {"tolerance": 900}}).scheme
    assert [900, 900] == [each.tolerance for each in either.schemes]  # type: ignore[attr-defined]
    assert [300, 300] == [each.tolerance for each in load_sender("coinbase-cdp").scheme.schemes]  # type: ignore[attr-defined]


def test_a_time_that_is_signed_may_be_older() -> None:
    """Paddle's window is 5 s, and AWS's last retry comes after 3605 s."""
    for sender_id in sender_ids():
        scheme = load_sender(sender_id).scheme
        if scheme.timed:
            changed = changed_sender(sender_id, {"signature": {"tolerance": 7200}}).scheme
            each = getattr(changed, "schemes", (changed,))
            assert {7200} == {getattr(one, "tolerance", None) for one in each}, sender_id


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reply": {"bare": True}}, "reply.bare: unknown key; allowed: body, final, forged, status"),
        ({"reply": {"status": 299}}, "reply.status: must be one of 200, 201, 202, 204 (got 299)"),
        ({"reply": {"status": 204}}, "reply.body: an answer 204 has none"),
        ({"reply": {"final": 500}}, "reply.final: must be 400 to 499 (got 500)"),
        ({"reply": {"body": ""}}, "reply.body: must be a text that is not empty (got '')"),
        ({"reply": 1}, "reply: must be a table"),
        ({"handshake": {"kind": "x"}}, "handshake.kind: must be one of "),
        ({"signature": {"tolerance": "5m"}}, "signature.tolerance: must be a whole number (got '5m')"),
        ({"signature": {}}, "signature.scheme: must be one of "),
    ],
)
def test_mistakes(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        changed_sender("generic", changes)


def test_an_empty_table_takes_all_away() -> None:
    assert EventPlaces() == changed_sender("github", {"event": {}}).places
    assert changed_sender("zoom", {"handshake": {}}).handshake is None
    assert changed_sender("slack", {"reply": {}}).reply is None


def test_an_answer_of_the_operators_has_no_form_but_its_own() -> None:
    class Own(Reply):
        fixed = True

    form = read_reply({"status": 204, "body": "none", "final": 410})
    assert form is not None
    for answer in (Own(200, b"<Response/>", {"content-type": "text/xml"}), Own(400, b"no")):
        assert form.of(answer) is answer
