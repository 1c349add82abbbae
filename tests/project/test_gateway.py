"""A domain at API Gateway, in place of CloudFront: infra/gateway.yaml, and how template.yaml nests it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.project.nested import Nested, read
from tests.project.test_http_api import ROUTES
from tests.project.transformed import rules_hold, stack

GATEWAY = read("gateway.yaml")
GIVEN = {"ReceiverArn": "receiver", "ApiArn": "api", "FirstName": "hooks.example.com", "SecondName": "pay.example.com"}
CERTIFICATE = {"CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/a"}
ZONE = {"HostedZoneId": "Z1"}
OF_HTTP = {"HttpApiId": "abcdefghij", "HttpApiStage": "$default"}
NAMES = {"DomainNames": "hooks.example.com,pay.example.com"}


def made(**given: str) -> dict[str, Any]:
    return Nested(GATEWAY, GIVEN | given).resources


def test_a_body_has_a_deployment_of_its_own() -> None:
    """A deployment is a copy of what the API was: one with the name of another would go on as it was."""
    body = GATEWAY["Resources"]["RestApi"]["Properties"]["Body"]
    name = f"Deployment{hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:8]}"
    assert [name] == [
        key for key, each in GATEWAY["Resources"].items() if each["Type"] == "AWS::ApiGateway::Deployment"
    ]
    assert {"Ref": name} == GATEWAY["Resources"]["Stage"]["Properties"]["DeploymentId"]


def test_the_rest_api_leads_where_the_http_api_does_and_hands_over_the_exact_bytes() -> None:
    api = made()["RestApi"]["Properties"]
    assert (["*/*"], True) == (api["BinaryMediaTypes"], api["DisableExecuteApiEndpoint"])
    found = {}
    for path, methods in api["Body"]["paths"].items():
        integration = methods["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"]
        assert ("aws_proxy", "POST") == (integration["type"], integration["httpMethod"])
        found[path] = integration["uri"]["Fn::Sub"].rpartition("functions/")[2].removesuffix("/invocations")
    assert found == {path: function.lower() for path, function in ROUTES.items()}


@pytest.mark.parametrize("api", [{}, OF_HTTP])
def test_each_name_leads_to_the_api_behind_the_base_path(api: dict[str, str]) -> None:
    resources = made(**api, **CERTIFICATE, MappingKey="payments")
    mappings = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::ApiGatewayV2::ApiMapping"]
    assert [{"Ref": "First"}, {"Ref": "Second"}] == [each["DomainName"] for each in mappings]
    for each in mappings:
        assert "payments" == each["ApiMappingKey"]
        expected = ("abcdefghij", "$default") if api else ({"Ref": "RestApi"}, {"Ref": "Stage"})
        assert expected == (each["ApiId"], each["Stage"])
    assert ("RestApi" in resources) == (not api)
    assert "ApiMappingKey" not in made(**api)["FirstMapping"]["Properties"]


def test_names_that_are_there_are_only_mapped_and_a_zone_proves_a_certificate_of_all() -> None:
    there = made(**OF_HTTP)
    assert {"FirstMapping", "SecondMapping"} == there.keys()
    assert "pay.example.com" == there["SecondMapping"]["Properties"]["DomainName"]

    proven = made(**OF_HTTP, **ZONE, ThirdName="api.example.com")
    certificate = proven["Certificate"]["Properties"]
    names = ["hooks.example.com", "pay.example.com", "api.example.com"]
    assert names == [certificate["DomainName"], *certificate["SubjectAlternativeNames"]]
    assert [{"DomainName": name, "HostedZoneId": "Z1"} for name in names] == certificate["DomainValidationOptions"]
    assert names == [each["Name"] for each in proven["Aliases"]["Properties"]["RecordSets"]]
    for name in ("First", "Second", "Third"):
        (configuration,) = proven[name]["Properties"]["DomainNameConfigurations"]
        assert ({"Ref": "Certificate"}, "TLS_1_2") == (configuration["CertificateArn"], configuration["SecurityPolicy"])
    assert "Certificate" not in made(**OF_HTTP, **ZONE, **CERTIFICATE)


def test_callers_without_a_certificate_get_no_further_at_any_name() -> None:
    resources = made(**CERTIFICATE, ClientCertificates="required", TrustBucket="b", TrustKey="k.pem")
    for name in ("First", "Second"):
        asked = resources[name]["Properties"]["MutualTlsAuthentication"]
        assert {"TruststoreUri": {"Fn::Sub": "s3://b/k.pem"}} == asked
    assert "MutualTlsAuthentication" not in made(**CERTIFICATE)["First"]["Properties"]


@pytest.mark.parametrize("front", ["http-api", "rest-api"])
def test_the_domain_is_the_only_way_in(front: str) -> None:
    off, on = stack(), stack(**NAMES, DomainFront=front)
    http = {"HttpApi", "HttpApiApiGatewayDefaultStage", "ReceiverIsOpenByHttpApi", "ApiIsOpenByHttpApi"}
    assert {"Gateway"} | (http if front == "http-api" else set()) == on.keys() - off.keys()
    for name in ("Receiver", "Api"):
        variables = on[name]["Properties"]["Environment"]["Variables"]
        assert {"Fn::Join": [",", "hooks.example.com,pay.example.com"]} == variables["VERIHOOK_DOMAINS"]
        assert "" == variables["VERIHOOK_ORIGIN_SECRET_ARN"]
        # Other names are another version of the function, or it would refuse them.
        (version,) = [each for key, each in on.items() if key.startswith(f"{name}Version")]
        assert "hooks.example.com,pay.example.com" in json.dumps(version["Properties"]["Description"])
    if front == "http-api":
        assert on["HttpApi"]["Properties"]["Body"]["x-amazon-apigateway-endpoint-configuration"] == {
            "disableExecuteApiEndpoint": True
        }
        assert {"Ref": "HttpApi"} == on["Gateway"]["Properties"]["Parameters"]["HttpApiId"]
    # Without a domain its own address is what it is for.
    alone = stack(WithHttpApi="yes")["HttpApi"]["Properties"]["Body"]
    assert {"disableExecuteApiEndpoint": False} == alone["x-amazon-apigateway-endpoint-configuration"]


TRUST = {"DomainTrustBucket": "b", "DomainTrustObject": "k"}
GIVEN_TO_IT = {"DomainCertificateArn": CERTIFICATE["CertificateArn"]}


@pytest.mark.parametrize(
    ("given", "fronts"),
    [
        ({}, {"http-api", "rest-api"}),
        (GIVEN_TO_IT, {"cloudfront", "http-api", "rest-api"}),
        ({"DomainZoneId": "Z1"}, {"cloudfront", "http-api", "rest-api"}),
        (GIVEN_TO_IT | {"DomainWebAclArn": "arn"}, {"cloudfront", "rest-api"}),
        (GIVEN_TO_IT | TRUST | {"DomainClientCertificates": "optional"}, {"cloudfront"}),
        (GIVEN_TO_IT | TRUST | {"DomainClientCertificates": "required"}, {"cloudfront", "http-api", "rest-api"}),
        # The names are there, with whatever certificates their callers need.
        (TRUST | {"DomainClientCertificates": "required"}, set()),
        (GIVEN_TO_IT | {"DomainSecretVersion": "0" * 36}, {"cloudfront"}),
        (GIVEN_TO_IT | {"ApiAuth": "AWS_IAM"}, set()),
        (GIVEN_TO_IT | {"WithHttpApi": "yes"}, set()),
    ],
)
def test_a_front_does_what_aws_lets_it_do(given: dict[str, str], fronts: set[str]) -> None:
    every = ("cloudfront", "http-api", "rest-api")
    assert fronts == {front for front in every if rules_hold(**NAMES, **given, DomainFront=front)}
