"""Amazon SNS over HTTPS: the signature is in the JSON, and so is the URL of the certificate.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from verihook.errors import SignatureError
from verihook.records import replace
from verihook.request import Request
from verihook.senders.schemes import PLAIN, Proof, Setting, Verify
from verihook.senders.schemes.asymmetric import make_with, read_private
from verihook.senders.schemes.candidates import signature_text
from verihook.senders.schemes.certificates import certificate_proof
from verihook.senders.schemes.encoding import base64_bytes, refuse_empty
from verihook.senders.schemes.key_urls import trusted
from verihook.senders.schemes.sns_hosts import HOSTS, PARTITIONS, sns_host_of, topics_of
from verihook.senders.schemes.timestamp import TIMES, check_age, check_tolerance, encode_time
from verihook.strict_json import parse_unverified

#: The common names of SNS's certificates, as AWS's validator for Java has it: ``sns.amazonaws.com``,
#: ``sns-signing.me-south-1.amazonaws.com``, ``sns-cn-north-1.amazonaws.com.cn``, ``sns-us-gov-west-1.amazonaws.com``.
_SUFFIXES = "|".join(sorted({re.escape(suffix) for _, suffix in PARTITIONS.values()}))
_NAME = rf"sns(?:-signing)?(?:[.-][a-z]{{2,4}}(?:-[a-z]+)+-[0-9]{{1,2}})?\.(?:{_SUFFIXES})"

_PATH = r"/[A-Za-z0-9_-]+\.pem"

_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED = {
    "Notification": _NOTIFICATION,
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}
_ALGORITHMS = {"1": "rsa-sha1", "2": "rsa-sha256"}


@dataclass(frozen=True, slots=True)
class SnsScheme:
    """Signature versions 1 (SHA-1) and 2 (SHA-256), all three types of message.

    ``tolerance`` in seconds, both ways. A source names its topics in ``parameters.topic_arns``, separated by commas:
    every customer of AWS can have SNS sign for a topic of their own, so a signature alone proves nothing.
    """

    tolerance: int = 3600

    keyless: ClassVar[bool] = True
    timed: ClassVar[bool] = True
    binds_body: ClassVar[bool] = True
    key_hosts: ClassVar[tuple[str, ...]] = HOSTS

    def __post_init__(self) -> None:
        check_tolerance(self.tolerance)

    def covers(self, header: str, path: tuple[str, ...]) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return not header

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """See :class:`~verihook.senders.schemes.Scheme`. Certificates come from SNS, or are pinned as secrets (PEM).

        Without topics it binds only if the certificate is pinned and the network is off, to check recorded deliveries;
        no deployment has that. ``verify`` raises SecretsUnavailable if a certificate cannot be fetched now.
        """
        refuse_empty(*secrets)
        topics = frozenset(topics_of(setting.parameters))
        if not topics and setting.fetch is not None:
            raise ValueError(
                "parameters.topic_arns: name the topics, separated by commas; others may belong to any customer of AWS"
            )
        prove, tolerance = certificate_proof(secrets, setting, _NAME), self.tolerance

        def verify(request: Request, now: int) -> Proof:
            message = parse_unverified(request.body)
            url = message.get("SigningCertURL")
            if not isinstance(url, str) or not trusted(url, HOSTS, _PATH):
                raise SignatureError("untrusted-signingcerturl")
            if urlsplit(url).netloc != sns_host_of(_text_member(message, "TopicArn")):
                raise SignatureError("untrusted-signingcerturl")
            algorithm = _ALGORITHMS.get(_text_member(message, "SignatureVersion"))
            if algorithm is None:
                raise SignatureError("unexpected-signatureversion")
            signature, signed = base64_bytes(signature_text(message.get("Signature"))), _signed_bytes(message)
            sent_ms = TIMES["rfc3339"](_text_member(message, "Timestamp"))
            # Checked before the certificate is fetched: another customer's topic costs no call.
            if topics and message["TopicArn"] not in topics:
                raise SignatureError("unexpected-topicarn")
            proof = prove(url, algorithm, signature, signed, now)
            check_age(sent_ms, now, tolerance)
            return proof

        return verify

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """See :class:`~verihook.senders.schemes.Scheme`. The body becomes the ``Message`` of a notification, version 2.

        A body that is an SNS message already (has a ``Type``) keeps its members. ``secret``: an RSA private key (PEM).
        """
        make = make_with(read_private(secret), "rsa-sha256")
        try:
            given = parse_unverified(request.body)
        except SignatureError:
            given = {}
        topic = next(iter(sorted(topics_of(setting.parameters))), "arn:aws:sns:us-east-1:123456789012:verihook")
        message: dict[str, Any] = {"Type": "Notification", "MessageId": message_id, "TopicArn": topic}
        if given.get("Type") in _SIGNED:
            message.update(given)
        else:
            message["Message"] = request.body.decode("utf-8", "backslashreplace")
        message["Timestamp"] = encode_time(now, "rfc3339")
        message.setdefault("SigningCertURL", "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-test.pem")
        message["SignatureVersion"] = "2"
        try:
            message["Signature"] = base64.b64encode(make(_signed_bytes(message))).decode()
        except SignatureError as error:
            raise ValueError(f"the body is not an SNS message to sign: {error.reason}") from None
        body = json.dumps(message, ensure_ascii=False).encode()
        return replace(request, body=body)


def _text_member(message: dict[str, Any], name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str):
        raise SignatureError(f"missing-{name.lower()}")
    return value


def _signed_bytes(message: dict[str, Any]) -> bytes:
    names = _SIGNED.get(_text_member(message, "Type"))
    if names is None:
        raise SignatureError("unexpected-type")
    # Only a Subject may be absent, or null.
    present = [name for name in names if name != "Subject" or message.get(name) is not None]
    for name in present:
        # Names and values are signed as lines: with a line break in another member than the first, several messages
        # have one signature.
        if name != "Message" and not {"\n", "\r"}.isdisjoint(_text_member(message, name)):
            raise SignatureError(f"unexpected-{name.lower()}")
    return "".join([f"{name}\n{_text_member(message, name)}\n" for name in present]).encode()
