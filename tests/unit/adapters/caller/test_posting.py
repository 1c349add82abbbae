"""What the caller of callbacks does, against servers on loopback."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import time
from email.utils import format_datetime

import pytest

from tests.flows.waiting import wait_until
from tests.unit.adapters.caller.receiver import NAME, Receiver, contexts, receiver, secure
from verihook.adapters import caller
from verihook.adapters.caller import HttpCaller
from verihook.model.ports import Answer

__all__ = ["contexts", "receiver", "secure"]


def test_it_posts_the_bytes_and_the_headers(receiver: Receiver) -> None:
    url = f"http://127.0.0.1:{receiver.port}/202?"
    assert Answer(202) == HttpCaller(loopback=True).post(url, b'{"a": "\xff"}', {"webhook-id": "msg_1"})
    ((path, body, headers),) = receiver.asked
    assert ("/202", b'{"a": "\xff"}') == (path, body)
    assert ("msg_1", f"127.0.0.1:{receiver.port}", "close", "10") == tuple(
        headers[name] for name in ("webhook-id", "host", "connection", "content-length")
    )


@pytest.mark.parametrize("status", [200, 204, 302, 400, 410, 429, 500])
def test_the_status_is_told_and_no_redirect_followed(receiver: Receiver, status: int) -> None:
    assert Answer(status) == HttpCaller(loopback=True).post(f"http://localhost:{receiver.port}/{status}", b"", {})
    assert 1 == len(receiver.asked)


def test_retry_after_in_seconds_and_as_a_date(receiver: Receiver) -> None:
    post, url = HttpCaller(loopback=True).post, f"http://127.0.0.1:{receiver.port}/429?"
    soon = format_datetime(datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=100), usegmt=True)
    assert Answer(429, 120) == post(f"{url}120", b"", {})
    assert 90 < (post(url + soon.replace(" ", "_"), b"", {}).retry_after_s or 0) <= 100
    assert Answer(429, 0) == post(f"{url}Fri,_31_Dec_1999_23:59:59_GMT", b"", {})
    for nonsense in ("soon", "-1", "1.5", "9" * 30):
        assert Answer(429) == post(url + nonsense, b"", {})


def test_over_tls_the_name_is_verified_and_the_checked_address_called(
    secure: Receiver, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """The name exists in no DNS: only the address that was looked up, once, can have been called."""
    looked_up: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        looked_up.append((host, port))
        # A name that moves: the second look would find another.
        return ["127.0.0.1"] if len(looked_up) == 1 else ["169.254.169.254"]

    subject = HttpCaller(loopback=True, any_name_is_local=True, resolve=resolve, tls=contexts[1])
    assert Answer(204) == subject.post(f"https://{NAME}:{secure.port}/204", b"{}", {})
    assert [(NAME, secure.port)] == looked_up
    assert [NAME] == secure.names
    assert f"{NAME}:{secure.port}" == secure.asked[0][2]["host"]
    assert Answer(0) == subject.post(f"https://{NAME}:{secure.port}/204", b"{}", {})
    assert 1 == len(secure.asked)


def test_a_certificate_of_another_name_or_of_nobody_we_know_is_no_receiver(
    secure: Receiver, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    def here(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    for subject, name in (
        (HttpCaller(loopback=True, any_name_is_local=True, resolve=here, tls=contexts[1]), "another.example"),
        (HttpCaller(loopback=True, tls=contexts[1]), "127.0.0.1"),
        (HttpCaller(loopback=True, any_name_is_local=True, resolve=here), NAME),
    ):
        assert Answer(0) == subject.post(f"https://{name}:{secure.port}/204", b"{}", {})
    assert [] == secure.asked


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["10.0.0.5"],
        ["169.254.169.254"],
        ["fd00:ec2::254"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%lo"],
        ["93.184.215.14", "10.0.0.5"],
        ["93.184.215.14", "127.0.0.1"],
        [],
    ],
)
@pytest.mark.parametrize("loopback", [False, True])
def test_a_name_that_leads_inside_is_not_called(receiver: Receiver, addresses: list[str], loopback: bool) -> None:
    """One bad address among good ones is enough. On one machine loopback is called by its own names alone."""
    called: list[object] = []
    subject = HttpCaller(loopback=loopback, resolve=lambda host, port: addresses)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "create_connection", lambda *arguments: called.append(arguments))
        assert Answer(0) == subject.post(f"https://inside.example:{receiver.port}/204", b"", {})
    assert [] == called == receiver.asked


def test_the_next_address_is_tried(receiver: Receiver) -> None:
    subject = HttpCaller(loopback=True, resolve=lambda host, port: ["127.255.255.254", "127.0.0.1"])
    assert Answer(204) == subject.post(f"http://localhost:{receiver.port}/204", b"", {})


@pytest.mark.parametrize("path", ["silent", "drip"])
def test_it_gives_up(receiver: Receiver, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    assert 10 == caller.TOTAL_S
    monkeypatch.setattr(caller, "TOTAL_S", 0.2)
    before = time.monotonic()
    assert Answer(0) == HttpCaller(loopback=True).post(f"http://127.0.0.1:{receiver.port}/{path}", b"", {})
    assert time.monotonic() - before < 60
    wait_until(lambda: not any(thread.name == "callback" for thread in threading.enumerate()), what="a thread is left")


def test_a_lookup_that_hangs_is_given_up_and_posts_nothing_later(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller, "TOTAL_S", 0.1)
    gate = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        gate.wait(60)
        return ["127.0.0.1"]

    assert Answer(0) == HttpCaller(loopback=True, resolve=resolve).post(
        f"http://localhost:{receiver.port}/204", b"", {}
    )
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "callback"]
    gate.set()
    thread.join(60)
    assert not thread.is_alive()
    assert [] == receiver.asked


def test_nobody_there_is_no_answer() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        assert Answer(0) == HttpCaller(loopback=True).post(f"http://127.0.0.1:{port}/", b"", {})
    assert Answer(0) == HttpCaller(loopback=True).post("http://[", b"", {})


def test_no_proxy_is_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert Answer(204) == HttpCaller(loopback=True).post(f"http://127.0.0.1:{receiver.port}/204", b"", {})
