"""``allow_ips`` and ``client_certificates``, and the lists that senders publish."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest

from verihook.config import load_hooks
from verihook.config.locks import PUBLISHED
from verihook.errors import ConfigurationError
from verihook.model.front import Arrival
from verihook.model.lock import Lock
from verihook.senders import sender_ids

HOOKS = """
[sources.a]
sender = "{sender}"
secrets = ["env:A"]
workflow = "w"
{more}
[workflows.w]
engine = "stepfunctions"
definition = "w"
"""


def lock(folder: Path, more: str, sender: str = "github") -> Lock | None:
    path = folder / "hooks.toml"
    path.write_text(HOOKS.format(sender=sender, more=more))
    return load_hooks(path).sources["a"].lock


def test_a_source_has_none_unless_it_says_so(tmp_path: Path) -> None:
    assert lock(tmp_path, "") is None


def test_the_senders_own_list_stands_beside_the_operators(tmp_path: Path) -> None:
    for text in ('"sender"', '["sender"]', '["sender", "198.18.0.0/15"]'):
        made = lock(tmp_path, f"allow_ips = {text}")
        assert made is not None
        assert made.published is not None
        assert ("github", "2026-10-29") == (made.published.sender, made.published.read)
        assert made.check(Arrival(address="140.82.112.1"), 0) is None
        assert ("198" in text) == (made.networks is not None)


def test_a_list_beside_hooks_toml_is_used_in_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "networks").mkdir()
    own = tmp_path / "networks" / "github.toml"
    own.write_text('read = 2026-11-30\ndays = 30\nnetworks = ["203.0.113.0/24"]\n')
    made = lock(tmp_path, 'allow_ips = "sender"')
    assert made is not None
    assert made.published is not None
    assert ("2026-11-30", 1) == (made.published.read, made.published.networks.count)
    assert made.published.stale_at_s == int(datetime(2026, 12, 30, tzinfo=UTC).timestamp())
    for wrong in (
        "",
        "read = 2026-11-30\ndays = 30\nnetworks = []",
        "read = 2026-11-30T00:00:00Z\ndays = 30\nnetworks = ['a']",
    ):
        own.write_text(wrong)
        with pytest.raises(ConfigurationError, match=r"allow_ips: networks/github\.toml: needs read"):
            lock(tmp_path, 'allow_ips = "sender"')


def test_certificates_are_subjects_or_fingerprints_in_one_spelling(tmp_path: Path) -> None:
    colons = ":".join(["AB"] * 32)
    made = lock(tmp_path, f'client_certificates = ["CN=a,O=b", "SHA256:{colons}"]')
    assert made is not None
    assert {"CN=a,O=b", f"sha256:{'ab' * 32}"} == made.certificates


@pytest.mark.parametrize(
    ("more", "key", "words"),
    [
        ("allow_ips = []", "allow_ips", "leave it out to take all"),
        ('allow_ips = ["192.0.2.1/24"]', "allow_ips", "write 192.0.2.0/24"),
        ('allow_ips = ["0.0.0.0/0"]', "allow_ips", "every address"),
        ('allow_ips = "github"', "allow_ips", "must be a list"),
        ("client_certificates = []", "client_certificates", "leave it out"),
        ('client_certificates = ["acme"]', "client_certificates", "write a subject"),
        ('client_certificates = ["sha256:abc"]', "client_certificates", "64 hexadecimal digits"),
    ],
)
def test_what_locks_nothing_is_refused(tmp_path: Path, more: str, key: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        lock(tmp_path, more)
    assert str(refused.value).startswith(f"hooks.toml: sources.a.{key}: ")
    assert words in str(refused.value)


def test_a_sender_that_publishes_none_has_none(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"Verihook knows none of slack; name networks; .* github, stripe, tele"
    ):
        lock(tmp_path, 'allow_ips = "sender"', "slack")


@pytest.mark.parametrize("path", sorted(PUBLISHED.glob("*.toml")), ids=lambda path: path.stem)
def test_what_is_published_names_its_page_and_its_day(path: Path) -> None:
    table = tomllib.loads(path.read_text("utf-8"))
    assert path.stem in sender_ids()
    assert table["page"].startswith("https://")
    assert date(2026, 1, 1) <= table["read"] <= datetime.now(UTC).date()
    assert 30 <= table["days"] <= 366
    assert len(set(table["networks"])) == len(table["networks"])
    assert all(ip_network(each).is_global for each in table["networks"])
