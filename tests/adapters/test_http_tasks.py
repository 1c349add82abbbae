"""HTTP Tasks against servers that answer, and against those that do not: by the machine that ships with one, too."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.interpreter_machines import InterpreterRig, Worker, client_of, shipped
from tests.boto_clients import translated
from tests.contracts.engine import a_name
from tests.unit.adapters.aws.scripted import Act, Scripted, answer, both, hang_up, raw
from tests.unit.adapters.caller.receiver import contexts  # noqa: F401 - a fixture
from verihook.adapters.engines.stepfunctions import StepFunctionsEngine
from verihook.errors import SecretsUnavailable
from verihook.local.runner import ARN_PREFIX, HttpTasks, Integrations, Interpreter, http_tasks, refusals_of
from verihook.local.states.errors import StateError

ARN = "arn:aws:events:us-east-1:123456789012:connection/invoices/1"
HTTP = "arn:aws:states:::http:invoke"
SECRET = "Bearer of-the-connection"
HERE = "https://a.example"


def tasks(url: str) -> HttpTasks:
    return HttpTasks({"invoices": url}, lambda _: (url, {"authorization": SECRET}))


def asked(url: str, **more: Any) -> dict[str, Any]:
    return {"ApiEndpoint": url, "Method": "POST", "InvocationConfig": {"ConnectionArn": ARN}, "RequestBody": {}, **more}


def failing(*acts: Act, **more: Any) -> tuple[str | None, str]:
    with Scripted(*acts) as server, pytest.raises(StateError) as caught:
        tasks(server.url).call(asked(server.url, **more))
    return caught.value.name, str(caught.value.cause)


def test_a_call_and_its_result() -> None:
    with Scripted(answer({"id": "inv_1"}, content_type="application/json")) as server:
        told = tasks(server.url).call(asked(f"{server.url}/invoices", RequestBody={"amount": 27}))
        (sent,) = server.requests
    assert (told["ResponseBody"], told["StatusCode"]) == ({"id": "inv_1"}, 200)
    head, _, body = sent.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /invoices HTTP/1.1\r\n")
    assert f"authorization: {SECRET}".encode() in head
    assert body == b'{"amount":27}'


def test_a_redirect_is_an_error_and_is_not_followed() -> None:
    with Scripted() as other:
        name, _ = failing(raw(f"HTTP/1.1 307 X\r\nlocation: {other.url}/\r\ncontent-length: 0\r\n\r\n"))
        assert (name, other.connections) == ("States.Http.StatusCode.307", 0)


@pytest.mark.parametrize(
    "before",
    [
        "",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nab",
        "no HTTP at all\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nab",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-3\r\nab",
    ],
    ids=repr,
)
def test_no_whole_answer_is_a_socket_error(before: str) -> None:
    assert failing(both(raw(before), hang_up))[0] == "States.Http.Socket"


def test_a_long_answer_makes_no_long_cause() -> None:
    assert 32_768 == len(failing(answer("x" * 100_000, 500))[1])


def test_a_body_is_no_second_request() -> None:
    second = "DELETE /admin HTTP/1.1\r\nhost: x\r\n\r\n"
    assert failing(Headers={"Content-Length": "0"}, RequestBody=second)[0] == "States.Runtime"


def test_what_the_service_repeats_is_in_no_cause_and_no_result() -> None:
    assert SECRET not in failing(answer(f"authorization: {SECRET}", 401))[1]
    with Scripted(answer({"authorization": SECRET}, content_type="application/json", x_echo=SECRET)) as server:
        told = tasks(server.url).call(asked(server.url))
    assert (told["ResponseBody"], told["Headers"]["x-echo"]) == ({"authorization": "***"}, ["***"])


def test_nobody_listens() -> None:
    with pytest.raises(StateError, match=r"States\.Http\.Socket"):
        tasks("http://127.0.0.1:1").call(asked("http://127.0.0.1:1"))


def drops(connection: socket.socket) -> None:
    """An answer of which a byte comes now and then, for some seconds."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    for _ in range(200):
        connection.sendall(b" ")
        time.sleep(0.02)
    hang_up(connection)


