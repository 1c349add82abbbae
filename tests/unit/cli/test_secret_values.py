"""``verihook secrets put`` and ``retire``, against moto's Secrets Manager."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import boto3
import pytest
from moto import mock_aws

from tests.flows.deployment import STANDARD_SECRET, write
from verihook import cli
from verihook.cli import secret_values

#: Stack -> its outputs; another one does not exist.
STACKS = {"verihook": {secret_values.OUTPUT: "stack", "WebhookUrl": "https://x"}, "old": {"WebhookUrl": "https://x"}}

_FOUND = """<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult>
<Stacks><member><StackName>s</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE
</StackStatus><Outputs>{}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"""
_OUTPUT = "<member><OutputKey>{}</OutputKey><OutputValue>{}</OutputValue></member>"
_ABSENT = """<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>
<Code>ValidationError</Code><Message>Stack with id {} does not exist</Message></Error></ErrorResponse>"""


class CloudFormation(BaseHTTPRequestHandler):
    """DescribeStacks alone, as AWS answers it: moto's needs libraries that nothing else here does.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
    """

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        assert ["DescribeStacks"] == asked["Action"]
        (name,) = asked["StackName"]
        outputs = STACKS.get(name)
        told = "".join(_OUTPUT.format(*each) for each in (outputs or {}).items())
        body = (_ABSENT.format(name) if outputs is None else _FOUND.format(told)).encode()
        self.send_response(400 if outputs is None else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def cloudformation() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), CloudFormation) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Aws:
    """The secret of a stack, and the command against it."""

    def __init__(self, hooks: Path, patch: pytest.MonkeyPatch) -> None:
        self._hooks, self._patch = hooks, patch
        self.manager: Any = boto3.client("secretsmanager")
        self.arn = self.manager.create_secret(Name="stack")["ARN"]

    def run(self, *arguments: str, value: str = "") -> int:
        self._patch.setattr("sys.stdin", io.StringIO(value))
        return cli.main(["secrets", *arguments, "--hooks", str(self._hooks)])

    def content(self, name: str = "stack") -> Any:
        return json.loads(self.manager.get_secret_value(SecretId=name)["SecretString"])


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cloudformation: str) -> Iterator[Aws]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation)
    monkeypatch.delenv("VERIHOOK_SECRETS", raising=False)
    with mock_aws():
        yield Aws(write(tmp_path), monkeypatch)


def test_put_rotates_and_retire_ends(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    name = "GITHUB_WEBHOOK_SECRET"
    where = (name, "--secret", aws.arn)
    assert 0 == aws.run("put", *where, value="the first of its secrets\n")
    assert 0 == aws.run("put", *where, value="the second of its secrets\r\n")
    assert {name: ["the second of its secrets", "the first of its secrets"]} == aws.content()
    assert 0 == aws.run("put", *where, value="the second of its secrets")
    assert f"{name} has this value already; nothing was changed." in capsys.readouterr().out
    assert 0 == aws.run("retire", *where)
    assert {name: "the second of its secrets"} == aws.content()
    assert 0 == aws.run("retire", *where)
    told = capsys.readouterr()
    assert f"{name} has no former value; nothing was changed." in told.out
    assert "of its secrets" not in told.out + told.err


def test_the_stack_says_which_secret_it_is(aws: Aws) -> None:
    assert 0 == aws.run("put", "ORDERS_WEBHOOK_SECRET", "--stack", "verihook", value="s3cret s3cret s3cret")
    assert {"ORDERS_WEBHOOK_SECRET": "s3cret s3cret s3cret"} == aws.content()


def test_the_variable_says_which_and_the_arn_says_where(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    manager: Any = boto3.client("secretsmanager", region_name="eu-west-1")
    arn = manager.create_secret(Name="elsewhere")["ARN"]
    monkeypatch.setenv("VERIHOOK_SECRETS", arn)
    assert 0 == aws.run("put", "ORDERS_WEBHOOK_SECRET", value="s3cret s3cret s3cret")
    assert manager.get_secret_value(SecretId=arn)["SecretString"]


def test_a_terminal_is_asked_and_shows_nothing(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    asked: list[str] = []

    def getpass(prompt: str) -> str:
        asked.append(prompt)
        return "typed by hand, not shown"

    monkeypatch.setattr("getpass.getpass", getpass)
    monkeypatch.setattr("sys.stdin", Terminal())
    arguments = ["secrets", "put", "SLACK_SIGNING_SECRET", "--secret", "stack"]
    assert 0 == cli.main([*arguments, "--hooks", str(aws._hooks)])
    assert ["SLACK_SIGNING_SECRET (not shown): "] == asked
    assert {"SLACK_SIGNING_SECRET": "typed by hand, not shown"} == aws.content()


def test_what_is_short_is_put_with_a_warning(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == aws.run("put", "ORDERS_WEBHOOK_SECRET", "--secret", "stack", value="s3cret\n")
    assert "fewer than 16 characters" in capsys.readouterr().err
    assert {"ORDERS_WEBHOOK_SECRET": "s3cret"} == aws.content()


@pytest.mark.parametrize(
    ("arguments", "value", "words"),
    [
        (
            ("put", "GITHUB_WEBHOK_SECRET", "--secret", "stack"),
            "x" * 16,
            "hooks.toml: env:NAME: must be one of OR",
        ),
        (
            ("retire", "GITHUB_WEBHOK_SECRET", "--secret", "stack"),
            "",
            "hooks.toml: env:NAME: must be one of OR",
        ),
        (("put", "ORDERS_WEBHOOK_SECRET", "--secret", "stack"), "\n", "the value is empty"),
        (("put", "ORDERS_WEBHOOK_SECRET", "--secret", "stack"), " hunter2", "begins or ends with white space"),
        (("put", "ORDERS_WEBHOOK_SECRET", "--secret", "stack"), "hunter2\n\n", "begins or ends with white space"),
        (("put", "ORDERS_WEBHOOK_SECRET"), "hunter2", "name the stack (--stack NAME) or the secret"),
        (("put", "STANDARD_WEBHOOK_SECRET", "--secret", "stack"), "whsec_hunter2!", "source standard cannot use"),
    ],
)
def test_what_is_refused(
    aws: Aws, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], value: str, words: str
) -> None:
    assert 2 == aws.run(*arguments, value=value)
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
    assert "hunter2" not in line
    with pytest.raises(aws.manager.exceptions.ResourceNotFoundException):
        aws.content()


def test_what_the_senders_scheme_can_use_is_put(aws: Aws) -> None:
    assert 0 == aws.run("put", "STANDARD_WEBHOOK_SECRET", "--secret", "stack", value=STANDARD_SECRET)


def test_a_stack_without_the_output_or_a_secret_that_is_none_is_told(
    aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == aws.run("put", "ORDERS_WEBHOOK_SECRET", "--stack", "old", value="x" * 16)
    assert "the stack has no output SourceSecretsArn" in capsys.readouterr().err
    for where in (("--stack", "none"), ("--secret", "none")):
        with pytest.raises(SystemExit) as end:
            aws.run("put", "ORDERS_WEBHOOK_SECRET", *where, value="x" * 16)
        assert 1 == end.value.code
        assert "verihook: AWS refused or did not answer: " in capsys.readouterr().err
    aws.manager.put_secret_value(SecretId="stack", SecretString="hunter2")
    assert 2 == aws.run("put", "ORDERS_WEBHOOK_SECRET", "--secret", "stack", value="x" * 16)
    told = capsys.readouterr().err
    assert "holds no JSON object" in told
    assert "hunter2" not in told
