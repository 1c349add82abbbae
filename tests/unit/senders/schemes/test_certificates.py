"""Certificates that a sender's host serves."""

from __future__ import annotations

import json

import pytest

from tests.unit.senders.schemes.key_material import NOW, certificate_pair
from tests.unit.senders.schemes.test_sns import CERT_URL, TOPIC, reason, request
from verihook.senders.schemes import Proof, Setting
from verihook.senders.schemes.sns import SnsScheme


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("sns.amazonaws.com", True),
        ("sns-signing.me-south-1.amazonaws.com", True),
        ("sns-cn-north-1.amazonaws.com.cn", True),
        ("sns-us-gov-west-1.amazonaws.com", True),
        ("sns.eusc-de-east-1.amazonaws.eu", True),
        ("test", False),
        ("sns.amazonaws.com.evil.example", False),
        ("s3.amazonaws.com", False),
    ],
)
def test_a_certificate_that_is_served_has_the_name_of_sns(name: str, known: bool) -> None:
    key, certificate = certificate_pair(common_name=name)
    setting = Setting(
        parameters={"topic_arns": TOPIC}, fetch=lambda url, content=b"", authorization="": certificate.encode()
    )
    verify = SnsScheme().bind((), setting)
    base = {"Type": "Notification", "Message": "m", "TopicArn": TOPIC, "SigningCertURL": CERT_URL}
    signed = SnsScheme().sign(key, request(base), message_id="m-1", now=NOW)
    if known:
        assert Proof("current") == verify(signed, NOW)
    else:
        assert "unknown-certificate" == reason(verify, json.loads(signed.body))