def test_an_answer_in_drops_ends_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_tasks, "TOTAL_S", 0.3)
    name, cause = failing(drops)
    assert (name, "did not come within" in cause) == ("States.Http.Socket", True)


def test_a_header_that_would_begin_another_is_not_sent() -> None:
    name, cause = failing(Headers={"x-note": "a\r\nx-other: b"})
    assert (name, cause) == ("States.Runtime", "The value of the header 'x-note' cannot be sent")


def test_over_tls_the_certificate_is_checked(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:  # noqa: F811 - a fixture
    server_tls, client_tls = contexts
    with Scripted(answer({}), tls=server_tls) as server:
        url = f"https://localhost:{server.port}"
        made = tasks(url)
        with pytest.raises(StateError, match=r"States\.Http\.Socket.*CERTIFICATE_VERIFY_FAILED"):
            made.call(asked(url))
    client_tls.check_hostname = False
    with Scripted(answer({}), tls=server_tls) as server:
        url = f"https://localhost:{server.port}"
        assert HttpTasks({"invoices": url}, lambda _: (url, {}), client_tls).call(asked(url))["StatusCode"] == 200


def test_one_time_limit_is_for_the_handshake_and_the_answer(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],  # noqa: F811 - a fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server_tls, client_tls = contexts
    client_tls.check_hostname = False
    monkeypatch.setattr(http_tasks, "TOTAL_S", 0.4)

    class Late(ssl.SSLContext):
        def wrap_socket(self, *given: Any, **more: Any) -> ssl.SSLSocket:
            time.sleep(0.25)
            return server_tls.wrap_socket(*given, **more)

    def late(connection: socket.socket) -> None:
        time.sleep(0.25)
        answer({})(connection)

    with Scripted(late, tls=Late(ssl.PROTOCOL_TLS_SERVER)) as server:
        url = f"https://localhost:{server.port}"
        made = HttpTasks({"invoices": url}, lambda _: (url, {}), client_tls)
        with pytest.raises(StateError, match=r"States\.Http\.Socket.*did not come within"):
            made.call(asked(url))


def _missing(_: str) -> tuple[str, dict[str, str]]:
    raise KeyError("[connections.invoices] has a secret, and this process is given none")


def _unavailable(_: str) -> tuple[str, dict[str, str]]:
    raise SecretsUnavailable("The secret cannot be read.")


@pytest.mark.parametrize(
    ("made", "given", "error"),
    [
        (HttpTasks({"other": HERE}), asked(HERE), "Events.ConnectionResource.ResourceNotFound"),
        (
            HttpTasks({"invoices": HERE}, _missing),
            asked(HERE),
            "Events.ConnectionResource.InvalidConnectionState",
        ),
        (HttpTasks({"invoices": HERE}, _unavailable), asked(HERE), "Events.ConnectionResource.InternalError"),
        (HttpTasks({"invoices": HERE}), [1], "States.Runtime"),
    ],
)
def test_a_connection_that_is_not_there(made: HttpTasks, given: Any, error: str) -> None:
    with pytest.raises(StateError) as caught:
        made.call(given)
    assert caught.value.name == error


def test_what_is_wrong_with_one_is_told_when_it_is_read() -> None:
    def told(http: HttpTasks, **given: Any) -> list[str]:
        written = {"Method": "GET", "ApiEndpoint": HERE, "InvocationConfig": {"ConnectionArn": ARN}, **given}
        task = {"Type": "Task", "Resource": HTTP, "Parameters": {k: v for k, v in written.items() if v}, "End": True}
        found = refusals_of(json.dumps({"StartAt": "A", "States": {"A": task}}), http=http)
        return [str(each).removeprefix("States.A.").removeprefix("Parameters.") for each in found]

    there = HttpTasks({"invoices": HERE})
    dynamic = {"ApiEndpoint": None, "ApiEndpoint.$": "$.url", "InvocationConfig": None}
    assert [] == told(there) == told(there, **dynamic, Authentication={"ConnectionArn.$": "$.arn"})
    no_connection = f"Resource: {HTTP} calls through a connection, and hooks.toml has no [connections.NAME]"
    arn, url = "InvocationConfig.ConnectionArn", "ApiEndpoint"
    lan = {"ApiEndpoint": "http://10.0.0.5/a"}
    for found, words in (
        (told(HttpTasks()), no_connection),
        (told(HttpTasks({"a": HERE, "b": HERE})), f"{arn}: hooks.toml has no [connections.invoices], only: a, b"),
        (told(there, Url="x"), "Url: The field 'Url' is not supported by Step Functions"),
        (told(there, Method=None), "Method: The field 'Method' is required but was missing"),
        (
            told(there, InvocationConfig=None),
            "InvocationConfig: The field 'InvocationConfig' is required but was missing",
        ),
        (told(there, Method="get"), "Method: Method must be one of GET, "),
        (
            told(there, Headers={"Authorization": "x"}),
            "Headers.Authorization: The header 'Authorization' cannot be set",
        ),
        (told(there, InvocationConfig={"ConnectionArn": "x"}), f"{arn}: must be arn:aws:events:REGION"),
        (
            told(there, InvocationConfig={"ConnectionArn": "${Arn}"}),
            f"{arn}: ${{Arn}} is a substitution without a value",
        ),
        (told(there, Headers={"X-V": "${Version}"}), "Headers.X-V: ${Version} is a substitution without a value"),
        (told(there, RequestBody=[{"a": "${B}"}]), "RequestBody.[0].a: ${B} is a substitution without a value"),
        (told(there, ApiEndpoint="https://evil.example"), f"{url}: is not below the URL of [connections.invoices]"),
        (
            told(HttpTasks({"invoices": "http://10.0.0.5"}), **lan),
            f"{url}: the URL of the connection must begin with https",
        ),
    ):
        assert [words] == [each[: len(words)] for each in found], found


class TestProcessOrder:
    """The machine of infra/workflows as it ships, without its mail."""

    @pytest.fixture
    def run(self, tmp_path: Path) -> Callable[..., tuple[Any, Any, list[bytes]]]:
        def run(*acts: Act) -> tuple[Any, Any, list[bytes]]:
            with (
                Scripted(*acts) as server,
                Interpreter(tmp_path / "e.db", integrations=Integrations(http=tasks(server.url))) as interpreter,
            ):
                text = shipped("process-order").replace("${InvoiceUrl}", server.url)
                machine = json.loads(text.replace("${InvoiceConnectionArn}", ARN))
                machine["States"]["Create invoice"]["Retry"][0] |= {"IntervalSeconds": 1, "MaxAttempts": 1}
                machine["States"]["Send confirmation"] = {"Type": "Pass", "End": True}
                interpreter.deploy({"process-order": json.dumps(machine)})
                client, name = client_of(interpreter.endpoint_url), a_name()
                rig = InterpreterRig(StepFunctionsEngine(translated(client), ARN_PREFIX), Worker())
                rig.start("process-order", name, json.dumps({"customerId": "c1", "items": []}))
                progress = rig.end_of("process-order", name)
                arn = f"{ARN_PREFIX.replace('stateMachine', 'execution')}process-order:{name}"
                return progress, client.get_execution_history(executionArn=arn), server.requests

        return run

    def test_it_makes_an_invoice_once_the_service_is_there(self, run: Callable[..., Any]) -> None:
        made = answer({"id": "inv_1"}, 201, content_type="application/json")
        progress, history, requests = run(answer({}, 503), made)
        assert (progress.status, progress.cause) == ("completed", None)
        assert 2 == len(requests)
        keys = {line for each in requests for line in each.split(b"\r\n") if line.startswith(b"idempotency-key")}
        assert 1 == len(keys)
        assert SECRET not in str(history)
        assert "inv_1" in str(history)

    def test_a_refusal_is_its_end(self, run: Callable[..., Any]) -> None:
        progress, _, requests = run(answer("no such customer", 404))
        assert (progress.status, progress.error) == ("failed", "States.Http.StatusCode.404")
        assert (progress.cause, len(requests)) == ("no such customer", 1)
