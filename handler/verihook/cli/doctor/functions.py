"""The functions of a stack, and what invokes them: state, environment, streams, queues, rules, logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from verihook.cli.doctor.asking import ABSENT, Asking
from verihook.cli.doctor.findings import Finding, fault, warning
from verihook.cli.doctor.stack import Stack
from verihook.config import Hooks

CHECK, ENGINES = "functions", "engines"

REDEPLOY = "deploy again (sam build && sam deploy); what was made by hand is replaced"

#: Rule of the template -> what does not happen without it.
RULES = {
    "ReconcilerEveryMinute": "what was accepted and not started stays so, and no callback is sent",
    "RecorderExecutionStatus": "ends of state machines are found by reconcile alone, minutes later",
    "RecorderDurableStatus": "ends of durable functions are found by reconcile alone, minutes later",
}

#: What receivers, and all others, look at -> the resource that it has to be.
_VARIABLES = {"VERIHOOK_TABLE": "Ledger", "VERIHOOK_PAYLOADS": "Payloads", "VERIHOOK_SECRETS": "SourceSecrets"}


def functions(stack: Stack, asking: Asking) -> Iterator[Finding]:
    """Yield what is wrong with each function of the stack."""
    for logical, name in stack.of_type("AWS::Lambda::Function").items():
        found = asking.ask(CHECK, logical, "lambda", "get_function_configuration", FunctionName=name)
        if found is ABSENT:
            yield fault(CHECK, logical, f"there is no function {name}", REDEPLOY)
        elif found is not None:
            yield from _function(stack, logical, name, found, asking)
    yield from _logs(stack, asking)


def _function(stack: Stack, logical: str, name: str, found: Mapping[str, Any], asking: Asking) -> Iterator[Finding]:
    if found.get("State") in ("Inactive", "Failed"):
        what = f"is {found['State']}: {found.get('StateReason', 'no reason given')}"
        yield fault(CHECK, logical, what, REDEPLOY)
    if found.get("LastUpdateStatus") == "Failed":
        what = f"its last change failed: {found.get('LastUpdateStatusReason', 'no reason given')}"
        yield fault(CHECK, logical, what, REDEPLOY)
    variables = found.get("Environment", {}).get("Variables", {})
    for variable, resource in _VARIABLES.items():
        wanted, given = stack.id_of(resource), variables.get(variable)
        if given is not None and wanted and given != wanted:
            what = f"{variable} is {given}, and the stack's {resource} is {wanted}"
            yield fault(CHECK, logical, what, REDEPLOY)
    reserved = asking.ask(CHECK, logical, "lambda", "get_function_concurrency", FunctionName=name)
    if reserved and reserved.get("ReservedConcurrentExecutions") == 0:
        what = "its reserved concurrency is 0: AWS refuses every invocation, as somebody has stopped it"
        mend = f"aws lambda delete-function-concurrency --function-name {name}, once what it was stopped for is over"
        yield fault(CHECK, logical, what, mend)


def _logs(stack: Stack, asking: Asking) -> Iterator[Finding]:
    for logical, name in stack.of_type("AWS::Logs::LogGroup").items():
        answer = asking.ask("logs", logical, "logs", "describe_log_groups", logGroupNamePrefix=name)
        groups = [each for each in (answer or {}).get("logGroups", []) if each["logGroupName"] == name]
        if answer is not None and not groups:
            what = "its log group is gone: what the function says is lost"
            yield warning("logs", logical, what, REDEPLOY)
        elif groups and not groups[0].get("retentionInDays"):
            what = "its logs are kept for ever, and paid for"
            yield warning("logs", logical, what, "deploy again with LogRetentionDays, or aws logs put-retention-policy")


def streams(stack: Stack, hooks: Hooks, asking: Asking) -> Iterator[Finding]:
    """Yield what is wrong with the mappings by which the table's stream, and queues, invoke functions."""
    answer = asking.ask("streams", "Ledger", "dynamodb", "describe_table", TableName=stack.id_of("Ledger"))
    stream = (answer or {}).get("Table", {}).get("LatestStreamArn")
    by_engine = any(workflow.engine == "function" for workflow in hooks.workflows.values())
    splits = any(source.sender.places.each is not None for source in hooks.sources.values())
    for logical, needed in (("Worker", by_engine), ("Feeds", splits)):
        if needed and stream and stack.id_of(logical):
            lost = "instances of functions stay queued" if logical == "Worker" else "batches stay queued"
            yield from _mapping(stack, logical, stream, lost, asking)
    for name, source in hooks.sources.items():
        if source.feed.split(":")[2:3] == ["sqs"]:
            yield from _mapping(stack, "Feeds", source.feed, f"nothing comes to the source {name}", asking)


