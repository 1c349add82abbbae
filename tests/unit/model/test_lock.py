"""From where a source takes deliveries: networks of both versions, a list that grows old, certificates."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verihook.model.front import Arrival, SenderRefused
from verihook.model.lock import Lock, Networks, PublishedList, read_address

OWN = Networks.of(["192.0.2.0/24", "198.51.100.7", "2001:db8::/32"])
DAY = 1_800_000_000


def refused(lock: Lock, arrival: Arrival | None, now_s: int = 0) -> str:
    with pytest.raises(SenderRefused) as caught:
        lock.check(arrival, now_s)
    assert "192.0.2" not in str(caught.value)
    return caught.value.log_words


@pytest.mark.parametrize("address", ["192.0.2.1", "198.51.100.7", "2001:db8:1::9", "::ffff:192.0.2.1", "2001:DB8::1"])
def test_an_address_of_the_networks_comes_in(address: str) -> None:
    assert Lock(OWN).check(Arrival(address=address), 0) is None


@pytest.mark.parametrize(
    "address",
    [
        *("192.0.3.1", "198.51.100.8", "2001:db9::1", "::192.0.2.1", "::ffff:192.0.3.1", "64:ff9b::192.0.2.1"),
        *("", " ", "192.0.2.1 ", "192.0.2.1, 203.0.113.9", "192.0.2.1:443", "[2001:db8::1]", "2001:db8::1%eth0"),
        *(
            "192.0.2",
            "3221225985",
            "0xc0000201",
            "192.0.2.01",
            "192.0.2.1/24",
            "\uff11\uff19\uff12.0.2.1",
            "x" * 10_000,
        ),
    ],
)
def test_any_other_text_stays_outside(address: str) -> None:
    assert len(refused(Lock(OWN), Arrival(address=address))) < 300


def test_nothing_known_is_nothing_allowed() -> None:
    assert "its address is not known" in refused(Lock(OWN), None)
    assert "it has none" in refused(Lock(certificates=frozenset({"CN=a"})), None)


def test_the_senders_list_refuses_until_it_is_old_and_then_only_says_so() -> None:
    lock = Lock(OWN, PublishedList("github", "2026-10-29", DAY, Networks.of(["203.0.113.0/24"])))
    stranger = Arrival(address="198.18.0.1")
    assert lock.check(Arrival(address="203.0.113.9"), 0) is None
    assert lock.check(Arrival(address="192.0.2.9"), 0) is None
    assert "198.18.0.1 is in none of allow_ips" == refused(lock, stranger, DAY - 1)
    assert "the list of github is of 2026-10-29, too old to refuse by" in (lock.check(stranger, DAY) or "")
    # An old list opens what rests on it alone.
    refused(Lock(lock.networks, lock.published, frozenset({"CN=a"})), stranger, DAY)


def test_a_certificate_is_matched_whole_by_subject_or_fingerprint() -> None:
    digest = "ab" * 32
    lock = Lock(certificates=frozenset({"CN=hooks.acme.example,O=Acme", f"sha256:{digest}"}))
    assert lock.check(Arrival(subject="CN=hooks.acme.example,O=Acme"), 0) is None
    assert lock.check(Arrival(subject="CN=other", fingerprint=digest), 0) is None
    for arrival in (
        Arrival(),
        Arrival(subject="CN=hooks.acme.example,O=Acme,OU=x"),
        Arrival(subject="cn=hooks.acme.example,O=Acme"),
        Arrival(subject=f"sha256:{digest[:-1]}"),
        Arrival(fingerprint="CN=hooks.acme.example,O=Acme"),
        Arrival(fingerprint=digest[:-2]),
    ):
        refused(lock, arrival)


def test_a_subject_cannot_pass_for_a_fingerprint() -> None:
    digest = "ab" * 32
    refused(Lock(certificates=frozenset({f"sha256:{digest}"})), Arrival(subject=f"sha256:{digest}"))


def test_both_are_demanded_of_a_source_that_has_both() -> None:
    lock = Lock(OWN, None, frozenset({"CN=a"}))
    assert lock.check(Arrival(address="192.0.2.1", subject="CN=a"), 0) is None
    refused(lock, Arrival(address="192.0.2.1"))
    refused(lock, Arrival(address="203.0.113.1", subject="CN=a"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("192.0.2.1/24", "write 192.0.2.0/24"),
        ("0.0.0.0/0", "every address"),
        ("::/0", "every address"),
        ("::ffff:192.0.2.0/120", "write the IPv4 network itself"),
        ("hooks.example.com", "is no network"),
        ("", "is no network"),
        ("192.0.2.0/33", "is no network"),
    ],
)
def test_what_is_no_network_is_said_in_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Networks.of([text])


@given(st.lists(st.ip_addresses(network="10.0.0.0/24") | st.ip_addresses(v=6), max_size=4), st.data())
def test_it_agrees_with_pythons_own_networks(listed: list[Any], data: st.DataObject) -> None:
    lengths = [data.draw(st.integers(1, each.max_prefixlen)) for each in listed]
    texts = [f"{each}/{length}" for each, length in zip(listed, lengths, strict=True)]
    networks = [each for each in (ip_network(text, strict=False) for text in texts) if not _mapped(each)]
    address = data.draw(st.ip_addresses(network="10.0.0.0/22") | st.ip_addresses(v=6) | st.sampled_from(listed or [0]))
    found = read_address(str(address)) if address else ip_address("10.0.0.1")
    assert found is not None
    assert (found in Networks.of(map(str, networks))) == any(found in each for each in networks)


def _mapped(network: Any) -> bool:
    return network.version == 6 and network.network_address.ipv4_mapped is not None
