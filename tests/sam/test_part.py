"""What is left of the built template for `sam local`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.deployed.emulator import BUILT, built
from tests.project.template import DURABLE_FUNCTIONS, FUNCTIONS
from tests.sam.part import ENDPOINT, part

INVOICES = {
    "InvoiceUrl": "https://invoices.example",
    "InvoiceConnectionArn": "arn:aws:events:us-east-1:123456789012:connection/invoices/1",
    "InvoiceConnectionSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:invoices-AbCdEf",
    "ConfirmationFrom": "shop@example.com",
    "ConfirmationIdentityArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
}


def left(**parameters: str) -> dict[str, Any]:
    built("Receiver")
    return part(BUILT / "template.yaml", parameters)


def test_the_durable_functions_are_left_out_and_no_other() -> None:
    resources = left(WithEntries="yes")["Resources"]
    functions = {name for name, each in resources.items() if each["Type"] == "AWS::Serverless::Function"}
    assert functions == FUNCTIONS.keys() - DURABLE_FUNCTIONS.keys()
    assert "DurableConfig" not in json.dumps(resources)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, set()),
        ({"WithHttpApi": "no"}, set()),
        ({"WithHttpApi": "yes"}, {"HttpApi", "ReceiverIsOpenByHttpApi", "ApiIsOpenByHttpApi"}),
        ({"WithEntries": "yes"}, {"Entries", "EntriesRole", "EntriesLogs"}),
        (INVOICES, {"ProcessOrder", "ProcessOrderRole", "ProcessOrderLogs"}),
    ],
    ids=["", "no", "yes", "entries", "invoices"],
)
def test_conditions_are_decided_here(parameters: dict[str, str], expected: set[str]) -> None:
    resources = left(**parameters)["Resources"]
    optional = {"HttpApi", "ReceiverIsOpenByHttpApi", "ApiIsOpenByHttpApi"}
    optional |= {"Entries", "EntriesRole", "EntriesLogs", "ProcessOrder", "ProcessOrderRole", "ProcessOrderLogs"}
    assert expected == optional & resources.keys()
    assert not [name for name, each in resources.items() if "Condition" in each]


def test_what_leads_to_an_alias_leads_to_its_function() -> None:
    template = left(WithHttpApi="yes")
    assert ".Alias" not in json.dumps(template["Resources"])
    body = template["Resources"]["HttpApi"]["Properties"]["DefinitionBody"]
    found = {}
    for path, methods in body["paths"].items():
        uri = methods["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"]["uri"]
        found[path] = uri["Fn::Sub"][1]["Function"]
    receiver, api = {"Fn::GetAtt": ["Receiver", "Arn"]}, {"Fn::GetAtt": ["Api", "Arn"]}
    assert found == {"/": receiver, "/hooks/{source}": receiver, "/{proxy+}": api}


def test_the_code_is_found_from_everywhere_and_what_stands_behind_can_be_named() -> None:
    template = left()
    for each in template["Resources"].values():
        if each["Type"] == "AWS::Serverless::Function":
            code = Path(each["Properties"]["CodeUri"])
            assert code.is_absolute()
            assert code.is_dir()
    assert ENDPOINT in template["Globals"]["Function"]["Environment"]["Variables"]
