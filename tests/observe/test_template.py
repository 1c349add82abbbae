"""infra/observability.yaml: with every pair of its switches whole, off by default, and each alarm with its runbook."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.observe.alarms import GIVEN, NESTED, SERVICE, TEMPLATE, TOPIC, alarms, made, stack, thresholds
from tests.observe.evaluation import keys_of
from tests.observe.page import page
from tests.project.nested import Nested
from tests.project.template import RESOURCES, ROOT
from tests.project.test_pages import anchors
from verihook.cli.bill import counts

PAGE = ROOT / "docs" / "observe.md"
ALL = {"Sources": "orders,github:6", "Workflows": "order-created"}
SWITCHES = {
    "Sources": ["", "orders", "orders,github:6", ",".join("abcdefghij")],
    "Workflows": ["", "order-created", "v,w,x,y,z"],
    "TopicArn": ["", TOPIC],
    "NoticeTopicArn": ["", f"{TOPIC}-notices"],
}


def pairs() -> Iterator[dict[str, str]]:
    """Every two switches with every two values."""
    for one, other in itertools.combinations(SWITCHES, 2):
        for values in itertools.product(SWITCHES[one], SWITCHES[other]):
            yield dict(zip((one, other), values, strict=True))


def test_the_nested_stacks_get_what_they_ask_for() -> None:
    asked = [(TEMPLATE, RESOURCES["Observability"])]
    nested = [each for each in stack(**ALL).values() if each["Type"] == "AWS::CloudFormation::Stack"]
    asked += [(NESTED[each["Properties"]["TemplateURL"]], each) for each in nested]
    for template, resource in asked:
        known, given = template["Parameters"], resource["Properties"]["Parameters"].keys()
        assert {name for name, it in known.items() if "Default" not in it} <= given <= known.keys()


def test_no_pair_of_switches_leaves_a_reference_that_leads_nowhere() -> None:
    for given in pairs():
        assert set() == Nested(TEMPLATE, GIVEN | given).dangling(), given
        resources = stack(**given)
        nested = [name for name, each in resources.items() if each["Type"] == "AWS::CloudFormation::Stack"]
        expected = [len(given.get(kind, "").split(",")) if given.get(kind) else 0 for kind in ("Sources", "Workflows")]
        assert expected == [sum(name.startswith(kind) for name in nested) for kind in ("Source", "Workflow")]
        assert ("Topic" in resources) == ("" == given.get("TopicArn", TOPIC))


def test_the_lists_are_bounded_by_their_patterns() -> None:
    for name, most in (("Sources", 10), ("Workflows", 5)):
        pattern = TEMPLATE["Parameters"][name]["AllowedPattern"]
        assert re.fullmatch(pattern, "")
        assert re.fullmatch(pattern, ",".join(["a-b"] * most))
        assert not re.fullmatch(pattern, ",".join(["a-b"] * (most + 1)))
    assert re.fullmatch(TEMPLATE["Parameters"]["Sources"]["AllowedPattern"], "a:6,b")


@pytest.mark.parametrize("name", alarms(**ALL))
def test_an_alarm_has_its_name_its_runbook_and_its_topic(name: str) -> None:
    alarm = alarms(**ALL)[name]
    runbook = alarm["AlarmDescription"].partition("Runbook: docs/observe.md#")[2]
    assert runbook in anchors(PAGE)
    service, kind, *of = name.split("_")
    assert SERVICE == service
    assert runbook == {"reconciler-fails": "reconcile", "ledger-fails": "ledger-throttled"}.get(kind, kind)
    assert all(each in alarm["AlarmDescription"] for each in of)
    assert [TOPIC] == alarm["AlarmActions"] == alarm["OKActions"]
    _, _, after = PAGE.read_text("utf-8").partition(f"\n### {runbook}\n")
    text = after.partition("\n### ")[0]
    assert "\n1. " in text
    assert "\n2. " in text


def test_what_can_wait_has_a_topic_of_its_own() -> None:
    notices = f"{TOPIC}-notices"
    found = {name.split("_")[1]: each["AlarmActions"] for name, each in alarms(**ALL, NoticeTopicArn=notices).items()}
    waiting = {name for name, actions in found.items() if actions == [notices]}
    assert waiting == {"secret-ends", "engine-throttled", "body-changed", "callbacks-late", "limited"}
    assert all(f"`{name}`" in PAGE.read_text("utf-8").partition("## Runbooks")[0] for name in waiting)


@pytest.mark.parametrize("template", [TEMPLATE, *NESTED.values()], ids=["stack", *NESTED])
def test_a_threshold_is_a_parameter_with_its_reason(template: dict[str, Any]) -> None:
    numbers = thresholds(template)
    assert numbers
    for name, each in numbers.items():
        # What it is, and why it is so.
        what, _, why = each["Description"].partition(";")
        assert min(len(what.split()), len(why.split())) >= 4, name
        # Another value reaches an alarm.
        resources = [made(template, GIVEN | {"Source": "s", name: value}) for value in ("4711", "4712")]
        assert resources[0] != resources[1], name


def test_a_source_has_its_own_hours_of_silence() -> None:
    found = alarms(**ALL)
    hours = {name: found[f"{SERVICE}_silent-source_{name}"]["EvaluationPeriods"] for name in ("orders", "github")}
    assert hours == {"orders": "24", "github": "6"}
    pattern = NESTED["source-alarms.yaml"]["Parameters"]["Source"]["AllowedPattern"]
    taken = [hour for hour in range(1000) if re.fullmatch(pattern, f"a:{hour}")]
    assert taken == [*range(1, 169)]


def test_cloudwatch_looks_back_as_far_as_an_alarm_asks() -> None:
    """A week, and a day if the period is less than an hour: the page of PutMetricAlarm."""
    for name, alarm in alarms(**ALL).items():
        periods = {each["MetricStat"]["Period"] for each in alarm.get("Metrics", []) if "MetricStat" in each}
        (period,) = {alarm.get("Period", 0)} - {0} or periods
        most = 604_800 if int(period) >= 3600 else 86_400
        assert int(period) * int(alarm["EvaluationPeriods"]) <= most, name
    longest = max(168, int(TEMPLATE["Parameters"]["SilentReceiverHours"]["MaxValue"]))
    assert longest * 3600 <= 604_800


def test_the_topic_is_encrypted_with_a_key_that_cloudwatch_may_use() -> None:
    resources = stack(TopicArn="")
    assert {"Ref": "Key"} == resources["Topic"]["Properties"]["KmsMasterKeyId"]
    account, alarm = resources["Key"]["Properties"]["KeyPolicy"]["Statement"]
    assert account["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert alarm["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarm["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    publish, plain = resources["TopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert publish["Condition"]["ArnLike"]["aws:SourceArn"].endswith(f":alarm:{SERVICE}_*")
    assert (plain["Effect"], plain["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert {"Ref": "Topic"} == next(iter(alarms(TopicArn="").values()))["AlarmActions"][0]


def test_defaults_need_nothing_but_the_names_of_the_stack() -> None:
    needed = {name for name, each in TEMPLATE["Parameters"].items() if "Default" not in each}
    assert needed == {name for name in GIVEN if name.endswith("Name") or name == "Service"}


def test_the_page_has_the_table_of_them() -> None:
    text = PAGE.read_text("utf-8")
    assert page(text) == text, "python -m tests.observe.page"


def test_the_metrics_that_alarms_look_at_are_as_many_as_is_said() -> None:
    """An alarm is paid for by them: docs/costs.md."""

    def looked_at(**given: str) -> int:
        return sum(len(list(keys_of(alarm))) for alarm in alarms(**given).values())

    of_all = looked_at()
    assert counts()["alarms"] == {
        "of_all": of_all,
        "of_a_source": looked_at(Sources="a") - of_all,
        "of_a_workflow": looked_at(Workflows="a") - of_all,
    }
    most, text = counts()["metrics"], " ".join((ROOT / "docs" / "costs.md").read_text("utf-8").split())
    of_all, of_a_source, of_a_workflow = counts()["alarms"].values()
    assert f"{of_all / 10:.2f} for those of the stack, {of_a_source * 10} cents for a source" in text
    assert f"{of_a_workflow * 10} for a workflow" in text
    assert (
        "{most_of_all} of the stack, {most_of_a_source} of each source and {most_of_a_workflow}".format(**most) in text
    )
    kinds = [each["Type"] for each in stack(TopicArn="").values()]
    assert (1, 1) == (kinds.count("AWS::KMS::Key"), kinds.count("AWS::CloudWatch::Dashboard"))
