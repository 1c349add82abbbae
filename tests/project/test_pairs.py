"""The stack and its nested ones with all switches off, all on, and every pair of values that the rules allow.

cfn-lint and checkov look at the same templates (`make lint-template`): at every condition, and as if all held.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.project.nested import Nested, dangling, known, read
from tests.project.switches import OTHERWISE, PARAMETERS, VALUES, Row, covering, groups
from tests.project.transformed import defaults, required, rules, rules_hold, whole

OFF = {"WithExamples": "no", "DeletionProtection": "no"}
ON = {name: each for name, each in OTHERWISE.items() if name != "DomainSecretVersion"} | {
    **{name: "yes" for name, values in VALUES.items() if set(values) == {"no", "yes"} and name != "WithHttpApi"},
    **{name: "7" for name in PARAMETERS if name.endswith("Concurrency")},
    **{name: "https://example.com/other" for name in PARAMETERS if re.match("Invoice|Confirmation", name)},
    "Start": "provisioned",
    "Environment": "prod",
    "Rollout": "Canary10Percent5Minutes",
    "RolloutAlarm": "other",
    "DomainClientCertificates": "required",
    "DomainTrustBucket": "authorities",
    "DomainTrustObject": "all.pem",
}
NO_FIREWALL = {"DomainWebAclArn": ""}
REGIONAL = {"DomainWebAclArn": "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/a/b"}


def faults(row: Row) -> Iterator[str]:
    """Return in words what is wrong with the stack of these parameters, and with what it nests."""
    resources, outputs = whole(**row)
    yield from _faults("template.yaml", resources, dangling(resources, outputs))
    yield from _of_nested(resources, outputs)


def _of_nested(resources: dict[str, Any], outputs: dict[str, Any]) -> Iterator[str]:
    for name, each in resources.items():
        if each["Type"] != "AWS::CloudFormation::Stack":
            continue
        file = each["Properties"]["TemplateURL"].removeprefix("infra/")
        template, given = read(file), {}
        for parameter, value in each["Properties"]["Parameters"].items():
            text = known(value)
            if text is not None and (why := refused(template["Parameters"].get(parameter), text)):
                yield f"{file}: {parameter} is {text!r}: {why}"
            given[parameter] = text if text is not None else f"known-later-{parameter}"
        made = Nested(template, given)
        if not made.rules_hold():
            yield f"{file}: its rules do not hold"
        yield from _faults(file, made.resources, made.dangling())
        asked = {value["Fn::GetAtt"][1].removeprefix("Outputs.") for value in _from(outputs, name)}
        if asked - template.get("Outputs", {}).keys():
            yield f"{file} has no output {asked}"
        yield from _of_nested(made.resources, {})


def _faults(file: str, resources: dict[str, Any], missing: set[str]) -> Iterator[str]:
    if missing:
        yield f"{file}: refers to {sorted(missing)}, which are not there"
    for name, each in resources.items():
        absent = set(required(each["Type"])) - each.get("Properties", {}).keys()
        if absent:
            yield f"{file}: {name} has no {sorted(absent)}"


def _from(value: Any, name: str) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get("Fn::GetAtt", [""])[0] == name:
            yield value
        for each in value.values():
            yield from _from(each, name)


def refused(parameter: dict[str, Any] | None, text: str) -> str:
    """Return why CloudFormation does not take this text for the parameter; "" if it does."""
    if parameter is None:
        return "there is no such parameter"
    if "AllowedValues" in parameter and text not in map(str, parameter["AllowedValues"]):
        return f"must be one of {parameter['AllowedValues']}"
    if "AllowedPattern" in parameter and not re.fullmatch(parameter["AllowedPattern"], text):
        return f"must match {parameter['AllowedPattern']}"
    return ""


@pytest.mark.parametrize(
    "row",
    [
        {},
        OFF,
        ON,
        ON | {"DomainSecretVersion": "0" * 36},
        ON | {"DomainFront": "http-api"} | NO_FIREWALL,
        ON | {"DomainFront": "rest-api"} | REGIONAL,
        ON | {"DomainNames": "", "WithHttpApi": "yes"},
    ],
    ids=["defaults", "off", "on", "on, rotated", "on, HTTP API", "on, REST API", "on, no domain"],
)
def test_all_off_and_all_on(row: Row) -> None:
    assert rules_hold(**row)
    assert [] == [why for name, text in row.items() if (why := refused(PARAMETERS[name], text))]
    assert [] == list(faults(row))


def test_every_pair_of_values() -> None:
    allowed = groups(rules())
    rows = covering(allowed)
    seen = {pair for row in rows for pair in itertools.combinations(sorted(row.items()), 2)}
    # Whatever no stack here has together, the rules refuse.
    pairs = itertools.combinations(sorted((name, value) for name in VALUES for value in VALUES[name]), 2)
    left = [pair for pair in pairs if pair[0][0] != pair[1][0] and pair not in seen]
    for pair in left:
        (group,) = [rows for rows in allowed if pair[0][0] in rows[0]]
        assert pair[1][0] in group[0], pair
        assert not [row for row in group if row.items() >= set(pair)], pair
    assert len(seen) > 40 * len(left)
    # What is said of a domain means something only with one: every pair of that, too.
    (domain,) = [[row for row in group if row["DomainNames"]] for group in allowed if "DomainNames" in group[0]]
    for row in [*rows, *covering([domain])]:
        # The firewall of the one is none of the other's.
        given = row | (REGIONAL if row["DomainFront"] == "rest-api" and row["DomainWebAclArn"] else {})
        assert rules_hold(**given), row
        assert [] == list(faults(given)), {name: value for name, value in row.items() if value != defaults()[name]}
