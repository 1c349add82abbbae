"""Step Functions on moto's interpreter keeps the engine's contract: our own is not the adapter's only judge.

What moto does otherwise than AWS stands in :data:`DIFFERENCES`, and is so still.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from tests.adapters.interpreter_machines import client_of
from tests.boto_clients import translated
from tests.contracts.engine import Definitions, EngineContract, Rig
from verihook.adapters.engines.stepfunctions import StepFunctionsEngine
from verihook.model.ports import Engine

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.literals import StateMachineTypeType

REGION = "eu-central-1"
ROLE = "arn:aws:iam::123456789012:role/states"
PREFIX = f"arn:aws:states:{REGION}:123456789012:stateMachine:"

TEXTS = "an output that is a text comes without its quotation marks"
NOT_JSON = "what is no JSON is an InternalError, not InvalidExecutionInput"
ABSENT = "moto has no RedriveExecution and no StartSyncExecution"

#: Test of the contract -> how moto differs from AWS there.
#: https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
DIFFERENCES = {
    "test_the_largest_answer_is_taken": TEXTS,
    "test_the_largest_input_is_taken": TEXTS,
    "test_nobody_waits_after_the_timeout": TEXTS,
    "test_other_input_under_a_finished_name_changes_nothing": TEXTS,
    "test_input_that_is_not_json_is_refused": NOT_JSON,
    "test_a_stopped_execution_is_terminated": "the description of a stopped execution has no cause",
    "test_what_did_not_fail_is_not_redriven": ABSENT,
    "test_what_has_to_begin_anew_is_left_as_it_is": ABSENT,
    "test_an_express_execution_answers_at_once": ABSENT,
    "test_an_express_execution_tells_its_failure": ABSENT,
}
#: The same; not run, as it would wait for what does not come.
NEVER_ENDS = {"test_nobody_waits_after_a_stop": "a stop does not end a state that waits for its token"}


FAILING = json.dumps({"StartAt": "s0", "States": {"s0": {"Type": "Fail", "Error": "NoStock", "Cause": "sold out"}}})


def machine(first: dict[str, Any], **others: dict[str, Any]) -> str:
    """A machine that begins with this state and ends in it, or in what its Catch names."""
    return json.dumps({"StartAt": "s0", "States": {"s0": first | {"End": True}} | others})


def wait_for(queue: str, seconds: int) -> dict[str, Any]:
    """A state that sends its token to a queue."""
    message = {"token.$": "$$.Task.Token", "execution.$": "$$.Execution.Name"}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue, "MessageBody": message},
        "TimeoutSeconds": seconds,
    }


def machines(queue: str) -> dict[str, str]:
    """Name -> definition."""
    caught = wait_for(queue, 1) | {"Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "expired"}]}
    return {
        "echo": machine({"Type": "Pass"}),
        "stamp": machine({"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}}),
        "slow": machine({"Type": "Wait", "Seconds": 90}),
        "failing": FAILING,
        "waiting": machine(wait_for(queue, 60)),
        "express": machine({"Type": "Pass"}),
        "express-failing": FAILING,
        "expiring": machine(caught, expired={"Type": "Pass", "Result": "expired", "End": True}),
    }


class QueueRig(Rig):
    """Tokens come through a queue."""

    def __init__(self, engine: Engine, queue: str) -> None:
        super().__init__(engine)
        self._queue = queue
        self._tokens: dict[str, str] = {}

    def token(self, name: str) -> str | None:
        """See :meth:`Rig.token`."""
        received = boto3.client("sqs", REGION).receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
        for message in received.get("Messages", []):
            told = json.loads(message["Body"])
            self._tokens[told["execution"]] = told["token"]
        return self._tokens.get(name)


@pytest.fixture(scope="module")
def queue() -> Iterator[str]:
    """The URL of a queue, with moto around it and the machines deployed."""
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        url = boto3.client("sqs", REGION).create_queue(QueueName="tokens")["QueueUrl"]
        states = boto3.client("stepfunctions", REGION)
        for name, definition in machines(url).items():
            kind: StateMachineTypeType = "EXPRESS" if name.startswith("express") else "STANDARD"
            states.create_state_machine(name=name, definition=definition, roleArn=ROLE, type=kind)
        yield url


class TestStepFunctionsOnMoto(EngineContract):
    """Another's reading of AWS's documentation."""

    @pytest.fixture(autouse=True)
    def as_it_is(self, request: pytest.FixtureRequest) -> None:
        if reason := DIFFERENCES.get(request.node.originalname):
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
        elif reason := NEVER_ENDS.get(request.node.originalname):
            pytest.xfail(reason)

    @pytest.fixture
    def engine(self, queue: str) -> Engine:
        return StepFunctionsEngine(translated(boto3.client("stepfunctions", REGION)), PREFIX)

    @pytest.fixture
    def unreachable(self) -> Engine:
        return StepFunctionsEngine(translated(client_of("http://127.0.0.1:9")), PREFIX)

    @pytest.fixture
    def definitions(self) -> Definitions:
        return Definitions(
            "echo", "stamp", "slow", "failing", "waiting", "expiring", None, "express", "express-failing"
        )

    @pytest.fixture
    def rig(self, engine: Engine, queue: str) -> Rig:
        return QueueRig(engine, queue)
