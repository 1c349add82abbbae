"""SNS: one URL is opened, the topic's own, and only for a topic of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.senders.handshake.asking import bind, post
from verihook.errors import HandshakeRefused, SecretsUnavailable

SNS = 'kind = "confirm-get"'
TOPIC = "arn:aws:sns:us-east-2:123456789012:orders"
CHINA = "arn:aws-cn:sns:cn-north-1:123456789012:orders"
QUERY = "?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-2:123456789012:orders&Token=2336412f37"
URL = f"https://sns.us-east-2.amazonaws.com/{QUERY}"


class Network:
    """A fetch that writes down what it was asked for."""

    def __init__(self, error: Exception | None = None, document: bytes = b"<ConfirmSubscriptionResponse/>") -> None:
        self.asked: list[str] = []
        self.error = error
        self.document = document

    def __call__(self, url: str, content: bytes = b"", authorization: str = "") -> bytes:
        self.asked.append(url)
        if self.error:
            raise self.error
        return self.document


def confirmation(**changes: Any) -> dict[str, Any]:
    return {
        "Type": "SubscriptionConfirmation",
        "TopicArn": TOPIC,
        "SubscribeURL": URL,
        "Token": "2336412f37",
        **changes,
    }


def topics(*arns: str) -> dict[str, Any]:
    return {"parameters": {"topic_arns": ", ".join(arns)}}


@pytest.mark.parametrize("arns", [(TOPIC,), (CHINA, TOPIC)])
def test_a_topic_of_ours_is_confirmed(arns: tuple[str, ...]) -> None:
    network = Network()
    answer = bind(SNS, fetch=network, **topics(*arns)).signed(post(), confirmation())
    assert answer is not None
    assert (200, {"confirmed": TOPIC}) == (answer.status, json.loads(answer.body))
    assert [URL] == network.asked


def test_a_topic_in_china() -> None:
    network = Network()
    url = f"https://sns.cn-north-1.amazonaws.com.cn/?Action=ConfirmSubscription&TopicArn={CHINA}&Token=1"
    bind(SNS, fetch=network, **topics(CHINA)).signed(post(), confirmation(TopicArn=CHINA, SubscribeURL=url))
    assert [url] == network.asked


@pytest.mark.parametrize("topic", [None, 7, "", f"{TOPIC}2", TOPIC[:-1], TOPIC.replace("123456789012", "999999999999")])
def test_another_topic_is_not(topic: object) -> None:
    network = Network()
    with pytest.raises(HandshakeRefused, match=r"parameters\.topic_arns"):
        bind(SNS, fetch=network, **topics(TOPIC)).signed(post(), confirmation(TopicArn=topic))
    assert [] == network.asked


def test_without_topics_none_is() -> None:
    network = Network()
    with pytest.raises(HandshakeRefused):
        bind(SNS, fetch=network).signed(post(), confirmation())
    assert [] == network.asked


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        7,
        URL.replace("https", "http"),
        URL.replace("sns.us-east-2", "sns.us-east-1"),
        URL.replace("sns.us-east-2", "sns.s3-ap-southeast-2"),
        URL.replace("sns.us-east-2", "evil-sns.us-east-2"),
        URL.replace("sns.us-east-2", "x.sns.us-east-2"),
        URL.replace("amazonaws.com", "amazonaws.com.example.org"),
        URL.replace("amazonaws.com", "amazonaws.com:8443"),
        URL.replace("https://", "https://user@"),
        URL.replace("https://", "https://sns.us-east-2.amazonaws.com@example.org/"),
        URL.replace("https://", "https://example.org\\@"),
        URL.replace(".com/", ".com/latest/"),
        URL.replace("ConfirmSubscription", "Unsubscribe"),
        URL.replace(":orders", ":others"),
        URL + "&TopicArn=" + TOPIC,
        URL.replace("&Token=2336412f37", ""),
        URL + "#x",
        URL + "&é=1",
        "https://169.254.169.254/" + QUERY,
        "https://[::1/" + QUERY,
        "https://sns.us-east-2.amazonaws.com",
    ],
)
def test_no_other_url_is_opened(url: object) -> None:
    network = Network()
    with pytest.raises(HandshakeRefused, match="SubscribeURL"):
        bind(SNS, fetch=network, **topics(TOPIC)).signed(post(), confirmation(SubscribeURL=url))
    assert [] == network.asked


@given(st.text(max_size=40))
def test_no_host_but_one(text: str) -> None:
    network = Network()
    with pytest.raises(HandshakeRefused):
        bind(SNS, fetch=network, **topics(TOPIC)).signed(post(), confirmation(SubscribeURL=f"https://{text}/{QUERY}"))
    assert [] == network.asked


def test_an_unsubscribe_confirmation_is_left_alone() -> None:
    network = Network()
    answer = bind(SNS, fetch=network, **topics(TOPIC)).signed(post(), confirmation(Type="UnsubscribeConfirmation"))
    assert answer is not None
    assert (200, {"ignored": "UnsubscribeConfirmation"}) == (answer.status, json.loads(answer.body))
    assert [] == network.asked


def test_a_notification_is_no_handshake() -> None:
    sns = bind(SNS, fetch=Network(), **topics(TOPIC))
    assert sns.signed(post(), {"Type": "Notification", "TopicArn": TOPIC, "SubscribeURL": URL}) is None
    assert sns.signed(post(), []) is None
    assert sns.unsigned(post(json.dumps(confirmation()).encode())) is None


def test_sns_asks_again_when_the_network_failed() -> None:
    down = bind(SNS, fetch=Network(SecretsUnavailable("No answer in time.")), **topics(TOPIC))
    for sns in (down, bind(SNS, **topics(TOPIC))):
        with pytest.raises(SecretsUnavailable):
            sns.signed(post(), confirmation())


@pytest.mark.parametrize(
    "arn", ["orders", "arn:aws:sns:s3-x:1:orders", f"{TOPIC}/x", "arn:aws:sqs:us-east-2:123456789012:q"]
)
def test_at_load(arn: str) -> None:
    with pytest.raises(ValueError, match=r"^parameters\.topic_arns: "):
        bind(SNS, **topics(TOPIC, arn))


@pytest.mark.parametrize(
    "document", [b"", b"<ErrorResponse><Error><Code>InvalidParameter</Code></Error></ErrorResponse>"]
)
def test_what_sns_did_not_confirm_is_not_said_to_be(document: bytes) -> None:
    with pytest.raises(HandshakeRefused, match="did not confirm"):
        bind(SNS, fetch=Network(document=document), **topics(TOPIC)).signed(post(), confirmation())
