"""``[connections.NAME]``: what its URL may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from verihook.config.api import read_connection
from verihook.errors import ConfigurationError


@pytest.mark.parametrize("url", ["https://a.example", "https://a.example:8443/v1", "http://10.0.0.5/a"])
def test_a_url(url: str) -> None:
    assert url == read_connection(Path("hooks.toml"), "a", {"url": url}).url


@pytest.mark.parametrize(
    "url",
    ["a.example", "ftp://a.example", "https://user:pw@a.example", "https://a/?q", "https://a/#f", "https://a:99999/"],
)
def test_what_is_none(url: str) -> None:
    with pytest.raises(ConfigurationError, match="without a user, a query or a fragment") as caught:
        read_connection(Path("hooks.toml"), "a", {"url": url})
    assert "pw" not in str(caught.value)
