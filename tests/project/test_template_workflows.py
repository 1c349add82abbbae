"""The workflows in template.yaml against hooks.toml: state machines and durable functions."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.adapters.interpreter_machines import WORKER, shipped
from tests.project.template import (
    DURABLE_FUNCTIONS,
    FUNCTION_ARNS,
    FUNCTIONS,
    GLOBAL,
    HOOKS,
    MACHINES,
    RESOURCES,
    ROOT,
    TEMPLATE,
    entries,
    of_type,
)
from verihook.authoring import LONGEST_WAIT
from verihook.bootstrap import ALIAS


@pytest.mark.parametrize("name", DURABLE_FUNCTIONS)
def test_the_handler_of_a_durable_function_is_one(name: str) -> None:
    module, _, entry = FUNCTIONS[name]["Handler"].rpartition(".")
    program = f"from {module} import {entry}; print(callable({entry}))"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT / "handler", capture_output=True, text=True, check=True
    )
    assert "True\n" == result.stdout


def definitions(engine: str) -> set[str]:
    return {workflow.definition for workflow in HOOKS.workflows.values() if workflow.engine == engine}


def test_every_workflow_of_hooks_is_deployed_under_its_name() -> None:
    prefix = MACHINES.rpartition(":stateMachine:")[2]
    machines = {each["Name"].removeprefix(prefix) for each in of_type("AWS::Serverless::StateMachine").values()}
    assert definitions("stepfunctions") <= machines
    assert definitions("durable") == set(DURABLE_FUNCTIONS.values())
    for name in definitions("function"):
        assert (ROOT / "handler" / "workflows" / f"{name.replace('-', '_')}.py").is_file()


@pytest.mark.parametrize(("name", "definition"), DURABLE_FUNCTIONS.items())
def test_a_durable_function_is_found_by_its_name_and_goes_on_with_its_version(name: str, definition: str) -> None:
    function = FUNCTIONS[name]
    assert function["FunctionName"] == GLOBAL["VERIHOOK_FUNCTION_PREFIX"] + definition
    assert FUNCTION_ARNS.endswith(f":{GLOBAL['VERIHOOK_FUNCTION_PREFIX']}")
    assert function["AutoPublishAlias"] == ALIAS
    # A change of the environment alone is a version too.
    assert function["AutoPublishAliasAllProperties"] is True
    assert function["DurableConfig"] == {"ExecutionTimeout": LONGEST_WAIT, "RetentionPeriodInDays": 90}


def test_state_machines_run_once_and_log_no_bodies() -> None:
    for name, machine in of_type("AWS::Serverless::StateMachine").items():
        assert machine["Name"].startswith(MACHINES.rpartition(":stateMachine:")[2])
        assert machine["Type"] == "STANDARD"  # EXPRESS would run a name twice
        assert machine["Logging"]["IncludeExecutionData"] is False
        definition = (ROOT / machine["DefinitionUri"]).read_text("utf-8")
        json.loads(definition)
        # What is not substituted would be taken for text.
        assert set(re.findall(r"\$\{(\w+)\}", definition)) == set(machine["DefinitionSubstitutions"]), name


def test_a_machine_that_needs_accounts_elsewhere_is_deployed_where_they_are_named() -> None:
    parts = [name for name, each in RESOURCES.items() if each.get("Condition") == "WithInvoices"]
    assert parts == ["ProcessOrder", "ProcessOrderRole", "ProcessOrderLogs"]
    examples, *conditions = TEMPLATE["Conditions"]["WithInvoices"]
    assert examples == "Examples"
    needed = {each[0][0] for each in conditions}
    assert needed == {name for name in TEMPLATE["Parameters"] if name.startswith(("Invoice", "Confirmation"))}
    assert {TEMPLATE["Parameters"][name]["Default"] for name in needed} == {""}
    (call,) = [each for _, each in entries("ProcessOrderRole") if each["Action"] == "states:InvokeHTTPEndpoint"]
    # This call to this address, and no other with the same credentials.
    assert call["Condition"] == {"StringEquals": {"states:HTTPMethod": "POST", "states:HTTPEndpoint": "InvoiceUrl"}}


def test_every_machine_fills_in_the_worker() -> None:
    assert WORKER in shipped("order-created")
    assert "${FeedsName}" not in shipped("order-review")
