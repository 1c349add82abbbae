"""SNS: two versions, three types, one place where certificates come from."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.unit.senders.schemes.key_material import NOW, certificate_pair
from verihook.errors import SecretsUnavailable, SignatureError
from verihook.request import Request
from verihook.senders.schemes import Fetch, Proof, Setting
from verihook.senders.schemes.asymmetric import make_with, read_private
from verihook.senders.schemes.sns import SnsScheme

TOPIC = "arn:aws:sns:eu-west-1:123456789012:orders"
CERT_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem"
SUBSCRIBE = {"Type": "SubscriptionConfirmation", "Message": "m", "Token": "t", "SubscribeURL": "https://x.test/"}


def request(content: object) -> Request:
    return Request("POST", "/", "", (), content if isinstance(content, bytes) else json.dumps(content).encode(), "")


def message(number: int = 1, **members: object) -> dict[str, object]:
    """A signed message, in which ``members`` were changed before it was signed."""
    base = {"Type": "Notification", "Message": "hello", "TopicArn": TOPIC, "SigningCertURL": CERT_URL, **members}
    signed = SnsScheme().sign(certificate_pair(number)[0], request(base), message_id="m-1", now=NOW)
    content: dict[str, object] = json.loads(signed.body)
    return content


def counting(asked: list[str]) -> Fetch:
    def fetch(url: str, content: bytes = b"", authorization: str = "") -> bytes:
        asked.append(url)
        return b""

    return fetch


def pinned() -> Callable[[Request, int], Proof]:
    return SnsScheme().bind((certificate_pair()[1],))


def reason(verify: Callable[[Request, int], Proof], content: object, now: int = NOW) -> str:
    with pytest.raises(SignatureError) as refusal:
        verify(request(content), now)
    return refusal.value.reason


@pytest.mark.parametrize("members", [{}, {"Subject": "s"}, SUBSCRIBE, {**SUBSCRIBE, "Type": "UnsubscribeConfirmation"}])
def test_each_type_verifies_with_what_it_signs(members: dict[str, Any]) -> None:
    content = message(**members)
    assert Proof("current") == pinned()(request(content), NOW)
    names = {"Message", "MessageId", "Timestamp", "TopicArn", *({"Subject", "Token", "SubscribeURL"} & set(members))}
    for name in names:
        changed = {"Timestamp": "2027-01-15T08:00:01Z", "TopicArn": f"{TOPIC}2"}.get(name, "changed")
        assert "signature-mismatch" == reason(pinned(), {**content, name: changed}), name


def test_version_1_is_sha_1_and_the_versions_are_no_substitutes() -> None:
    content = message()
    make = make_with(read_private(certificate_pair()[0]), "rsa-sha1")
    signed = "".join(
        f"{name}\n{content[name]}\n" for name in ("Message", "MessageId", "Timestamp", "TopicArn", "Type")
    ).encode()
    first = {**content, "SignatureVersion": "1", "Signature": base64.b64encode(make(signed)).decode()}
    assert Proof("current") == pinned()(request(first), NOW)
    assert "signature-mismatch" == reason(pinned(), {**first, "SignatureVersion": "2"})
    assert "signature-mismatch" == reason(pinned(), {**content, "SignatureVersion": "1"})
    assert "unexpected-signatureversion" == reason(pinned(), {**content, "SignatureVersion": "3"})


@pytest.mark.parametrize("drift", [0, 3600, -3600, 3601, -3601])
def test_the_window_is_an_hour_both_ways(drift: int) -> None:
    if abs(drift) <= 3600:
        assert Proof("current") == pinned()(request(message()), NOW + drift)
    else:
        assert "timestamp-outside-tolerance" == reason(pinned(), message(), NOW + drift)


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.us-east-1.amazonaws.com.evil.com/a.pem",
        "https://evil.com/sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com@evil.com/a.pem",
        "https://evil.com\\@sns.us-east-1.amazonaws.com/a.pem",
        "https://evil.com#sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.s3-ap-southeast-2.amazonaws.com/a.pem",
        "https://sns.us-east-1.s3.amazonaws.com/a.pem",
        "https://evil.sns.us-east-1.amazonaws.com/a.pem",
        "https://evilsns.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com.cn/a.pem",
        "https://sns.cn-north-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com./a.pem",
        "https://sns.us-east-1.amazonaws.com:8443/a.pem",
        "https://SNS.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com/a.pem?b",
        "https://sns.us-east-1.amazonaws.com/../a.pem",
        "https://sns.us-east-1.amazonaws.com/a",
        "https://\u0455ns.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws\u3002com/a.pem",
        "https://[::ffff:10.0.0.1]/a.pem",
        "https://127.0.0.1/a.pem",
        "http://sns.us-east-1.amazonaws.com/a.pem",
        "HTTPS://sns.us-east-1.amazonaws.com/a.pem",
        "//sns.us-east-1.amazonaws.com/a.pem",
        "",
        None,
        ["https://sns.us-east-1.amazonaws.com/a.pem"],
    ],
)
def test_a_certificate_elsewhere_is_refused_before_anything_else(url: object) -> None:
    asked: list[str] = []
    setting = Setting(parameters={"topic_arns": TOPIC}, fetch=counting(asked))
    content = {**message(), "SigningCertURL": url}
    for verify in (pinned(), SnsScheme().bind((), setting)):
        assert "untrusted-signingcerturl" == reason(verify, content)
    assert [] == asked


@pytest.mark.parametrize(
    ("partition", "region", "suffix"),
    [
        ("aws", "us-east-1", "amazonaws.com"),
        ("aws", "ap-southeast-2", "amazonaws.com"),
        ("aws-us-gov", "us-gov-west-1", "amazonaws.com"),
        ("aws-cn", "cn-northwest-1", "amazonaws.com.cn"),
    ],
)
def test_the_hosts_of_all_regions_are_asked(partition: str, region: str, suffix: str) -> None:
    topic, address = f"arn:{partition}:sns:{region}:123456789012:t", f"https://sns.{region}.{suffix}/a-1.pem"
    asked: list[str] = []

    def fetch(url: str, content: bytes = b"", authorization: str = "") -> bytes:
        asked.append(url)
        return certificate_pair()[1].encode()

    verify = SnsScheme().bind((), Setting(parameters={"topic_arns": f"x, {topic}"}, fetch=fetch))
    assert Proof("current") == verify(request(message(SigningCertURL=address, TopicArn=topic)), NOW)
    assert [address] == asked


def test_topics_are_pinned_and_a_stranger_s_costs_no_call() -> None:
    asked: list[str] = []
    setting = Setting(parameters={"topic_arns": TOPIC}, fetch=counting(asked))
    assert "unexpected-topicarn" == reason(SnsScheme().bind((), setting), message(TopicArn=TOPIC + "x"))
    assert [] == asked
    with pytest.raises(ValueError, match=r"^parameters\.topic_arns: "):
        SnsScheme().bind((), Setting(fetch=lambda url, content=b"", authorization="": b""))
    setting = Setting(parameters={"topic_arns": " , "}, fetch=lambda url, content=b"", authorization="": b"")
    with pytest.raises(ValueError, match=r"^parameters\.topic_arns: "):
        SnsScheme().bind((certificate_pair()[1],), setting)
    with pytest.raises(ValueError, match="without a network"):
        SnsScheme().bind((), Setting(parameters={"topic_arns": TOPIC}))


def test_an_outage_is_ours() -> None:
    def down(url: str, content: bytes = b"", authorization: str = "") -> bytes:
        raise SecretsUnavailable("down")

    verify = SnsScheme().bind((), Setting(parameters={"topic_arns": TOPIC}, fetch=down))
    with pytest.raises(SecretsUnavailable):
        verify(request(message()), NOW)


def test_the_newest_of_several_pins_is_current() -> None:
    verify = SnsScheme().bind((certificate_pair(1)[1], certificate_pair(2)[1]))
    assert Proof("current") == verify(request(message(1)), NOW)
    assert Proof("previous") == verify(request(message(2)), NOW)
    assert "signature-mismatch" == reason(verify, message(3))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "body-is-not-json"),
        (b"[]", "body-is-not-json"),
        (b"\xff", "body-is-not-json"),
        (b'{"a": NaN}', "body-is-not-json"),
        (b'{"a": "\\ud800"}', "body-is-not-json"),
        (b'{"a": 1, "a": 2}', "body-is-not-json"),
        (b'{"a": ' + b"9" * 5000 + b"}", "body-is-not-json"),
        (b'{"a": ' + b"[" * 100_000, "body-is-not-json"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "body-is-not-json"),
        (b'{"a": "' + b"x" * 1_100_000 + b'"}', "body-too-long-for-its-scheme"),
        (b"{}", "untrusted-signingcerturl"),
    ],
)
def test_a_body_that_is_no_message_is_refused(body: bytes, expected: str) -> None:
    assert expected == reason(pinned(), body)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"Signature": None}, "no-signature"),
        ({"Signature": ""}, "non-canonical-base64"),
        ({"Signature": "\u00e9"}, "non-ascii-signature"),
        ({"Signature": "AAAA"}, "signature-mismatch"),
        ({"Type": "Other"}, "unexpected-type"),
        ({"Type": 1}, "missing-type"),
        ({"Type": "SubscriptionConfirmation"}, "missing-subscribeurl"),
        ({"Message": None}, "missing-message"),
        ({"Subject": 7}, "missing-subject"),
        ({"Timestamp": "now"}, "bad-timestamp"),
        ({"Timestamp": "2025-02-30T00:00:00Z"}, "bad-timestamp"),
        ({"SignatureVersion": 1}, "missing-signatureversion"),
    ],
)
def test_each_member_is_checked(members: dict[str, object], expected: str) -> None:
    assert expected == reason(pinned(), {**message(), **members})


GENUINE, PINNED = message(), pinned()


@settings(max_examples=500, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*GENUINE, "Token", "SubscribeURL", "Subject"]),
        st.one_of(st.none(), st.integers(), st.text(max_size=20), st.lists(st.integers(), max_size=2)),
        min_size=1,
    ),
    st.integers(0, 2**40),
)
@example({"Message": "\ud800"}, NOW)
def test_any_message_gives_a_signature_error_or_is_genuine(changed: dict[str, object], now: int) -> None:
    content = {**GENUINE, **changed}
    signed = ("Message", "MessageId", "Timestamp", "TopicArn", "Type", "Signature", "Subject")
    assume(any(content.get(name) != GENUINE.get(name) for name in signed))
    reason(PINNED, content, now)


@pytest.mark.parametrize("secret", [certificate_pair()[1], "", "x"])
def test_only_a_private_key_signs(secret: str) -> None:
    with pytest.raises(ValueError, match="private key"):
        SnsScheme().sign(secret, request(b"hello"), message_id="1", now=NOW)


def test_any_body_is_signed_as_a_notification() -> None:
    delivery = SnsScheme().sign(certificate_pair()[0], request(b"hello"), message_id="m-9", now=NOW)
    assert ("hello", "m-9") == (json.loads(delivery.body)["Message"], json.loads(delivery.body)["MessageId"])
    assert Proof("current") == pinned()(delivery, NOW)


def test_a_tolerance_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^tolerance: "):
        SnsScheme(tolerance=0)


@pytest.mark.parametrize("name", ["MessageId", "Subject", "Timestamp", "TopicArn", "Type", "Token", "SubscribeURL"])
def test_one_signature_is_that_of_one_message(name: str) -> None:
    """Lines are signed: a message may be cut into members in several ways, if they may have line breaks."""
    base = SUBSCRIBE if name in SUBSCRIBE else {"Subject": "s"}
    members: dict[str, Any] = {**base, "Type": base.get("Type", "Notification")}
    content = message(**members)
    for broken in ("a\nb", "a\r\nb", "\n"):
        refused = reason(pinned(), {**content, name: broken})
        assert refused.startswith(("unexpected-", "untrusted-", "malformed-", "timestamp")), refused


def test_the_messages_that_one_signature_was_for_are_one() -> None:
    lines = "first\nMessageId\nm-2\nTimestamp\n2027-01-15T08:00:00Z"
    genuine = message(Message=lines)
    assert Proof("current") == pinned()(request(genuine), NOW)
    rest = f"m-2\nTimestamp\n2027-01-15T08:00:00Z\nMessageId\n{genuine['MessageId']}"
    assert "unexpected-messageid" == reason(pinned(), {**genuine, "Message": "first", "MessageId": rest})


@pytest.mark.parametrize(
    ("topic", "url", "trusted"),
    [
        (TOPIC, CERT_URL, True),
        (TOPIC, CERT_URL.replace("eu-west-1", "us-east-1"), False),
        ("arn:aws-cn:sns:cn-north-1:123456789012:t", "https://sns.cn-north-1.amazonaws.com.cn/a.pem", True),
        ("arn:aws-cn:sns:cn-north-1:123456789012:t", "https://sns.cn-north-1.amazonaws.com/a.pem", False),
        ("arn:aws-us-gov:sns:us-gov-west-1:123456789012:t", "https://sns.us-gov-west-1.amazonaws.com/a.pem", True),
        ("arn:aws-eusc:sns:eusc-de-east-1:123456789012:t", "https://sns.eusc-de-east-1.amazonaws.eu/a.pem", True),
        ("arn:aws:sns:eusc-de-east-1:123456789012:t", "https://sns.eusc-de-east-1.amazonaws.eu/a.pem", False),
        ("arn:aws-iso:sns:us-iso-east-1:123456789012:t", "https://sns.us-iso-east-1.c2s.ic.gov/a.pem", True),
        ("arn:aws-iso-b:sns:us-isob-east-1:123456789012:t", "https://sns.us-isob-east-1.sc2s.sgov.gov/a.pem", True),
        ("arn:aws:sns:us-east-1.evil:123456789012:t", "https://sns.us-east-1.evil.amazonaws.com/a.pem", False),
    ],
)
def test_the_certificate_is_of_the_topics_own_region(topic: str, url: str, trusted: bool) -> None:
    content = message(TopicArn=topic, SigningCertURL=url)
    if trusted:
        assert Proof("current") == pinned()(request(content), NOW)
    else:
        assert "untrusted-signingcerturl" == reason(pinned(), content)
