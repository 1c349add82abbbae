"""Every operation of the API can be reached by the client and by a command, or has a reason here why not."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

import pytest

from verihook import cli
from verihook.api.operations import OPERATIONS
from verihook.cli.parser import Parser
from verihook.cli.tree import Node, read_tree
from verihook.client import BatchStart
from verihook.client.clients import Operations

#: Operation -> (method of the client, what it is called with, command). None: there is none, as is said beside it.
REACHED: dict[str, tuple[str | None, tuple[Any, ...], str | None]] = {
    "getHealth": ("health", (), "health"),
    "getMetrics": (None, (), None),  # read by Prometheus
    "listWorkflows": ("workflows", (), "workflows list"),
    "getWorkflow": ("workflow", ("w",), "workflows show"),
    "getDefinition": ("definition", ("w",), "workflows definition"),
    "startInstance": ("start", ("w",), "workflows run"),
    "putInstance": (None, (), None),  # a start with an id is the same
    "startInstances": ("batch", ("w", [BatchStart(input=1)]), None),  # a shell has its own loops
    "listInstances": ("page", (), "instances list"),
    "listFailures": ("failures", (), "instances failures"),
    "dismissFailure": ("dismiss_failures", ("w",), "instances dismiss"),
    "sendCallback": ("send_callback", ("i",), "instances callback"),
    "getInstance": ("get", ("i",), "instances get"),
    "getResult": ("result", ("i",), "workflows run"),  # --wait
    "listSteps": ("steps", ("i",), "instances steps"),
    "listAttempts": ("attempts", ("i",), "instances attempts"),
    "terminateInstance": ("terminate", ("i",), "instances terminate"),
    "suspendInstance": ("suspend", ("i",), "instances suspend"),
    "resumeInstance": ("resume", ("i",), "instances resume"),
    "restartInstance": ("restart", ("i",), "instances restart"),
    "redriveInstance": ("redrive", ("i",), "instances redrive"),
    "deleteInstance": ("purge", ("i",), "instances purge"),
    "listEvents": ("events", ("i",), "events list"),
    "raiseEvent": ("raise_event", ("i", "e"), "events raise"),
    "listWaits": ("waits", (), "events waiting"),
    "startJob": ("start_job", ("redrive",), "jobs start"),
    "listJobs": ("jobs", (), "jobs list"),
    "getJob": ("job", ("j",), "jobs show"),
    "listJobFailures": ("job_failures", ("j",), "jobs failures"),
    "stopJob": ("stop_job", ("j",), "jobs stop"),
    "listSources": ("sources", (), "sources list"),
    "getSource": ("source", ("s",), "sources show"),
    "testSource": ("try_source", ("s",), "sources test"),
    "listSenders": ("senders", (), "senders"),
    "listRejections": ("rejections", (), "rejections"),
    "listDeliveries": ("deliveries", (), "deliveries list"),
    "getDelivery": ("delivery", ("d",), "deliveries show"),
    "replayDelivery": ("replay_delivery", ("d",), "deliveries replay"),
    "deleteDelivery": ("delete_delivery", ("d",), "deliveries delete"),
    "deleteEvent": ("delete_event", ("s", "e"), "deliveries delete"),  # --source, --event
    "openCapture": ("capture", ("s",), "deliveries capture"),
    "lookupAnything": ("lookup", ("q",), "deliveries lookup"),
    "getDeliveryBody": ("delivery_body", ("d",), "deliveries body"),
    "listKeys": ("list_keys", (), "keys list"),
    "getOwnKey": ("own_key", (), "keys self"),
    "createKey": ("create_key", ("ci", ["keys:manage"]), "keys create"),
    "revokeKey": ("revoke_key", ("k",), "keys revoke"),
    "rotateKey": ("rotate_key", ("k",), "keys rotate"),
}

DOCUMENTED = {
    str(each.described.options["operation_id"]): each
    for each in OPERATIONS
    if each.described.options.get("include_in_schema", True)
}


def commands() -> set[str]:
    """Every command with its action."""
    return {" ".join(path) for path, _ in Node("", "", (), tuple(read_tree(cli.add_commands(Parser())))).walk()}


def test_every_operation_is_named_here() -> None:
    assert set(REACHED) == set(DOCUMENTED)


@pytest.mark.parametrize("name", [name for name, (method, _, _) in REACHED.items() if method])
def test_the_client_sends_what_the_row_says(name: str) -> None:
    method, arguments, _ = REACHED[name]
    work: Generator[Any, Any, Any] = getattr(Operations, str(method))(*arguments)
    request = next(work)
    row = DOCUMENTED[name]
    assert request.method == row.method
    assert re.fullmatch(re.sub(r"\{\w+\}", "[a-z]+", row.path), request.path)


def test_there_is_a_command_for_it() -> None:
    assert {command for _, _, command in REACHED.values() if command} - commands() == set()