def _mapping(stack: Stack, logical: str, arn: str, lost: str, asking: Asking) -> Iterator[Finding]:
    name = stack.id_of(logical)
    answer = asking.ask("streams", logical, "lambda", "list_event_source_mappings", FunctionName=name)
    if answer is None or answer is ABSENT:
        return
    found = [each for each in answer.get("EventSourceMappings", []) if each.get("EventSourceArn") == arn]
    if not found:
        yield fault("streams", logical, f"{arn} does not invoke it: {lost}", REDEPLOY)
    elif found[0].get("State") not in ("Enabled", "Enabling", "Creating", "Updating"):
        what = f"what brings it {arn} is {found[0].get('State')}: {lost}"
        mend = f"aws lambda update-event-source-mapping --enabled --uuid {found[0]['UUID']}"
        yield fault("streams", logical, what, mend)


def rules(stack: Stack, asking: Asking) -> Iterator[Finding]:
    """Yield which rules and schedules of the stack do not invoke what they have to."""
    for logical, lost in RULES.items():
        name = stack.id_of(logical)
        if not name:
            yield fault("rules", logical, f"the stack has no such rule: {lost}", REDEPLOY)
            continue
        answer = asking.ask("rules", logical, "events", "describe_rule", Name=name)
        if answer is ABSENT:
            yield fault("rules", logical, f"there is no rule {name}: {lost}", REDEPLOY)
        elif answer is not None and answer.get("State") == "DISABLED":
            yield fault("rules", logical, f"is disabled: {lost}", f"aws events enable-rule --name {name}")
        elif answer is not None:
            targets = asking.ask("rules", logical, "events", "list_targets_by_rule", Rule=name)
            if targets is not None and not targets.get("Targets"):
                yield fault("rules", logical, f"invokes nothing: {lost}", REDEPLOY)


def engines(stack: Stack, hooks: Hooks, asking: Asking) -> Iterator[Finding]:
    """Yield the workflows whose state machine or durable function is not there."""
    for name, workflow in hooks.workflows.items():
        made = f"{stack.name}_{workflow.definition}"
        add = "add it to template.yaml, or take the workflow out of hooks.toml; WithExamples=no leaves the examples out"
        if workflow.engine == "stepfunctions":
            arn = stack.arn_of("states", f"stateMachine:{made}")
            answer = asking.ask(ENGINES, name, "stepfunctions", "describe_state_machine", stateMachineArn=arn)
            if answer is ABSENT:
                yield fault(ENGINES, name, f"there is no state machine {made}: its instances fail", add)
            elif answer is not None and answer.get("status") == "DELETING":
                yield fault(ENGINES, name, f"{made} is being deleted: no instance starts any more", REDEPLOY)
            elif answer is not None and (answer.get("type") == "EXPRESS") != workflow.express:
                what = f"{made} is {answer.get('type')}, and hooks.toml says express = {str(workflow.express).lower()}"
                yield fault(ENGINES, name, what, "say in hooks.toml what the machine is")
        elif workflow.engine == "durable":
            answer = asking.ask(ENGINES, name, "lambda", "get_alias", FunctionName=made, Name="live")
            if answer is ABSENT:
                what = f"there is no function {made} with the alias live: its instances fail"
                yield fault(ENGINES, name, what, add)
