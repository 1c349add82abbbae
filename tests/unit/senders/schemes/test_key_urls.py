"""A host is matched whole: what begins or ends like a trusted one is another's."""

from __future__ import annotations

import pytest

from verihook.senders.schemes.key_urls import host_matches, trusted

HOSTS = (r"sns\.[a-z0-9-]+\.amazonaws\.com", r"api\.paypal\.com")


@pytest.mark.parametrize(
    "host",
    [
        "sns.eu-west-1.amazonaws.com.evil.com",
        "evilsns.eu-west-1.amazonaws.com",
        "api.paypal.com.evil",
        "xapi.paypal.com",
    ],
)
def test_a_host_is_matched_whole(host: str) -> None:
    assert not host_matches(host, HOSTS)
    assert not trusted(f"https://{host}/a.pem", HOSTS, r"/[a-z]+\.pem")


def test_one_of_several_is_enough() -> None:
    assert host_matches("api.paypal.com", HOSTS)
    assert trusted("https://sns.eu-west-1.amazonaws.com/a.pem", HOSTS, r"/[a-z]+\.pem")
    assert not trusted("https://sns.eu-west-1.amazonaws.com/b/a.pem", HOSTS, r"/[a-z]+\.pem")
