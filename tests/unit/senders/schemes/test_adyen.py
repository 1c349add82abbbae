"""Adyen: every item is checked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import Proof
from verihook.senders.schemes.adyen import AdyenScheme

KEY, OLDER, STRANGER = "AA" * 32, "bb" * 32, "CC" * 32


def item(**members: object) -> dict[str, Any]:
    return {
        "pspReference": "1",
        "merchantAccountCode": "shop",
        "merchantReference": "a:b",
        "amount": {"value": 1130, "currency": "EUR"},
        "eventCode": "AUTHORISATION",
        "success": "true",
        **members,
    }


def request(items: list[Any]) -> Request:
    content = {"live": "false", "notificationItems": [{"NotificationRequestItem": one} for one in items]}
    return Request("POST", "/", "", (), json.dumps(content).encode(), "")


def signed(*items: dict[str, Any], key: str = KEY) -> list[dict[str, Any]]:
    delivery = AdyenScheme().sign(key, request(list(items)), message_id="1", now=0)
    return [one["NotificationRequestItem"] for one in json.loads(delivery.body)["notificationItems"]]


def reason(delivery: Request, *keys: str) -> str:
    with pytest.raises(SignatureError) as refusal:
        AdyenScheme().bind(keys or (KEY,))(delivery, 0)
    return refusal.value.reason


@pytest.mark.parametrize("success", ["true", "false", True, False])
def test_one_item_and_many_verify(success: object) -> None:
    verify = AdyenScheme().bind((KEY,))
    assert Proof("current") == verify(request(signed(item(success=success))), 0)
    assert Proof("current") == verify(request(signed(item(), item(pspReference="2"), item(originalReference=None))), 0)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_forged_item_anywhere_refuses_all(place: int) -> None:
    items = signed(item(), item(pspReference="2"), item(pspReference="3"))
    forged = json.loads(json.dumps(items))
    forged[place]["amount"]["value"] = 999_999
    assert "signature-mismatch" == reason(request(forged))
    unsigned = json.loads(json.dumps(items))
    del unsigned[place]["additionalData"]
    assert "no-signature" == reason(request(unsigned))


def test_each_signed_member_is_covered() -> None:
    for name in (
        "pspReference",
        "originalReference",
        "merchantAccountCode",
        "merchantReference",
        "eventCode",
        "success",
    ):
        assert "signature-mismatch" == reason(request([{**signed(item())[0], name: "other"}])), name
    for amount in ({"value": 1131, "currency": "EUR"}, {"value": 1130, "currency": "USD"}, {}, None):
        assert "signature-mismatch" == reason(request([{**signed(item())[0], "amount": amount}])), amount


def test_each_of_several_keys_verifies_and_the_oldest_needed_is_told() -> None:
    verify = AdyenScheme().bind((KEY, OLDER))
    new, old = signed(item())[0], signed(item(), key=OLDER)[0]
    assert Proof("current") == verify(request([new]), 0)
    assert Proof("previous") == verify(request([old]), 0)
    assert Proof("previous") == verify(request([new, old]), 0)
    assert "signature-mismatch" == reason(request([new, signed(item(), key=STRANGER)[0]]), KEY, OLDER)


@pytest.mark.parametrize("secret", ["AAxx", "AAA", "AA AA", "\u0661\u0661"])
def test_a_key_that_is_not_hex_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="not hex"):
        AdyenScheme().bind((secret,))


def test_no_key_and_an_empty_key_never_verify() -> None:
    with pytest.raises(ValueError, match="the secret is empty"):
        AdyenScheme().bind((KEY, ""))
    with pytest.raises(SignatureError) as refusal:
        AdyenScheme().bind(())(request(signed(item())), 0)
    assert "no-secret" == refusal.value.reason


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, "no-items"),
        ({"notificationItems": []}, "no-items"),
        ({"notificationItems": {}}, "no-items"),
        ({"notificationItems": [None]}, "malformed-item"),
        ({"notificationItems": [{"NotificationRequestItem": []}]}, "malformed-item"),
        ({"notificationItems": [{}] * 101}, "too-many-items"),
        ([], "body-is-not-json"),
    ],
)
def test_a_body_without_items_is_refused(content: object, expected: str) -> None:
    assert expected == reason(Request("POST", "/", "", (), json.dumps(content).encode(), ""))


@pytest.mark.parametrize("value", [1.5, [], {}])
def test_a_member_of_another_type_is_refused(value: object) -> None:
    assert "malformed-item" == reason(request([{**signed(item())[0], "eventCode": value}]))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*item(), "additionalData", "originalReference"]), JSON))
def test_any_item_gives_a_signature_error(members: dict[str, Any]) -> None:
    reason(request([{**item(), **members}]))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_body_gives_a_signature_error(body: bytes) -> None:
    reason(Request("POST", "/", "", (), body, ""))


def test_what_is_no_notification_cannot_be_signed() -> None:
    with pytest.raises(ValueError, match="no-items"):
        AdyenScheme().sign(KEY, Request("POST", "/", "", (), b"{}", ""), message_id="1", now=0)
