"""Which URLs and which addresses are called."""

from __future__ import annotations

import ipaddress

import pytest

from verihook.adapters.caller import HttpCaller, is_public
from verihook.model.ports import Answer


@pytest.mark.parametrize(
    "url",
    [
        "https://receiver.example/path?query=1",
        "https://receiver.example:8443",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://[64:ff9b::808:808]/",
        "https://RECEIVER.example./",
        "https://xn--bcher-kva.example/",
    ],
)
def test_a_url_that_is_called(url: str) -> None:
    HttpCaller().check(url)
    HttpCaller(loopback=True).check(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "receiver.example",
        "http://receiver.example/",
        "ftp://receiver.example/",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user@receiver.example/",
        "https://:pass@receiver.example/",
        "https://receiver.example/#part",
        "https://receiver.example:99999/",
        "https://receiver.example:x/",
        "https://receiver.example/a b",
        "https://receiver.example\\@10.0.0.1/",
        "https://receiver.example/\r\nx: y",
        "https://b\u00fccher.example/",
        "https://receiver.example\u3002/",
        "https://receiver.example/" + "a" * 2048,
        "https://a..example/",
        "https://-a.example/",
        "https://[::1/",
        "https://[v1.a]/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fd00:ec2::254]/",
        "https://0.0.0.0/",
        "https://[::]/",
        "https://100.64.0.1/",
        "https://intranet/",
        "https://printer.local/",
        "https://db.internal/",
        "https://a.localhost/",
        "https://metadata.google.internal/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://0177.0.0.1/",
        "http://10.0.0.1/",
    ],
)
def test_a_url_that_is_never_called(url: str) -> None:
    for subject in (HttpCaller(), HttpCaller(loopback=True)):
        with pytest.raises(ValueError, match=r"\w"):
            subject.check(url)
        assert Answer(0) == subject.post(url, b"", {})


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/", "https://localhost/", "http://[::1]:8000/"])
def test_loopback_is_for_one_machine(url: str) -> None:
    HttpCaller(loopback=True).check(url)
    with pytest.raises(ValueError, match=r"host must be public|scheme must be https"):
        HttpCaller().check(url)


@pytest.mark.parametrize(
    ("text", "public"),
    [
        *[
            (text, True)
            for text in ("8.8.8.8", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")
        ],
        *[
            (text, False)
            for text in ("127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254")
        ],
        *[
            (text, False)
            for text in ("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255")
        ],
        *[(text, False) for text in ("::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1", "100::1")],
        *[(text, False) for text in ("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1")],
        *[
            (text, False)
            for text in ("192.0.0.1", "192.0.0.100", "192.88.99.1", "::ffff:192.88.99.1", "3fff::1", "3fff:fff::1")
        ],
        *[
            (text, False)
            for text in ("64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::", "2001:0:1::1")
        ],
    ],
)
def test_which_addresses_are_public(text: str, public: bool) -> None:
    assert public == is_public(ipaddress.ip_address(text))
