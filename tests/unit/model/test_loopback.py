"""Which URLs are of this machine."""

from __future__ import annotations

import pytest

from verihook.model.loopback import LOOPBACK_NAMES, is_on_loopback


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000/a", "https://LOCALHOST", "http://[::1]:80", "http://127.1.2.3", "//localhost:1"]
)
def test_this_machine(url: str) -> None:
    assert is_on_loopback(url)


@pytest.mark.parametrize(
    "url", ["https://example.com", "http://localhost.example.com", "http://10.0.0.1", "http://[::1", "localhost", ""]
)
def test_elsewhere_or_no_url(url: str) -> None:
    assert not is_on_loopback(url)


def test_every_name_is_on_loopback() -> None:
    hosts = [f"[{name}]" if ":" in name else name for name in LOOPBACK_NAMES]
    assert all(is_on_loopback(f"http://{host}:80/") for host in hosts)
