"""What AWS lets a managed runtime do, against every function of template.yaml; and the names that AWS bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from tests.project.template import DURABLE_FUNCTIONS, FUNCTIONS, RESOURCES, ROOT, TEMPLATE, of_type

GLOBALS: dict[str, Any] = TEMPLATE["Globals"]["Function"]


@dataclass(frozen=True)
class Runtime:
    """``durable``: takes a DurableConfig. ``snapstart``: takes SnapStart. ``end``: the last day of support."""

    durable: bool
    snapstart: bool
    end: date


#: As of 2026-11-29. Another runtime is added here, from these pages, before it is used.
#: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html (end of support)
#: https://docs.aws.amazon.com/lambda/latest/dg/durable-supported-runtimes.html
#: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
RUNTIMES = {
    "python3.11": Runtime(durable=False, snapstart=False, end=date(2027, 6, 30)),
    "python3.12": Runtime(durable=False, snapstart=True, end=date(2028, 10, 31)),
    "python3.13": Runtime(durable=True, snapstart=True, end=date(2029, 6, 30)),
    "python3.14": Runtime(durable=True, snapstart=True, end=date(2029, 6, 30)),
}
#: Of all of these: https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html
ARCHITECTURES = ["x86_64", "arm64"]
#: Time to move to another runtime before the support ends.
NOTICE = timedelta(days=180)

#: Characters: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
#: and https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
LONGEST_NAME = {"AWS::Serverless::Function": ("FunctionName", 64), "AWS::Serverless::StateMachine": ("Name", 80)}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_runtime_supports_what_the_function_asks_for(name: str) -> None:
    function = GLOBALS | FUNCTIONS[name]
    runtime = RUNTIMES[function["Runtime"]]
    assert runtime.durable or "DurableConfig" not in function
    assert runtime.snapstart or "SnapStart" not in function
    assert date.today() + NOTICE < runtime.end, "choose a newer runtime"  # noqa: DTZ011 - a day more or less


def test_durable_functions_are_looked_at() -> None:
    assert {name for name, function in FUNCTIONS.items() if "DurableConfig" in function} == set(DURABLE_FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_operator_chooses_one_processor_for_every_function(name: str) -> None:
    assert (GLOBALS | FUNCTIONS[name])["Architectures"] == ["Architecture"]
    parameter = TEMPLATE["Parameters"]["Architecture"]
    assert parameter["AllowedValues"] == ARCHITECTURES
    assert parameter["Default"] in ARCHITECTURES


def test_the_build_looks_for_the_interpreter_of_the_runtime() -> None:
    assert f"RUNTIME := {GLOBALS['Runtime']}\n" in (ROOT / "handler" / "runtime.mk").read_text("utf-8")


@pytest.mark.parametrize("page", ["README.md", "docs/deployment.md"])
def test_the_pages_say_what_the_build_needs(page: str) -> None:
    text = " ".join((ROOT / page).read_text("utf-8").split())
    assert re.search(rf"Python {GLOBALS['Runtime'].removeprefix('python')} with pip( and make)?", text)
    assert re.search(r"\bmake\b.{0,80}Python 3|with pip and make for the build", text)
    # The build that everybody has at hand comes first.
    assert text.index("sam build") < text.index("make build")


def _names() -> list[tuple[str, int]]:
    """Every name that begins with the stack's, without that, and how long it may be with it."""
    return [
        (each[key].removeprefix("${AWS::StackName}"), limit)
        for kind, (key, limit) in LONGEST_NAME.items()
        for each in of_type(kind).values()
        if key in each
    ]


def test_every_name_fits_if_the_stacks_name_is_as_long_as_the_page_allows() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    (longest,) = re.findall(r"stack's name has at most (\d+) characters", page)
    assert _names()
    assert int(longest) == min(limit - len(rest) for rest, limit in _names())


def test_no_other_name_is_made_from_the_stacks() -> None:
    # The names of log groups may have 512 characters, CloudFormation makes up the rest.
    named = {
        (resource["Type"], key)
        for resource in RESOURCES.values()
        for key, value in resource.get("Properties", {}).items()
        if isinstance(value, str) and value.startswith("${AWS::StackName}")
    }
    assert named == {(kind, key) for kind, (key, _) in LONGEST_NAME.items()}


def test_the_key_of_callbacks_is_named_by_an_output() -> None:
    assert TEMPLATE["Outputs"]["InstanceKeyArn"]["Value"] == "InstanceKey"
    page = (ROOT / "docs" / "callbacks.md").read_text("utf-8")
    assert "`InstanceKeyArn`" in page
    assert "STACK-InstanceKey" not in page
