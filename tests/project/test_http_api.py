"""The HTTP API that a parameter puts before receiver and API: where it leads, who may call what, what excludes it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.project.template import TEMPLATE
from tests.project.transformed import rules_hold, stack

ROUTES = {"/": "Receiver", "/hooks/{source}": "Receiver", "/{proxy+}": "Api"}
OPTIONAL = ("AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage")


def of_type(resources: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == kind}


def gateway_permissions(resources: dict[str, Any]) -> list[dict[str, Any]]:
    permissions = of_type(resources, "AWS::Lambda::Permission").values()
    return [each for each in permissions if each["Principal"] == "apigateway.amazonaws.com"]


def test_there_is_none_where_the_operator_does_not_say_so() -> None:
    for resources in (stack(), stack(WithHttpApi="no")):
        assert not [name for kind in OPTIONAL for name in of_type(resources, kind)]
        assert [] == gateway_permissions(resources)
    # At a domain its own address answers nothing.
    assert "ServesHttpApi" == TEMPLATE["Outputs"]["HttpApiUrl"]["Condition"]


def test_deliveries_go_to_the_receiver_and_all_else_to_the_api() -> None:
    resources = stack(WithHttpApi="yes")
    (api,) = of_type(resources, "AWS::ApiGatewayV2::Api").values()
    found = {}
    for path, methods in api["Body"]["paths"].items():
        (integration,) = [each["x-amazon-apigateway-integration"] for each in methods.values()]
        assert ("aws_proxy", "2.0") == (integration["type"], integration["payloadFormatVersion"])
        # The alias, as the URLs: what is published behind it is what is called.
        text, given = integration["uri"]["Fn::Sub"]
        assert text.endswith(":lambda:path/2015-03-31/functions/${Function}/invocations")
        found[path] = given["Function"]["Ref"]
        assert {"x-amazon-apigateway-any-method"} == methods.keys()
    assert found == {path: f"{function}Aliaslive" for path, function in ROUTES.items()}
    # No stage stands before the path.
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage").values()
    assert ("$default", True) == (stage["StageName"], stage["AutoDeploy"])


def test_it_may_call_what_it_leads_to_and_no_other_api_may() -> None:
    permissions = gateway_permissions(stack(WithHttpApi="yes"))
    assert {f"{function}Aliaslive" for function in ROUTES.values()} == {
        each["FunctionName"]["Ref"] for each in permissions
    }
    for each in permissions:
        assert "lambda:InvokeFunction" == each["Action"]
        assert each["SourceArn"]["Fn::Sub"].endswith(":${HttpApi}/*")


@pytest.mark.parametrize(
    ("fronted", "auth", "possible"),
    [("no", "NONE", True), ("no", "AWS_IAM", True), ("yes", "NONE", True), ("yes", "AWS_IAM", False)],
)
def test_it_opens_no_api_that_only_iam_may_call(fronted: str, auth: str, possible: bool) -> None:
    assert possible == rules_hold(WithHttpApi=fronted, ApiAuth=auth)
