"""The parameters of template.yaml as switches: their values, which go together, stacks with every pair of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from tests.project.template import TEMPLATE
from tests.project.transformed import defaults

PARAMETERS: dict[str, dict[str, Any]] = TEMPLATE["Parameters"]

#: What a parameter may be besides its default, where neither allowed values nor a least one say so.
OTHERWISE = {
    "AlarmNoticeTopicArn": "arn:aws:sns:eu-central-1:123456789012:tomorrow",
    "AlarmSources": "orders,stripe:6",
    "AlarmTopicArn": "arn:aws:sns:eu-central-1:123456789012:now",
    "AlarmWorkflows": "order-log",
    "BasePath": "payments",
    "ConnectionSecretArns": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:connection-abcdef",
    "DomainCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/a",
    "DomainNames": "hooks.example.com,pay.example.com",
    "DomainSecretVersion": "0" * 36,
    "DomainWebAclArn": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b",
    "DomainZoneId": "Z1",
    "FeedQueueArn": "arn:aws:sqs:eu-central-1:123456789012:orders",
    "KeyArn": "arn:aws:kms:eu-central-1:123456789012:key/a",
    "PairingSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:pairing-abcdef",
    "SsmPath": "/verihook/*",
}


def other_values(name: str) -> list[str]:
    """Return what the parameter may be besides its default."""
    parameter = PARAMETERS[name]
    default = str(parameter.get("Default", ""))
    if "AllowedValues" in parameter:
        return [str(value) for value in parameter["AllowedValues"] if str(value) != default]
    if parameter["Type"] == "Number":
        return [str(int(default) + 1)]
    return [OTHERWISE.get(name, "https://example.com/other")]


#: Every value of every parameter; of one that decides about nothing but a text, two.
VALUES = {name: [default, *other_values(name)] for name, default in defaults().items()}
VALUES |= {name: VALUES[name][:2] for name in ("LogRetentionDays",)}


Row = dict[str, str]


def holds(rule: Any) -> Callable[[Row], bool]:
    """Return what evaluates a condition of a rule over the values of parameters."""
    match rule:
        case {"Fn::Not": [inner]}:
            opposite = holds(inner)
            return lambda row: not opposite(row)
        case {"Fn::And": inner}:
            every = [holds(each) for each in inner]
            return lambda row: all(each(row) for each in every)
        case {"Fn::Or": inner}:
            some = [holds(each) for each in inner]
            return lambda row: any(each(row) for each in some)
        case {"Fn::Equals": [{"Ref": name}, value]}:
            return lambda row: row[name] == str(value)
        case {"Fn::Contains": [{"Ref": name}, value]}:
            return lambda row: value in row[name].split(",")
    raise AssertionError(f"a rule that this test does not know: {rule}")


def named(rule: Any) -> set[str]:
    """Return the parameters of which a rule speaks."""
    if isinstance(rule, list):
        return set().union(*map(named, rule))
    if not isinstance(rule, dict):
        return set()
    return {rule["Ref"]} if "Ref" in rule else set().union(*map(named, rule.values()))


def groups(rules: dict[str, Any]) -> list[list[Row]]:
    """Return the parameters in groups that no rule connects, each as all of its combinations that the rules allow."""
    parts: list[tuple[set[str], list[Callable[[Row], bool]]]] = [({name}, []) for name in VALUES]
    for rule in rules.values():
        names = named(rule)
        met = [part for part in parts if part[0] & names]
        parts = [part for part in parts if part not in met]
        kept = [check for _, checks in met for check in checks] + [_kept(rule)]
        parts.append((set().union(*(part[0] for part in met)), kept))
    return [
        [row for row in _combinations(sorted(names)) if all(check(row) for check in checks)] for names, checks in parts
    ]


def _kept(rule: dict[str, Any]) -> Callable[[Row], bool]:
    condition, asserted = holds(rule["RuleCondition"]), [holds(each["Assert"]) for each in rule["Assertions"]]
    return lambda row: not condition(row) or all(each(row) for each in asserted)


def _combinations(names: list[str]) -> Iterator[Row]:
    for values in itertools.product(*(VALUES[name] for name in names)):
        yield dict(zip(names, values, strict=True))


def covering(allowed: list[list[Row]]) -> list[Row]:
    """Return stacks that the rules allow, which together have every pair of values that they allow, and few of them."""
    bit = {each: 1 << at for at, each in enumerate((name, value) for name in VALUES for value in VALUES[name])}
    coded = [[(sum(bit[each] for each in row.items()), row) for row in rows] for rows in allowed]
    missing, chosen = _partners(coded), []
    while missing:
        one, others = next(iter(missing.items()))
        wanted, bits = one | (others & -others), 0
        row: Row = {}
        # The groups with most to choose from last: they fit in with what the others have.
        for rows in sorted(coded, key=len):
            needed = wanted & _all(rows)
            fit = [each for each in rows if each[0] & needed == needed]
            own, found = max(fit, key=lambda each: _new(each[0], bits | each[0], missing))
            row |= found
            bits |= own
        missing = {
            value: left for value, their in missing.items() if (left := their & ~bits if value & bits else their)
        }
        chosen.append(row)
    return chosen


Coded = list[tuple[int, Row]]


def _all(rows: Coded) -> int:
    found = 0
    for bits, _ in rows:
        found |= bits
    return found


def _partners(coded: list[Coded]) -> dict[int, int]:
    """Return value -> the values of other parameters that can be together with it; both as bits."""
    every = [_all(rows) for rows in coded]
    partners: dict[int, int] = {}
    for rows, own in zip(coded, every, strict=True):
        for bits, _ in rows:
            for value in _single(bits):
                partners[value] = partners.get(value, sum(every) - own) | bits - value
    return partners


def _new(own: int, together: int, missing: dict[int, int]) -> int:
    """Return how many pairs of a value of ``own`` with one of ``together`` are missing."""
    return sum((missing.get(value, 0) & together).bit_count() for value in _single(own))


def _single(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest
        bits ^= lowest
