"""The second lock of a source: from which networks, and with which certificate, it takes deliveries.

The signature stays the first. A stolen secret alone opens nothing then; an address alone never did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from verihook.model.front import SenderRefused

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from verihook.model.front import Arrival

#: How a certificate is named by its fingerprint.
BY_FINGERPRINT = "sha256:"

#: At most so many characters of what a front says are noted.
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Networks:
    """Networks that an address may be in: (version, length of the prefix) -> the prefixes as numbers.

    ``count``: how many there are.
    """

    prefixes: Mapping[tuple[int, int], frozenset[int]]
    count: int

    @classmethod
    def of(cls, networks: Iterable[str]) -> Networks:
        """Return these. Raises ValueError, in words, for a text that is none."""
        made = [read_network(text) for text in networks]
        prefixes: dict[tuple[int, int], set[int]] = {}
        for each in made:
            number = int(each.network_address) >> (each.max_prefixlen - each.prefixlen)
            prefixes.setdefault((each.version, each.prefixlen), set()).add(number)
        return cls({key: frozenset(numbers) for key, numbers in prefixes.items()}, len(made))

    def __contains__(self, address: IPv4Address | IPv6Address) -> bool:
        number, bits = int(address), address.max_prefixlen
        return any(
            version == address.version and number >> (bits - length) in numbers
            for (version, length), numbers in self.prefixes.items()
        )


@dataclass(frozen=True, slots=True)
class PublishedList:
    """The networks that a sender publishes, as they were read on a day.

    ``read``: that day, as in 2026-11-30. ``stale_at_s``: from when on the list is too old to refuse anything by, in
    seconds since the epoch. ``page``: where the sender publishes it, "" if that is not said.
    """

    sender: str
    read: str
    stale_at_s: int
    networks: Networks
    page: str = ""

    def stale(self, now_s: int) -> bool:
        """Whether the list is too old: the sender may send from elsewhere by now."""
        return now_s >= self.stale_at_s


@dataclass(frozen=True, slots=True)
class Lock:
    """What a source demands of how a delivery arrives, each of the two if it has both.

    ``networks`` are the operator's own, ``published`` the sender's; None for none. ``certificates``: subjects, or
    ``sha256:`` with the fingerprint in hexadecimal; () for none.
    """

    networks: Networks | None = None
    published: PublishedList | None = None
    certificates: frozenset[str] = field(default_factory=frozenset)

    def check(self, arrival: Arrival | None, now_s: int) -> str | None:
        """Return what is to be noted of a delivery that may come in: that only the age of a list has let it in.

        ``arrival`` None: nothing is known. Raises SenderRefused.
        """
        if self.certificates and not self._has_certificate(arrival):
            subject = arrival.subject[:_SHOWN] if arrival else ""
            raise SenderRefused(f"its certificate is none of client_certificates: {subject or 'it has none'}")
        if self.networks is None and self.published is None:
            return None
        said = arrival.address if arrival else ""
        address = read_address(said)
        if address is not None and (self._is_own(address) or self._is_published(address)):
            return None
        words = (
            f"{said[:_SHOWN]} is in none of allow_ips" if address else f"its address is not known: {said[:_SHOWN]!r}"
        )
        if self.published is not None and self.published.stale(now_s):
            return f"{words}; the list of {self.published.sender} is of {self.published.read}, too old to refuse by"
        raise SenderRefused(words)

    def _is_own(self, address: IPv4Address | IPv6Address) -> bool:
        return self.networks is not None and address in self.networks

    def _is_published(self, address: IPv4Address | IPv6Address) -> bool:
        return self.published is not None and address in self.published.networks

    def _has_certificate(self, arrival: Arrival | None) -> bool:
        if arrival is None:
            return False
        # A certificate whose subject reads like a fingerprint is no such one.
        shown = [arrival.subject] if not arrival.subject.startswith(BY_FINGERPRINT) else []
        shown += [f"{BY_FINGERPRINT}{arrival.fingerprint}"] if arrival.fingerprint else []
        return any(each in self.certificates for each in shown)


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address, one of IPv4 in IPv6's writing as IPv4; None for what is no address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    if address.scope_id is not None:
        return None
    return address.ipv4_mapped or address


def read_network(text: str) -> IPv4Network | IPv6Network:
    """Return the network. Raises ValueError, in words, for a text that is none, or that is every address."""
    try:
        network = ip_network(text, strict=False)
        exact = ip_network(text)
    except ValueError:
        if "/" in text and (found := _widened(text)):
            raise ValueError(f"{text!r} has bits beyond its prefix; write {found}") from None
        raise ValueError(f"{text[:63]!r} is no network: write 192.0.2.0/24, 192.0.2.1 or 2001:db8::/32") from None
    if network.prefixlen == 0:
        raise ValueError(f"{text!r} is every address; leave allow_ips out")
    if isinstance(exact, IPv6Network) and exact.network_address.ipv4_mapped is not None:
        raise ValueError(f"{text!r}: write the IPv4 network itself")
    return exact


def _widened(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return ""
