"""What is read of an event's requestContext and of X-Forwarded-For, and what a caller cannot change of it."""

from __future__ import annotations

import base64
import copy
import hashlib
from typing import Any

import pytest

from tests.events.shapes import SAMPLES
from verihook.model.front import Arrival
from verihook.request import Request, from_lambda
from verihook.webhooks.arrivals import address_before, arrival_in

DER = b"a certificate"
PEM = f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(DER).decode()}\n-----END CERTIFICATE-----\n"


def read(event: dict[str, Any]) -> Arrival:
    return arrival_in(event, from_lambda(event))


@pytest.mark.parametrize(
    ("name", "host"),
    {
        "function-url": "abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-central-1.on.aws",
        "http-api-2-domain": "hooks.example.com",
        "http-api-1-mapping-key": "hooks.example.com",
        "rest-base-path": "hooks.example.com",
        "rest": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
        "alb": "",
        "alb-multi-value": "",
    }.items(),
)
def test_aws_says_host_and_address_in_every_shape(name: str, host: str) -> None:
    assert (host, "192.0.2.1") == (read(SAMPLES[name]).host, read(SAMPLES[name]).address)


@pytest.mark.parametrize(
    "name", ["function-url", "http-api-2-domain", "http-api-1-mapping-key", "rest-base-path", "alb"]
)
def test_headers_of_the_caller_change_nothing(name: str) -> None:
    event = copy.deepcopy(SAMPLES[name])
    spoofed = {
        "host": "evil.example",
        "x-forwarded-host": "evil.example",
        "forwarded": "for=203.0.113.66;host=evil.example",
        "x-real-ip": "203.0.113.66",
        "x-verihook-host": "evil.example",
        "x-verihook-address": "203.0.113.66",
        "x-verihook-client-subject": "CN=evil",
        # What a caller sends stands to the left of what the gateway adds.
        "x-forwarded-for": "203.0.113.66, 192.0.2.1",
    }
    for key, value in spoofed.items():
        if "headers" in event:
            event["headers"][key] = value
        if "multiValueHeaders" in event:
            event["multiValueHeaders"][key] = [value]
    assert read(SAMPLES[name]) == read(event)


def test_api_gateway_says_whose_certificate_it_has_checked() -> None:
    said = {"subjectDN": "CN=hooks.acme.example", "clientCertPem": PEM}
    event = copy.deepcopy(SAMPLES["http-api-2-domain"])
    event["requestContext"]["authentication"] = {"clientCert": said}
    rest = copy.deepcopy(SAMPLES["rest-base-path"])
    rest["requestContext"]["identity"]["clientCert"] = said
    for each in (event, rest):
        found = read(each)
        assert ("CN=hooks.acme.example", hashlib.sha256(DER).hexdigest()) == (found.subject, found.fingerprint)


@pytest.mark.parametrize(
    "made_up", [None, 7, "text", [], {"clientCert": 7}, {"clientCert": {"clientCertPem": "?" * 9}}]
)
def test_a_made_up_context_says_nothing(made_up: Any) -> None:
    event = copy.deepcopy(SAMPLES["http-api-2-domain"])
    event["requestContext"] |= {"authentication": made_up, "domainName": "-"}
    found = read(event)
    assert ("", "", "") == (found.host, found.subject, found.fingerprint)


@pytest.mark.parametrize(
    ("forwarded", "peer", "hops", "expected"),
    [
        (["203.0.113.66, 192.0.2.1"], "10.0.0.1", 1, "192.0.2.1"),
        # The gateway has added its own peer.
        (["203.0.113.66, 192.0.2.1, 10.0.0.1"], "10.0.0.1", 1, "192.0.2.1"),
        (["203.0.113.66", "192.0.2.1,10.0.0.2", "10.0.0.1"], "10.0.0.1", 2, "192.0.2.1"),
        (["192.0.2.1"], "10.0.0.1", 2, ""),
        ([], "10.0.0.1", 1, ""),
        ([""], "10.0.0.1", 1, ""),
        (["10.0.0.1"], "10.0.0.1", 1, ""),
    ],
)
def test_a_known_number_of_proxies_is_counted_from_the_right(
    forwarded: list[str], peer: str, hops: int, expected: str
) -> None:
    request = Request("POST", "/", "", tuple(("x-forwarded-for", value) for value in forwarded), b"", "r")
    assert expected == address_before(request, peer, hops)
