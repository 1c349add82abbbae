"""``verihook send`` against a receiver that writes down what comes."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import environ
from pathlib import Path
from time import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.flows.deployment import SECRET, VARIABLES, write
from verihook import cli
from verihook.config import load_hooks
from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.schemes import Setting
from verihook.senders.schemes.hmac import HmacScheme

PUBLIC_KEY_SOURCE = """
[sources.signed]
sender = "rfc9421-ed25519"
secrets = ["env:PUBLIC_KEY"]
workflow = "x"
public_url = "https://example.com/hooks/signed"

[workflows.x]
engine = "stepfunctions"
definition = "x"
"""

UNCHECKED = """
[sources.pushed]
sender = "connectwise"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "x"

[workflows.x]
engine = "stepfunctions"
definition = "x"
"""

ORDER = b'{"id": "evt_1", "type": "order.created"}'


class Receiver:
    """Answers 200 to the first delivery and to each one after it as a duplicate."""

    def __init__(self) -> None:
        received = self.received = list[Request]()
        receiver, self.more, self.reason = self, dict[str, str](), "OK"

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                path, _, query = self.path.partition("?")
                headers = tuple((name.lower(), value) for name, value in self.headers.items())
                received.append(Request("POST", path, query, headers, body, ""))
                content = {"instanceId": "i", "duplicate": len(received) > 1, **receiver.more}
                answer = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
                self.send_response(200, receiver.reason)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield receiver
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("deployment"))


class Send:
    """Runs the command."""

    def __init__(self, folder: Path, hooks: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.hooks, self.url, self.capsys = folder, hooks, url, capsys

    def __call__(self, source: str, *more: str, body: bytes = ORDER) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        file = self.folder / "body"
        file.write_bytes(body)
        options = ["--hooks", str(self.hooks), "--data", str(self.folder / "none"), "--url", self.url, *more]
        code = cli.main(["send", source, str(file), *options])
        captured = self.capsys.readouterr()
        return code, captured.out, captured.err


@pytest.fixture
def send(
    tmp_path: Path,
    hooks: Path,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Send:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    return Send(tmp_path, hooks, receiver.url, capsys)


def refusal(sender: str, secret: str, request: Request, now: int) -> str | None:
    try:
        load_sender(sender).scheme.bind((secret,))(request, now)
    except SignatureError as error:
        return error.reason
    return None


def test_no_answer_steers_the_terminal(send: Send, receiver: Receiver) -> None:
    receiver.more, receiver.reason = {"note": "a\x9b2J\u202eb"}, "OK\x1b[2J"
    code, out, err = send("stripe", "--repeat", "2")
    assert (0, "") == (code, err)
    assert "a\N{REPLACEMENT CHARACTER}2J\N{REPLACEMENT CHARACTER}b" in out
    assert not set("\x1b\x9b\u202e") & set(out)


def test_repeat_sends_the_same_bytes_and_sums_up(send: Send, receiver: Receiver) -> None:
    code, out, err = send("stripe", "--repeat", "3")
    assert (0, "") == (code, err)
    assert [
        "200 OK",
        '{"instanceId":"i","duplicate":false}',
        "3 sent: 1 x 200 OK, 2 x 200 OK (duplicate)",
    ] == out.splitlines()
    first, *others = receiver.received
    assert [first, first] == others


@pytest.mark.parametrize("skew", [-301, 4000])
def test_skew_signs_with_a_clock_that_is_off(send: Send, receiver: Receiver, skew: int) -> None:
    assert 0 == send("stripe", "--skew", str(skew))[0]
    assert 0 == send("stripe")[0]
    off, right = ((request.header("stripe-signature") or "").split(",")[0][2:] for request in receiver.received)
    assert abs(int(right) - int(off) + skew) <= 5
    secret = VARIABLES["STRIPE_WEBHOOK_SECRET"]
    assert refusal("stripe", secret, receiver.received[0], int(off)) is None
    assert "timestamp-outside-tolerance" == refusal("stripe", secret, receiver.received[0], int(right))


def test_tampered_deliveries_arrive_as_they_were_made(send: Send, receiver: Receiver) -> None:
    for tampering in ("body", "signature", "duplicate-header"):
        assert 0 == send("orders", "--tamper", tampering)[0]
    reasons = [refusal("generic", SECRET, request, 0) for request in receiver.received]
    assert ["signature-mismatch", "signature-mismatch", "duplicate-header"] == reasons
    assert [ORDER + b" ", ORDER, ORDER] == [request.body for request in receiver.received]
    assert 0 == send("orders", "--tamper", "body", "--tamper", "duplicate-header")[0]
    both = receiver.received[-1]
    assert (ORDER + b" ", 2) == (both.body, len(both.values("x-signature")))


def test_a_key_of_ones_own(send: Send, receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("another secret\n")
    assert 0 == send("orders", "--key", str(tmp_path / "key"))[0]
    assert refusal("generic", "another secret", receiver.received[0], 0) is None


def test_a_private_key(send: Send, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The source has the public half: it signs nothing, and that is said."""
    hooks = tmp_path / "hooks.toml"
    hooks.write_text(PUBLIC_KEY_SOURCE)
    send.hooks = hooks
    key = Ed25519PrivateKey.generate()
    public = key.public_key()
    monkeypatch.setenv("PUBLIC_KEY", public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())
    code, out, err = send("signed")
    assert (2, "", 1) == (code, out, len(err.splitlines()))
    assert err.startswith("verihook: hooks.toml: sources.signed: cannot send as rfc9421-ed25519: ")
    assert err.endswith("; a sender's (test) private key is given with --key FILE\n")
    (tmp_path / "key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert 0 == send("signed", "--key", str(tmp_path / "key"))[0]
    source = load_hooks(hooks).sources["signed"]
    verify = source.sender.scheme.bind((environ["PUBLIC_KEY"],), Setting(source.public_url))
    assert "current" == verify(receiver.received[0], int(time())).verified_by


def test_a_sample_is_sent_without_a_file(send: Send, receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--hooks", str(send.hooks), "--data", str(send.folder / "none"), "--url", receiver.url]
    for _ in range(2):
        assert 0 == cli.main(["send", "forms", *options])
    first, second = receiver.received
    assert "pull_request" == first.header("x-github-event")
    assert "opened" == json.loads(first.body)["action"]
    assert first.header("x-github-delivery") != second.header("x-github-delivery")
    assert refusal("github", SECRET, first, int(time())) is None
    assert 0 == cli.main(["send", "filtered", *options])
    assert json.loads(receiver.received[-1].body)["id"] not in ("evt_sample", "")
    assert "unchecked" not in capsys.readouterr().err


def test_an_unchecked_sender_is_named(send: Send, receiver: Receiver, tmp_path: Path) -> None:
    send.hooks = tmp_path / "hooks.toml"
    send.hooks.write_text(UNCHECKED)
    code, _, error = send("pushed")
    assert 0 == code
    assert "unchecked: the description of connectwise was never compared with the sender's own text" in error


def test_the_content_type(send: Send, receiver: Receiver) -> None:
    send("orders")
    send("orders", body=b"a=b")
    send("orders", "--content-type", "text/plain")
    assert ["application/json", "application/x-www-form-urlencoded", "text/plain"] == [
        request.header("content-type") for request in receiver.received
    ]


def test_what_cannot_be_sent(send: Send, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").write_text("\n")
    key = str(tmp_path / "empty")
    missing = str(tmp_path / "missing")
    monkeypatch.setenv("STANDARD_WEBHOOK_SECRET", "not base64!")
    for arguments, text in (
        (
            ["orders", "--tamper", "timestamp"],
            "hooks.toml: sources.orders: cannot send as generic: its deliveries have no",
        ),
        (["orders", "--key", key], f"{key}: is empty"),
        (["orders", "--key", missing], f"{missing}: cannot be read: No such file or directory"),
        (["standard"], "hooks.toml: sources.standard: cannot send as standard-webhooks: the secret is not base64"),
    ):
        code, out, err = send(*arguments)
        assert (2, "", 1) == (code, out, len(err.splitlines()))
        assert err.startswith(f"verihook: {text}")
        assert "not base64!" not in err
    assert [] == receiver.received


def test_an_answer_that_cannot_be_written(
    send: Send, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert 1 == send("orders")[0]
    assert 1 == len(receiver.received)


def test_a_secret_that_only_a_server_would_give(send: Send, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORDERS_WEBHOOK_SECRET")
    code, out, err = send("orders")
    assert (2, "", 1) == (code, out, len(err.splitlines()))
    assert "env:ORDERS_WEBHOOK_SECRET is not set; set it as the server has it; " in err
    assert f"no server runs on the data folder {tmp_path / 'none'}, which would give it: start one there" in err
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "run.json").write_text(json.dumps({"url": send.url, "secrets": {}, "key": "k"}))
    assert send("orders")[2].endswith("set it as the server has it\n")


@pytest.mark.parametrize("arguments", [["--tamper", "luck"], ["--repeat", "0"], ["--repeat", "x"], ["--skew", "1.5"]])
def test_wrong_use(send: Send, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        send("orders", *arguments)
    assert 2 == end.value.code


def test_an_inline_signature(send: Send, receiver: Receiver) -> None:
    assert 0 == send("inline")[0]
    scheme = HmacScheme(header="X-Acme-Signature", encoding="base64", algorithm="sha512")
    assert "current" == scheme.bind((SECRET,))(receiver.received[0], 0).verified_by
