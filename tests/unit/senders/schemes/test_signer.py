"""The sender's side."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.schemes import PLAIN, Proof, Setting

NOW = 1_765_432_100


def request(body: bytes = b"{}", query: str = "") -> Request:
    return Request("POST", "/", query, (("x-any", "1"),), body, "")


def signed(sender: str, made: Request, setting: Setting = PLAIN) -> Request:
    return load_sender(sender).scheme.sign("secret", made, setting, message_id="msg_1", now=NOW)


def test_mailgun_is_signed_within_the_body_and_the_rest_stays() -> None:
    body = json.loads(signed("mailgun", request(b'{"event-data":{"event":"opened"}}')).body)
    assert {"event": "opened"} == body["event-data"]
    assert str(NOW) == body["signature"]["timestamp"]
    assert 50 == len(body["signature"]["token"])
    assert 64 == len(body["signature"]["signature"])


def test_a_token_that_stands_is_kept_and_another_message_has_another() -> None:
    scheme = load_sender("mailgun").scheme
    kept = json.loads(signed("mailgun", request(b'{"signature":{"token":"abc"}}')).body)
    assert "abc" == kept["signature"]["token"]
    first, second = (
        json.loads(scheme.sign("secret", request(), PLAIN, message_id=message_id, now=NOW).body)["signature"]["token"]
        for message_id in ("1", "2")
    )
    assert first != second


def test_linear_is_stamped_in_the_body_in_milliseconds() -> None:
    assert {"a": 1, "webhookTimestamp": NOW * 1000} == json.loads(signed("linear", request(b'{"a":1}')).body)


@pytest.mark.parametrize("sender", ["mailgun", "linear"])
@pytest.mark.parametrize("body", [b"[]", b"no json", b"\xff"])
def test_a_body_that_nothing_can_be_put_into_is_refused_in_words(sender: str, body: bytes) -> None:
    with pytest.raises(ValueError, match="must be a JSON object"):
        signed(sender, request(body))


def test_twilio_says_that_it_is_a_form_unless_the_request_says_otherwise() -> None:
    setting = Setting("https://hooks.example.com/in")
    form = "application/x-www-form-urlencoded"
    assert form == signed("twilio", request(b"a=1"), setting).header("content-type")
    other = replace(request(), headers=(("content-type", "text/plain"),))
    assert ["text/plain"] == signed("twilio", other, setting).values("content-type")


def test_twilio_puts_the_hash_of_a_json_body_behind_the_query() -> None:
    scheme = load_sender("twilio-json").scheme
    for query, public_url, begins in (
        ("b=2", "https://hooks.example.com/in?a=1", "b=2&bodySHA256="),
        ("", "https://hooks.example.com/in?a=1", "a=1&bodySHA256="),
        ("", "https://hooks.example.com/in", "bodySHA256="),
    ):
        setting = Setting(public_url)
        made = signed("twilio-json", request(query=query), setting)
        assert made.query.startswith(begins)
        assert Proof("current") == scheme.bind(("secret",), setting)(made, NOW)


def test_the_spaces_of_workos_are_written() -> None:
    header = signed("workos", request()).header("workos-signature")
    assert header is not None
    assert header.startswith(f"t={NOW}000, v1=")


def test_hygraph_whose_library_reads_by_places_has_the_signature_first() -> None:
    header = signed("hygraph", request()).header("gcms-signature")
    assert header is not None
    assert ["sign", "env", "t"] == [item.partition("=")[0] for item in header.split(", ")]


def test_what_cannot_be_signed_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="too-many-form-fields"):
        signed("twilio", request(b"&" * 2000), Setting("https://hooks.example.com/in"))
    with pytest.raises(ValueError, match=r"^public_url: "):
        signed("square", request())


def test_a_body_hash_that_the_url_has_already_is_replaced() -> None:
    scheme = load_sender("twilio-json").scheme
    setting = Setting("https://hooks.example.com/in?a=1&bodySHA256=00&b=2")
    unsigned = Request("POST", "/in", "", (("content-type", "application/json"),), b'{"a":1}', "")
    signed = scheme.sign("secret", unsigned, setting, message_id="m", now=0)
    assert 1 == signed.query.count("bodySHA256=")
    assert Proof("current") == scheme.bind(("secret",), setting)(signed, 0)
