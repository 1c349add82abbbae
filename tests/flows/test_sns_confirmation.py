"""SNS: a signed confirmation through the whole flow. The network is the test's: a certificate, and SubscribeURL."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.flows.conftest import AwsFace
from verihook import main
from verihook.model.source import Source
from verihook.request import Reply, Request
from verihook.senders import load_sender
from verihook.senders.handshake import HandshakeContext
from verihook.senders.schemes import Setting
from verihook.webhooks.receive import receive

TOPIC = "arn:aws:sns:us-east-2:123456789012:orders"
CERTIFICATE_URL = "https://sns.us-east-2.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
SUBSCRIBE_URL = f"https://sns.us-east-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"
KEY = rsa.generate_private_key(65537, 2048)

Post = Callable[[dict[str, Any]], Reply]


def certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    )
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def signed(kind: str = "SubscriptionConfirmation", **changes: str) -> dict[str, Any]:
    """A message as SNS signs it, version 2."""
    message = {
        "Type": kind,
        "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "Token": "2336412f37",
        "TopicArn": TOPIC,
        "Message": "You have chosen to subscribe to the topic.",
        "SubscribeURL": SUBSCRIBE_URL,
        "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE_URL,
        **changes,
    }
    names = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    text = "".join(f"{name}\n{message[name]}\n" for name in names)
    message["Signature"] = base64.b64encode(KEY.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    return message


@pytest.fixture
def asked() -> list[str]:
    """The URLs that were opened."""
    return []


@pytest.fixture
def post(aws_face: AwsFace, asked: list[str]) -> Post:
    """Delivers a message to a source of SNS; the rest of the services are those of the Lambda entry point."""
    documents = {CERTIFICATE_URL: certificate(), SUBSCRIBE_URL: b"<ConfirmSubscriptionResponse/>"}

    def fetch(url: str, content: bytes = b"", authorization: str = "") -> bytes:
        asked.append(url)
        return documents[url]

    source = Source("sns", load_sender("aws-sns"), (), "order-created", parameters={"topic_arns": TOPIC})
    assert source.sender.handshake is not None
    services = replace(
        main.services(),
        sources={"sns": source},
        verify={"sns": source.sender.scheme.bind((), Setting(parameters=source.parameters, fetch=fetch))},
        handshakes={"sns": source.sender.handshake.bind(HandshakeContext(parameters=source.parameters, fetch=fetch))},
    )

    def deliver(message: dict[str, Any]) -> Reply:
        headers = (("content-type", "text/plain; charset=UTF-8"), ("x-amz-sns-message-type", message["Type"]))
        return receive(Request("POST", "/hooks/sns", "", headers, json.dumps(message).encode(), "request-1"), services)

    return deliver


def test_a_subscription_to_our_topic_is_confirmed(post: Post, asked: list[str], aws_face: AwsFace) -> None:
    before = aws_face.rows()
    reply = post(signed())
    assert (200, {"confirmed": TOPIC}) == (reply.status, json.loads(reply.body))
    assert [CERTIFICATE_URL, SUBSCRIBE_URL] == asked
    assert before == aws_face.rows()


def test_a_forged_one_opens_nothing(post: Post, asked: list[str]) -> None:
    message = signed()
    message["SubscribeURL"] = f"{SUBSCRIBE_URL}1"
    assert 401 == post(message).status
    assert SUBSCRIBE_URL not in asked
    assert f"{SUBSCRIBE_URL}1" not in asked


def test_one_of_a_strangers_topic_opens_nothing(post: Post, asked: list[str]) -> None:
    """Truly signed by SNS: for somebody else's account."""
    stranger = TOPIC.replace("123456789012", "999999999999")
    assert post(signed(TopicArn=stranger, SubscribeURL=SUBSCRIBE_URL.replace(TOPIC, stranger))).status in (401, 403)
    assert [] == [url for url in asked if url != CERTIFICATE_URL]


def test_an_unsubscription_is_not_undone(post: Post, asked: list[str], aws_face: AwsFace) -> None:
    before = aws_face.rows()
    reply = post(signed("UnsubscribeConfirmation"))
    assert (200, {"ignored": "UnsubscribeConfirmation"}) == (reply.status, json.loads(reply.body))
    assert [CERTIFICATE_URL] == asked
    assert before == aws_face.rows()
