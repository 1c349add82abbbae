"""Contentful: the delivery lists which headers are signed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import PLAIN, Proof, Setting
from verihook.senders.schemes.contentful import ContentfulScheme

SECRET, OLDER, NOW = "s" * 64, "o" * 64, 1_700_000_000
HEADERS = (("content-type", "application/json"), ("x-contentful-topic", "Entry.publish"), ("x-other", "1"))
UNSIGNED = Request("POST", "/hooks/cms", "", HEADERS, b'{"a": 1}', "")


def signed(secret: str = SECRET, setting: Setting = PLAIN, **parts: str) -> Request:
    delivery = replace(UNSIGNED, **parts)  # type: ignore[arg-type]
    return ContentfulScheme().sign(secret, delivery, setting, message_id="1", now=NOW)


def changed(delivery: Request, name: str, value: str) -> Request:
    return replace(delivery, headers=tuple((key, value if key == name else old) for key, old in delivery.headers))


def reason(delivery: Request, now: int = NOW, setting: Setting = PLAIN) -> str:
    with pytest.raises(SignatureError) as refusal:
        ContentfulScheme().bind((SECRET,), setting)(delivery, now)
    return refusal.value.reason


@pytest.mark.parametrize("drift", [0, 30, -30, 31, -31])
def test_what_is_signed_verifies_within_the_tolerance(drift: int) -> None:
    if abs(drift) <= 30:
        assert Proof("current") == ContentfulScheme().bind((SECRET,))(signed(), NOW + drift)
    else:
        assert "timestamp-outside-tolerance" == reason(signed(), NOW + drift)


def test_all_that_is_signed_is_covered_and_the_rest_is_not() -> None:
    delivery = signed()
    for other in (
        replace(delivery, method="PUT"),
        replace(delivery, path="/hooks/other"),
        replace(delivery, query="a=b"),
        replace(delivery, body=b"{}"),
        changed(delivery, "x-contentful-topic", "Entry.delete"),
        changed(delivery, "x-contentful-timestamp", str(NOW * 1000 + 1)),
    ):
        assert "signature-mismatch" == reason(other)
    assert Proof("current") == ContentfulScheme().bind((SECRET,))(changed(delivery, "x-other", "2"), NOW)


def test_the_registered_url_is_what_was_signed() -> None:
    setting = Setting(public_url="https://cms.example.com/in?a=b c".replace(" ", "%20"))
    delivery = signed(setting=setting)
    verify = ContentfulScheme().bind((SECRET,), setting)
    # Behind a stage or a custom domain the path is another.
    for arrived in (delivery, replace(delivery, path="/stage/in")):
        assert Proof("current") == verify(arrived, NOW)
        assert "signature-mismatch" == reason(arrived)
    with pytest.raises(ValueError, match=r"^public_url: "):
        ContentfulScheme().bind((SECRET,), Setting(public_url="cms.example.com"))


def test_a_query_encoded_once_or_twice_verifies() -> None:
    import hashlib
    import hmac

    delivery = signed(query="a=b")
    values = dict(delivery.headers)
    names = values["x-contentful-signed-headers"].split(",")
    headers = ";".join(f"{name}:{values[name]}" for name in names)
    for query, taken in (("a%253Db", True), ("a%3Db", True), ("a=b", False), ("", False)):
        text = f"POST\n/hooks/cms?{query}\n{headers}\n".encode() + delivery.body
        mac = hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()
        other = changed(delivery, "x-contentful-signature", mac)
        if taken:
            assert Proof("current") == ContentfulScheme().bind((SECRET,))(other, NOW)
        else:
            assert "signature-mismatch" == reason(other)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("content-type", "required-components-not-covered"),
        ("x-contentful-timestamp", "required-components-not-covered"),
        ("", "malformed-signed-headers"),
        ("a,,b", "malformed-signed-headers"),
        ("a,a", "malformed-signed-headers"),
        ("Content-Type", "malformed-signed-headers"),
        (",".join(f"a{number}" for number in range(65)), "malformed-signed-headers"),
        ("x-contentful-signed-headers,x-contentful-timestamp,absent", "missing-header"),
    ],
)
def test_the_list_is_checked(names: str, expected: str) -> None:
    assert expected == reason(changed(signed(), "x-contentful-signed-headers", names))


@pytest.mark.parametrize("name", [name for name, _ in signed().headers if name != "x-other"])
def test_a_signed_header_stands_once(name: str) -> None:
    delivery = signed()
    doubled = replace(delivery, headers=(*delivery.headers, (name, "x")))
    assert "duplicate-header" == reason(doubled)
    lacking = replace(delivery, headers=tuple(pair for pair in delivery.headers if pair[0] != name))
    assert "missing-header" == reason(lacking)


def test_each_of_several_secrets_verifies_and_is_told_apart() -> None:
    verify = ContentfulScheme().bind((SECRET, OLDER))
    assert Proof("current") == verify(signed(), NOW)
    assert Proof("previous") == verify(signed(OLDER), NOW)
    with pytest.raises(SignatureError):
        verify(signed("x"), NOW)


def test_no_secret_and_an_empty_one_never_verify() -> None:
    with pytest.raises(ValueError, match="the secret is empty"):
        ContentfulScheme().bind((SECRET, ""))
    with pytest.raises(SignatureError) as refusal:
        ContentfulScheme().bind(())(signed(), NOW)
    assert "no-secret" == refusal.value.reason


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([name for name, _ in signed().headers]), st.text(max_size=70)), max_size=6),
    st.text(max_size=20),
    st.text(max_size=20),
    st.integers(0, 2**40),
)
@example(list(signed().headers), "\ud800", "\ud800", NOW)
def test_any_delivery_gives_a_signature_error(headers: list[tuple[str, str]], path: str, query: str, now: int) -> None:
    reason(Request("POST", "/" + path, query, tuple(headers), b"", ""), now)


def test_a_delivery_that_cannot_be_signed_is_refused_in_words() -> None:
    twice = replace(UNSIGNED, headers=(*HEADERS, HEADERS[0]))
    with pytest.raises(ValueError, match="cannot be signed: duplicate-header"):
        ContentfulScheme().sign(SECRET, twice, message_id="1", now=NOW)


def test_a_tolerance_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^tolerance: "):
        ContentfulScheme(tolerance=0)
