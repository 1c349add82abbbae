"""A source's secrets while they change: what verifies, what is asked, and how often."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.errors import SecretsUnavailable, SignatureError
from verihook.model.source import SecretReference, Source
from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.schemes import Proof, Setting
from verihook.webhooks.keyring import KEY_REASONS, REFRESH_S, RETRY_S, Keyring

NOW = 1_800_000_000


class Variables(dict[str, str]):
    """An environment that counts how often it is asked."""

    reads = 0

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        self.reads += 1
        return super().get(name, default)


class Reports(list[str]):
    """What the keyring reported."""

    def __call__(self, where: str, error: BaseException) -> None:
        self.append(f"{where}: {error.args[0]}")


def delivery(secret: str, now: int = NOW, sender: str = "generic") -> Request:
    unsigned = Request("POST", "/hooks/a", "", (), b"{}", "r")
    return load_sender(sender).scheme.sign(secret, unsigned, message_id="m", now=now)


def keyring(
    variables: dict[str, str],
    *references: str | SecretReference,
    folder: Path = Path(),
    sender: str = "generic",
    reports: Reports | None = None,
) -> Keyring:
    wrapped = tuple(SecretReference(entry) if isinstance(entry, str) else entry for entry in references)
    source = Source("a", load_sender(sender), wrapped, "w")
    made = Keyring(
        source, EnvironmentSecrets(variables, folder), Setting(), reports if reports is not None else Reports()
    )
    made.bind_at_load()
    return made


def reason(ring: Keyring, request: Request, now: int = NOW) -> str:
    with pytest.raises(SignatureError) as refusal:
        ring.verify(request, now)
    return refusal.value.reason


def test_which_secret_it_was() -> None:
    ring = keyring({"NEW": "new", "OLD": "old", "OLDER": "older"}, "env:NEW", "env:OLD", "env:OLDER")
    said = [ring.verify(delivery(secret), NOW).verified_by for secret in ("new", "old", "older")]
    assert ["current", "previous", "previous"] == said
    assert "signature-mismatch" == reason(ring, delivery("strange"))


def test_the_good_path_asks_once_a_minute() -> None:
    variables = Variables(A="a")
    ring = keyring(variables, "env:A")
    ring.verify(delivery("a"), NOW)
    variables.reads = 0
    for second in range(REFRESH_S):
        ring.verify(delivery("a"), NOW + second)
    assert 0 == variables.reads
    ring.verify(delivery("a", NOW + REFRESH_S), NOW + REFRESH_S)
    assert 1 == variables.reads


def test_a_changed_secret_is_noticed_at_the_first_delivery_that_needs_it() -> None:
    variables = Variables(A="a")
    ring = keyring(variables, "env:A")
    ring.verify(delivery("a"), NOW)
    variables["A"] = "b"
    assert "current" == ring.verify(delivery("b"), NOW + 1).verified_by
    assert "signature-mismatch" == reason(ring, delivery("a"), NOW + 1)


def test_a_flood_of_forgeries_asks_once_a_minute() -> None:
    variables = Variables(A="a")
    ring = keyring(variables, "env:A")
    ring.verify(delivery("a"), NOW)
    variables.reads = 0
    forged = delivery("guess")
    reads = []
    for second in range(3 * REFRESH_S):
        assert "signature-mismatch" == reason(ring, forged, NOW + second)
        reads.append(variables.reads)
    # With the look that is due every minute anyway, which a store answers from its cache.
    assert (1, 1, 3, 3, 5, 5) == tuple(reads[at] for at in (0, 59, 60, 119, 120, 179))


def test_a_malformed_or_stale_delivery_asks_nothing() -> None:
    variables = Variables(A="a")
    ring = keyring(variables, "env:A", sender="stripe")
    genuine = delivery("a", sender="stripe")
    ring.verify(genuine, NOW)
    variables.reads = 0
    header = genuine.headers[0][1]
    refused = {
        "missing-header": (),
        "duplicate-header": (*genuine.headers, *genuine.headers),
        "not-hex": (("stripe-signature", header[:-1] + "z"),),
        "no-signature-with-the-expected-version": (("stripe-signature", header.replace("v1=", "v0=")),),
    }
    for expected, headers in refused.items():
        assert expected == reason(ring, replace(genuine, headers=headers))
    assert 0 == variables.reads
    assert "timestamp-outside-tolerance" == reason(ring, delivery("a", NOW - 301, "stripe"))
    assert 0 == variables.reads
    assert not KEY_REASONS & {*refused, "timestamp-outside-tolerance"}


def test_a_file_that_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "s").touch(0o600)
    (tmp_path / "s").write_text("a\n")
    ring = keyring({}, "file:s", folder=tmp_path)
    ring.verify(delivery("a"), NOW)
    (tmp_path / "s").write_text("b\n")
    assert "current" == ring.verify(delivery("b"), NOW).verified_by


def test_a_file_that_is_gone_verifies_no_more_and_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.touch(0o600)
    path.write_text("a")
    reports = Reports()
    ring = keyring({}, "file:s", folder=tmp_path, reports=reports)
    ring.verify(delivery("a"), NOW)
    path.unlink()
    later = NOW + REFRESH_S
    with pytest.raises(SecretsUnavailable):
        ring.verify(delivery("a", later), later)
    (report,) = reports
    assert report.startswith("secrets of a: file:s: file:s cannot be read: No such file or directory")
    path.touch(0o600)
    path.write_text("a")
    with pytest.raises(SecretsUnavailable):
        ring.verify(delivery("a", later), later + RETRY_S - 1)
    assert "current" == ring.verify(delivery("a", later), later + RETRY_S).verified_by


def test_an_end_is_kept_to_the_second() -> None:
    ring = keyring({"A": "a", "B": "b"}, "env:A", SecretReference("env:B", NOW + 1))
    assert "previous" == ring.verify(delivery("b"), NOW).verified_by
    assert "signature-mismatch" == reason(ring, delivery("b"), NOW + 1)
    assert "current" == ring.verify(delivery("a"), NOW + 1).verified_by
    # Not a matter of what was seen first: a clock behind takes it again, and one that jumps does not.
    assert "previous" == ring.verify(delivery("b"), NOW).verified_by
    assert "signature-mismatch" == reason(ring, delivery("b"), NOW + 100)


def test_when_the_first_has_ended_the_next_is_current() -> None:
    ring = keyring({"A": "a", "B": "b"}, SecretReference("env:A", NOW + 1), "env:B")
    assert "previous" == ring.verify(delivery("b"), NOW).verified_by
    assert "current" == ring.verify(delivery("b"), NOW + 1).verified_by


def test_when_all_have_ended_nothing_verifies() -> None:
    ring = keyring({"A": "a"}, SecretReference("env:A", NOW + 1))
    assert "no-secret" == reason(ring, delivery("a", NOW + 1), NOW + 1)
    assert "no-secret" == reason(ring, delivery("x", NOW + 1), NOW + 1)


def test_when_all_have_ended_the_network_is_no_way_round() -> None:
    scheme = load_sender("aws-sns").scheme
    assert scheme.keyless
    source = Source("a", load_sender("aws-sns"), (SecretReference("env:PINNED", NOW),), "w")
    ring = Keyring(
        source, EnvironmentSecrets({}, Path()), Setting(fetch=lambda url, content=b"", authorization="": b""), Reports()
    )
    assert "no-secret" == reason(ring, Request("POST", "/", "", (), b"{}", "r"), NOW)


def test_what_is_wrong_at_load() -> None:
    with pytest.raises(KeyError, match="env:B is not set"):
        keyring({"A": "a"}, "env:A", "env:B")
    with pytest.raises(ValueError, match=r"^public_url: "):  # known without the store
        keyring({}, "ssm:/a", sender="twilio")
    with pytest.raises(ValueError, match="not base64"):
        keyring({"A": "whsec_!"}, "env:A", sender="standard-webhooks")


def test_a_new_secret_that_cannot_be_used_is_told_and_the_old_one_goes_on() -> None:
    old = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    variables, reports = {"A": old, "B": old}, Reports()
    ring = keyring(variables, "env:A", "env:B", sender="standard-webhooks", reports=reports)
    variables["A"] = "whsec_!"
    later = NOW + REFRESH_S
    assert "previous" == ring.verify(delivery(old, later, "standard-webhooks"), later).verified_by
    assert 1 == len(reports)
    assert "not base64" in reports[0]
    assert "whsec_!" not in reports[0]
    variables["B"] = "whsec_?"
    with pytest.raises(SecretsUnavailable, match="can be used"):
        ring.verify(delivery(old, later, "standard-webhooks"), later + REFRESH_S)


def test_a_clock_set_back_does_not_stop_the_looking() -> None:
    variables = Variables(A="a")
    ring = keyring(variables, "env:A")
    with pytest.raises(SignatureError):
        ring.verify(delivery("guess"), NOW + 86_400)
    variables["A"] = "b"
    assert "current" == ring.verify(delivery("b"), NOW).verified_by


class Watched(tuple[tuple[str, str], ...]):
    """The headers of a delivery, which tell when a scheme looks into them."""

    looked = threading.Event()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        self.looked.set()
        return super().__iter__()


def test_who_comes_while_another_thread_fetches_gets_what_it_brings() -> None:
    request = delivery("b")
    second = replace(request, headers=Watched(request.headers))

    class Slow(Variables):
        """While the first thread reads, the second meets the old secret."""

        def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
            if self[name] == "b" and not waiting:
                waiting.append(pool.submit(ring.verify, second, NOW + 1))
                assert Watched.looked.wait(60)
            return super().get(name, default)

    waiting: list[Future[Proof]] = []
    variables = Slow(A="a")
    ring = keyring(variables, "env:A")
    ring.verify(delivery("a"), NOW)
    variables.update(A="b")
    variables.reads = 0
    with ThreadPoolExecutor(1) as pool:
        assert "current" == ring.verify(request, NOW + 1).verified_by
        assert "current" == waiting[0].result(60).verified_by
    assert 1 == variables.reads


def test_many_threads_ask_once() -> None:
    variables = Variables(A="a")
    ring = keyring(variables, "env:A")
    ring.verify(delivery("a"), NOW)
    variables.reads = 0
    variables["A"] = "b"
    together = threading.Barrier(8)

    def one(_: int) -> str:
        together.wait()
        return ring.verify(delivery("b"), NOW + 1).verified_by

    with ThreadPoolExecutor(8) as pool:
        assert ["current"] * 8 == list(pool.map(one, range(8)))
    assert 1 == variables.reads
