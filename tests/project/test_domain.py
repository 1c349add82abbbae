"""infra/domain.yaml, and how template.yaml nests it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.project.nested import Nested, read
from tests.project.transformed import rules_hold, stack
from verihook.model import front

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/a"
ON = {"DomainNames": "hooks.example.com,pay.example.com", "DomainCertificateArn": CERTIFICATE}


DOMAIN = read("domain.yaml")
REQUIRED = {
    "OriginSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a",
    "ReceiverHost": "abc.lambda-url.eu-central-1.on.aws",
    "ApiHost": "def.lambda-url.eu-central-1.on.aws",
    "DomainNames": "hooks.example.com",
    "CertificateArn": CERTIFICATE,
}


def nested(**given: str) -> dict[str, Any]:
    """The resources of the nested stack with these parameters."""
    return Nested(DOMAIN, REQUIRED | given).resources


def test_without_a_domain_there_is_none_of_it() -> None:
    off, on = stack(), stack(**ON)
    assert {"Domain", "OriginSecret"} == on.keys() - off.keys()
    for name in ("Receiver", "Api"):
        both = [
            each[name]["Properties"]["Environment"]["Variables"]["VERIHOOK_ORIGIN_SECRET_ARN"] for each in (off, on)
        ]
        assert ["", {"Ref": "OriginSecret"}] == both


@pytest.mark.parametrize(
    ("given", "possible"),
    [
        ({}, True),
        (ON, True),
        ({"DomainNames": "hooks.example.com"}, False),
        ({"DomainNames": "hooks.example.com", "DomainZoneId": "Z1"}, True),
        (ON | {"ApiAuth": "AWS_IAM"}, False),
        (ON | {"WithHttpApi": "yes"}, False),
        (ON | {"DomainWebAclArn": "arn:aws:wafv2:..."}, True),
        (ON | {"DomainClientCertificates": "required"}, False),
        (ON | {"DomainClientCertificates": "required", "DomainTrustBucket": "b", "DomainTrustObject": "k"}, True),
    ],
)
def test_what_does_not_go_together_is_refused(given: dict[str, str], possible: bool) -> None:
    assert possible == rules_hold(**given)


def test_it_caches_and_compresses_nothing_and_passes_every_header_but_host() -> None:
    config = nested()["Distribution"]["Properties"]["DistributionConfig"]
    assert "http2and3" == config["HttpVersion"]
    behaviors = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
    assert {"/": "receiver", "/hooks/*": "receiver"} == {
        each["PathPattern"]: each["TargetOriginId"] for each in config["CacheBehaviors"]
    }
    for each in behaviors:
        # The managed policies CachingDisabled and AllViewerExceptHostHeader.
        assert "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" == each["CachePolicyId"]
        assert "b689b0a8-53d0-40ab-baf2-68738e2966ac" == each["OriginRequestPolicyId"]
        assert (False, "https-only") == (each["Compress"], each["ViewerProtocolPolicy"])
        assert "viewer-request" == each["FunctionAssociations"][0]["EventType"]
    for origin in config["Origins"]:
        (header,) = origin["OriginCustomHeaders"]
        assert front.ORIGIN == header["HeaderName"].lower()
        assert "{{resolve:secretsmanager:" in json.dumps(header["HeaderValue"])


def test_the_viewers_function_writes_the_headers_that_are_believed() -> None:
    code = json.dumps(nested()["Viewer"]["Properties"]["FunctionCode"])
    written = set(re.findall(r"given\['(x-verihook-[a-z0-9-]+)'\]", code))
    assert {front.HOST, front.ADDRESS, front.SUBJECT, front.FINGERPRINT} == written
    deleted = set(re.findall(r"'([a-z0-9-]+)'", code.partition("['origin'")[2].partition("]")[0])) | {"origin"}
    assert {name.removeprefix("x-verihook-") for name in (*written, front.ORIGIN)} == deleted
