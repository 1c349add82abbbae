"""The fetcher of keys, against a server on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from verihook.errors import SecretsUnavailable
from verihook.senders import fetcher
from verihook.senders.fetcher import KeyFetcher
from verihook.senders.schemes.sns_hosts import HOSTS


class Host:
    """A host of keys: counts what it is asked for, answers by path."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.bodies: list[bytes] = []
        self.kinds: list[str] = []
        self.authorized: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked.append(self.path)
                if "authorization" in self.headers:
                    host.authorized.append(self.headers["authorization"])
                host.gate.wait(60)
                name = self.path.partition("?")[0].strip("/")
                if name.isdigit():
                    self.answer(int(name), b"explained" if name == "400" else b"not for us")
                elif name == "redirect":
                    self.send_response(302)
                    self.send_header("location", "/key")
                    self.end_headers()
                elif name == "long":
                    self.answer(200, b"x" * (fetcher.MAX_DOCUMENT + 1))
                elif name == "cut":
                    self.send_response(200)
                    self.send_header("content-length", "100")
                    self.end_headers()
                    self.wfile.write(b"x")
                else:
                    self.answer(200, b"the key")

            def do_POST(self) -> None:
                host.bodies.append(self.rfile.read(int(self.headers["content-length"])))
                host.kinds.append(self.headers["content-type"])
                self.do_GET()

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    thread = threading.Thread(target=host.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield host
    host.gate.set()
    host.server.shutdown()
    thread.join()
    host.server.server_close()


def test_a_document_is_fetched_once_and_kept(host: Host) -> None:
    fetch = KeyFetcher((), loopback=True)
    assert [b"the key"] * 3 == [fetch(f"{host.url}/key?a=b") for _ in range(3)]
    assert ["/key?a=b"] == host.asked


def test_a_document_expires(host: Host) -> None:
    fetch = KeyFetcher((), cached_s=0, loopback=True)
    assert [b"the key"] * 2 == [fetch(f"{host.url}/key") for _ in range(2)]
    assert ["/key"] * 2 == host.asked


def test_content_is_posted_and_kept_apart(host: Host) -> None:
    fetch = KeyFetcher((), loopback=True)
    for content in (b'{"a":1}', b'{"a":2}', b'{"a":1}', b"a=1"):
        assert b"the key" == fetch(f"{host.url}/key", content)
    assert [b'{"a":1}', b'{"a":2}', b"a=1"] == host.bodies
    assert ["application/json", "application/json", "application/x-www-form-urlencoded"] == host.kinds
    assert "secret" not in repr(vars(fetch))


def test_a_header_is_sent_and_documents_are_kept_apart(host: Host) -> None:
    fetch = KeyFetcher((), loopback=True)
    for value in ("Bearer one-secret", "Bearer two-secret", "Bearer one-secret"):
        assert b"the key" == fetch(f"{host.url}/key", b"", value)
    assert ["Bearer one-secret", "Bearer two-secret"] == host.authorized
    assert "secret" not in repr(vars(fetch))


@pytest.mark.parametrize("status", [403, 404, 410])
def test_what_is_not_there_is_empty_and_asked_for_again(host: Host, status: int) -> None:
    fetch = KeyFetcher((), loopback=True)
    assert [b"", b""] == [fetch(f"{host.url}/{status}") for _ in range(2)]
    assert 2 == len(host.asked)


def test_a_400_is_explained_and_not_kept(host: Host) -> None:
    fetch = KeyFetcher((), loopback=True)
    assert [b"explained"] * 2 == [fetch(f"{host.url}/400") for _ in range(2)]
    assert 2 == len(host.asked)


@pytest.mark.parametrize("path", ["redirect", "long", "cut", "201", "401", "429", "500", "503"])
def test_anything_else_is_an_outage(host: Host, path: str) -> None:
    with pytest.raises(SecretsUnavailable, match="deliver again"):
        KeyFetcher((), loopback=True)(f"{host.url}/{path}")
    assert [f"/{path}"] == host.asked


def test_a_host_that_is_down_is_an_outage(host: Host) -> None:
    port = host.server.server_port
    with pytest.raises(SecretsUnavailable):
        KeyFetcher((), loopback=True)(f"http://127.0.0.1:{1 if port != 1 else 2}/key")


def test_a_host_that_says_nothing_is_an_outage(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "TIMEOUT_S", 0.05)
    host.gate.clear()
    with pytest.raises(SecretsUnavailable):
        KeyFetcher((), loopback=True)(f"{host.url}/key")


def test_one_fetch_is_under_way_for_a_document(host: Host) -> None:
    fetch = KeyFetcher((), loopback=True)
    host.gate.clear()
    documents: list[bytes] = []
    threads = [threading.Thread(target=lambda: documents.append(fetch(f"{host.url}/key"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    host.gate.set()
    for thread in threads:
        thread.join()
    assert [b"the key"] * 8 == documents
    assert ["/key"] == host.asked


def test_what_is_kept_is_bounded(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "MAX_CACHED", 3)
    fetch = KeyFetcher((), loopback=True)
    for number in range(6):
        fetch(f"{host.url}/key{number}")
    asked = len(host.asked)
    assert [b"the key"] * 3 == [fetch(f"{host.url}/key{number}") for number in (3, 4, 5)]
    assert asked == len(host.asked)
    fetch(f"{host.url}/key0")
    assert asked + 1 == len(host.asked)


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.us-east-1.amazonaws.com.evil.com/a.pem",
        "https://sns.us-east-1.amazonaws.com@evil.com/a.pem",
        "https://evil.com\\@sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com:8443/a.pem",
        "https://sns.us-east-1.amazonaws.com./a.pem",
        "https://SNS.us-east-1.amazonaws.com/a.pem",
        "https://sns.s3-ap-southeast-2.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws\u3002com/a.pem",
        "https://sns.us-east-1.amazonaws.com/a.pem\r\nx: y",
        "https://127.0.0.1/a.pem",
        "https://[",
        "http://sns.us-east-1.amazonaws.com/a.pem",
        "http://127.0.0.1.evil.com:80/a.pem",
        "http://127.0.0.1@evil.com:80/a.pem",
        "http://localhost:80/a.pem",
        "https://sns.us-east-1.amazonaws.com/" + "a" * 600,
        "file:///etc/hosts",
        "",
    ],
)
@pytest.mark.parametrize("loopback", [True, False])
def test_a_url_elsewhere_is_not_asked(url: str, loopback: bool) -> None:
    with pytest.raises(SecretsUnavailable, match="not allowed"):
        KeyFetcher(HOSTS, loopback=loopback)(url)


def test_loopback_is_for_tests(host: Host) -> None:
    with pytest.raises(SecretsUnavailable, match="not allowed"):
        KeyFetcher((r"127\.0\.0\.1",))(f"{host.url}/key")
    assert [] == host.asked


@pytest.mark.parametrize("url", ["https://user@127.0.0.1/key", "https://127.0.0.1:1/key", "https://EXAMPLE.test/key"])
def test_a_careless_pattern_lets_no_user_port_or_other_spelling_in(url: str) -> None:
    with pytest.raises(SecretsUnavailable, match="not allowed"):
        KeyFetcher((r".*",))(url)
