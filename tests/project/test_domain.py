"""infra/domain.yaml, and how template.yaml nests it: with every pair of switches, no reference leads nowhere."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.project.template import ROOT, TEMPLATE
from tests.project.transformed import _Resolver, rules_hold, stack
from verihook.model import front

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/a"
ON = {"DomainNames": "hooks.example.com,pay.example.com", "DomainCertificateArn": CERTIFICATE}


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's tags in their long form."""


def _tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    value: Any
    if isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = node.value.split(".", 1) if suffix == "GetAtt" else node.value
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", _tag)
DOMAIN: dict[str, Any] = yaml.load((ROOT / "infra" / "domain.yaml").read_text("utf-8"), Loader)
REQUIRED = {
    "OriginSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a",
    "ReceiverHost": "abc.lambda-url.eu-central-1.on.aws",
    "ApiHost": "def.lambda-url.eu-central-1.on.aws",
    "DomainNames": "hooks.example.com",
    "CertificateArn": CERTIFICATE,
}
SWITCHES = {
    "HostedZoneId": ["", "Z1"],
    "WebAclArn": ["", "arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b"],
    "ClientCertificates": ["off", "optional", "required"],
    "OriginSecretVersion": ["", "0" * 36],
}


def nested(**given: str) -> dict[str, Any]:
    """The resources of the nested stack with these parameters."""
    defaults = {name: str(each.get("Default", "")) for name, each in DOMAIN["Parameters"].items()}
    resolver = _Resolver(DOMAIN, defaults | REQUIRED | given)
    return {
        name: resolver.resolved(each)
        for name, each in DOMAIN["Resources"].items()
        if "Condition" not in each or resolver.holds({"Condition": each["Condition"]})
    }


def references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from references(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in ("Ref", "Fn::GetAtt"):
                yield each if isinstance(each, str) else each[0]
            else:
                yield from references(each)


def pairs(switches: dict[str, list[str]]) -> Iterator[dict[str, str]]:
    for one, other in itertools.combinations(switches, 2):
        for values in itertools.product(switches[one], switches[other]):
            yield dict(zip((one, other), values, strict=True))


def test_no_pair_of_switches_leaves_a_reference_that_leads_nowhere() -> None:
    seen = set()
    for given in pairs(SWITCHES):
        resources = nested(**given)
        seen.add(frozenset(resources))
        for name, each in resources.items():
            missing = {it for it in references(each["Properties"]) if not it.startswith("AWS::")} - resources.keys()
            assert not missing, (given, name)
    assert len(seen) == 4


def test_the_nested_stack_gets_what_it_asks_for() -> None:
    given = TEMPLATE["Resources"]["Domain"]["Properties"]["Parameters"].keys()
    needed = {name for name, each in DOMAIN["Parameters"].items() if "Default" not in each}
    assert needed <= given <= DOMAIN["Parameters"].keys()


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
        (ON | {"ApiAuth": "AWS_IAM"}, False),
        (ON | {"WithHttpApi": "yes"}, False),
        (ON | {"DomainClientCertificates": "required"}, False),
        (ON | {"DomainClientCertificates": "required", "DomainTrustBucket": "b", "DomainTrustKey": "k"}, True),
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
