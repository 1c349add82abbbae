"""The nested templates with every combination of their switches, and what template.yaml gives them."""

from __future__ import annotations

import itertools
import re

import pytest

from tests.project.nested import Nested, read
from tests.project.template import RESOURCES, ROOT

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/a"
NAMES = {"SecondName": ["", "b.example.com"], "FifthName": ["", "e.example.com"]}
TRUST = {"TrustBucket": "authorities", "TrustKey": "all.pem"}

#: Resource of template.yaml -> the switches of its template, and what else that needs.
SWITCHES: dict[str, tuple[dict[str, list[str]], dict[str, str]]] = {
    "Domain": (
        NAMES
        | {
            "HostedZoneId": ["", "Z1"],
            "CertificateArn": ["", CERTIFICATE],
            "WebAclArn": ["", "arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b"],
            "ClientCertificates": ["off", "optional", "required"],
        },
        TRUST | {"DomainNames": "a.example.com"},
    ),
    "Gateway": (
        NAMES
        | {
            "HttpApiId": ["", "abcdefghij"],
            "HostedZoneId": ["", "Z1"],
            "CertificateArn": ["", CERTIFICATE],
            "WebAclArn": ["", "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/a/b"],
            "ClientCertificates": ["off", "required"],
            "MappingKey": ["", "payments"],
        },
        TRUST | {"FirstName": "a.example.com"},
    ),
}


@pytest.mark.parametrize("resource", SWITCHES)
def test_no_combination_of_switches_leaves_a_reference_that_leads_nowhere(resource: str) -> None:
    template = read(RESOURCES[resource]["Properties"]["TemplateURL"].removeprefix("infra/"))
    switches, needed = SWITCHES[resource]
    made_ever: set[str] = set()
    possible = 0
    for values in itertools.product(*switches.values()):
        made = Nested(template, needed | dict(zip(switches, values, strict=True)))
        made_ever |= made.resources.keys()
        if made.rules_hold():
            possible += 1
            assert set() == made.dangling(), values
    # There is nothing that no combination brings, and most are possible. (A third and fourth name are as the fifth.)
    assert {"Third", "ThirdMapping", "Fourth", "FourthMapping"} >= template["Resources"].keys() - made_ever
    assert possible >= len(list(itertools.product(*switches.values()))) / 2


@pytest.mark.parametrize("resource", SWITCHES)
def test_a_nested_stack_gets_what_it_asks_for(resource: str) -> None:
    properties = RESOURCES[resource]["Properties"]
    parameters = read(properties["TemplateURL"].removeprefix("infra/"))["Parameters"]
    needed = {name for name, each in parameters.items() if "Default" not in each}
    assert needed <= properties["Parameters"].keys() <= parameters.keys()


#: What may stand in Rules. CloudFormation refuses a template with any other function there; cfn-lint does not see it.
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-rules.html
OF_RULES = {
    "And",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "Not",
    "Or",
    "RefAll",
    "ValueOf",
    "ValueOfAll",
}


@pytest.mark.parametrize("name", ["template.yaml", *(f"infra/{path.name}" for path in (ROOT / "infra").glob("*.yaml"))])
def test_rules_have_functions_of_rules_alone(name: str) -> None:
    text = (ROOT / name).read_text("utf-8").partition("\nRules:\n")[2]
    rules = re.split(r"^[A-Z]", text, maxsplit=1, flags=re.MULTILINE)[0]
    assert {"Ref", *OF_RULES} >= set(re.findall(r"!(\w+)", rules)) | set(re.findall(r"Fn::(\w+):", rules))
