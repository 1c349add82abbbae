"""The two faces over real parts: a server process on SQLite; main.receive on DynamoDB and the interpreter."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from tests.adapters.dynamodb_local import dynamodb_local
from tests.flows.bucket import Bucket
from tests.flows.deployment import VARIABLES, write
from tests.flows.eventbridge import EventBridge
from tests.flows.faces import Answer, Face, Headers, HttpFace, LambdaFace, run_key, serving
from tests.flows.relay import Relay
from tests.flows.secret_store import INSTANCE_KEY_ARN, SECRETS_ARN, SecretStore
from tests.flows.stream import Stream
from verihook import main
from verihook.adapters.aws.boto import Boto
from verihook.adapters.ledgers.table import create_table_request
from verihook.config import load_hooks, settings
from verihook.instances.holding import find_held
from verihook.local.durable import DurableRunner
from verihook.local.runner import ARN_PREFIX, Interpreter
from verihook.local.runner.integrations import Integrations
from verihook.local.state_machines import SUBSTITUTIONS, machines

__all__ = ["dynamodb_local"]


class AwsFace(LambdaFace):
    """``main.receive`` as deployed; before a status is read, what engine and table tell of is delivered."""

    def __init__(
        self, bridge: EventBridge, stream: Stream, dynamodb: Any, table: str, bucket: Bucket, secrets: SecretStore
    ) -> None:
        super().__init__(main.receive)
        self.bridge, self.stream, self.dynamodb, self.table = bridge, stream, dynamodb, table
        self.bucket, self.secrets = bucket, secrets

    def send(self, method: str, target: str, headers: Headers, body: bytes = b"") -> Answer:
        if method == "GET":
            self.bridge.deliver()
            self.stream.deliver(LambdaContext())
        return super().send(method, target, headers, body)

    def rows(self) -> int:
        instances = {"FilterExpression": "begins_with(pk, :p)", "ExpressionAttributeValues": {":p": {"S": "instance#"}}}
        return int(self.dynamodb.scan(TableName=self.table, Select="COUNT", **instances)["Count"])


class LambdaContext:
    """What Lambda gives a handler beside the event."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class LocalFace(HttpFace):
    """The server of one machine."""

    def __init__(self, url: str, data: Path) -> None:
        super().__init__(url)
        self.data = data

    def ask(self, target: str) -> Answer:
        """A GET of the API with the key of the run."""
        return self.send("GET", target, [("x-api-key", run_key(self.data))])

    def rows(self) -> int:
        connection = sqlite3.connect(f"file:{self.data / 'ledger.db'}?mode=ro", uri=True)
        try:
            return int(connection.execute("SELECT count(*) FROM instances").fetchone()[0])
        finally:
            connection.close()


@pytest.fixture(scope="session")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hooks.toml of a deployment with the shipped sources and more."""
    return write(tmp_path_factory.mktemp("deployment"))


@pytest.fixture(scope="session")
def local_face(hooks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFace]:
    """A server process on a free port."""
    data = tmp_path_factory.mktemp("server") / "data"
    with serving(data, VARIABLES, "--hooks", str(hooks)) as server:
        yield LocalFace(server.url, data)


# Of the package, not the session: what it puts into the environment must not reach other tests.
@pytest.fixture(scope="package")
def aws_face(hooks: Path, dynamodb_local: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsFace]:
    """The Lambda entry points over DynamoDB Local and the interpreter, set up by the environment alone."""
    # A new one each time: a folder below this one is a package, too, and pytest may set this up again beside the first.
    table = f"flows-{uuid4()}"
    definitions = {name: text for name, text in machines(load_hooks(hooks), {}).items() if isinstance(text, str)}
    with (
        pytest.MonkeyPatch.context() as patch,
        Bucket() as bucket,
        SecretStore() as store,
        Interpreter(
            tmp_path_factory.mktemp("interpreter") / "executions.db",
            integrations=Integrations(
                {SUBSTITUTIONS["FeedsName"]: lambda event: main.feed(event, LambdaContext())}, bucket.read
            ),
        ) as interpreter,
        # It knows no function of this deployment: nothing here starts one, the health check alone asks for it.
        DurableRunner(tmp_path_factory.mktemp("durable") / "durable.db", hooks.parent / "workflows") as durable,
    ):
        interpreter.deploy(definitions)
        variables = {
            "VERIHOOK_TABLE": table,
            "VERIHOOK_INSTANCE_KEY_ARN": INSTANCE_KEY_ARN,
            "VERIHOOK_SECRETS": SECRETS_ARN,
            "VERIHOOK_STATE_MACHINE_PREFIX": ARN_PREFIX,
            "VERIHOOK_FUNCTION_PREFIX": "verihook-",
            "VERIHOOK_PAYLOADS": "payloads",
            "VERIHOOK_HOOKS": str(hooks),
            "POWERTOOLS_SERVICE_NAME": "verihook",
            "POWERTOOLS_METRICS_NAMESPACE": "Verihook",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_local,
            "AWS_ENDPOINT_URL_SFN": interpreter.endpoint_url,
            "AWS_ENDPOINT_URL_LAMBDA": durable.endpoint_url,
            "AWS_ENDPOINT_URL_S3": bucket.url,
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": store.url,
        }
        for name, value in variables.items():
            patch.setenv(name, value)
        # In AWS the folder is beside the package.
        patch.setattr(settings, "DEFAULT_WORKFLOWS", hooks.parent / "workflows")
        dynamodb = Boto(boto3.client("dynamodb"))
        dynamodb.create_table(**create_table_request(table))
        _forget()
        bridge, stream = EventBridge(boto3.client("stepfunctions"), definitions), Stream(dynamodb_local, table)
        yield AwsFace(bridge, stream, dynamodb, table, bucket, store)
        _forget()
        dynamodb.delete_table(TableName=table)


def _forget() -> None:
    """Let the entry points make their services and functions again."""
    main.services.cache_clear()
    main._functions.cache_clear()


#: What boto3 alone does, so that it is chosen; no endpoint here is https.
BOTO3 = {"HTTPS_PROXY": "http://127.0.0.1:9"}


@pytest.fixture(params=["ours", "boto3"])
def calls(aws_face: AwsFace, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """The names of the AWS operations that the test calls, in order, as they go over the wire; by either client."""
    made: list[str] = []
    whole = main.services()
    # What other tests were refused must not be written by the next refusal here.
    whole.observer.flush()
    # What is made when it is first used must not meet the relays.
    assert whole.payloads.base
    assert all(engine.max_input for engine in whole.engines.values())
    with ExitStack() as stack:
        for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_")]:
            monkeypatch.setenv(name, stack.enter_context(Relay(os.environ[name], made)).url)
        for name, value in (BOTO3 if request.param == "boto3" else {}).items():
            monkeypatch.setenv(name, value)
        counted = main._make_services()
        find_held(counted)
        client: Any = counted.ledger
        assert isinstance(client._calls.client, Boto) is (request.param == "boto3")
        # What a state machine of another test asks the worker for comes from another thread.
        here = threading.get_ident()
        monkeypatch.setattr(main, "services", lambda: counted if threading.get_ident() == here else whole)
        made.clear()
        yield made


@pytest.fixture(params=["http", "lambda"])
def face(request: pytest.FixtureRequest) -> Face:
    """Each public face of the receiver in turn."""
    chosen: Face = request.getfixturevalue({"http": "local_face", "lambda": "aws_face"}[request.param])
    return chosen


@pytest.fixture
def rows(face: LocalFace | AwsFace) -> Callable[[], int]:
    """How many rows the ledger behind the face has."""
    return face.rows
