"""RFC 9421: URL, method and body must be covered, and are checked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.senders.schemes.http_signatures.signing import (
    ALGORITHMS,
    REQUIRED,
    SETTING,
    UNSIGNED,
    base,
    by_hand,
    keys,
    reason,
    signed,
    verify,
    with_header,
)
from tests.unit.senders.schemes.key_material import NOW
from verihook.errors import SignatureError
from verihook.senders.schemes import Proof, Setting
from verihook.senders.schemes.http_signatures import HttpSignatureScheme


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_algorithm_verifies_what_it_signed_and_nothing_else(algorithm: str) -> None:
    check = HttpSignatureScheme(algorithm).bind((keys(algorithm, 1)[1], keys(algorithm, 2)[1]), SETTING)
    delivery = signed(algorithm)
    assert Proof("current") == check(delivery, NOW)
    assert Proof("previous") == check(signed(algorithm, 2), NOW)
    for other, expected in (
        (signed(algorithm, 3), "signature-mismatch"),
        (replace(delivery, method="PUT"), "signature-mismatch"),
        (replace(delivery, query="x=2"), "signature-mismatch"),
        (with_header(delivery, "content-type", "text/plain"), "signature-mismatch"),
        (replace(delivery, body=b""), "content-digest-mismatch"),
    ):
        with pytest.raises(SignatureError) as refusal:
            check(other, NOW)
        assert expected == refusal.value.reason


def test_a_delivery_written_by_hand_verifies() -> None:
    assert Proof("current") == verify(by_hand(REQUIRED, base()))


@pytest.mark.parametrize("public_url", ["https://HOOKS.example.com/in?x=1", "https://hooks.example.com:443/in?x=1"])
def test_the_authority_is_normalised(public_url: str) -> None:
    assert Proof("current") == verify(by_hand(REQUIRED, base()), setting=Setting(public_url=public_url))


@pytest.mark.parametrize(
    "public_url",
    ["http://hooks.example.com/in?x=1", "https://hooks.example.com:8443/in?x=1", "https://other.example.com/in?x=1"],
)
def test_another_url_is_another_delivery(public_url: str) -> None:
    assert "signature-mismatch" == reason(by_hand(REQUIRED, base()), setting=Setting(public_url=public_url))


@pytest.mark.parametrize("public_url", ["", "hooks.example.com/in", "ftp://x.test/", "https://u@x.test/"])
def test_without_a_url_nothing_is_bound(public_url: str) -> None:
    with pytest.raises(ValueError, match=r"^public_url: "):
        HttpSignatureScheme("hmac-sha256").bind(("secret-1",), Setting(public_url=public_url))


@pytest.mark.parametrize(
    "covered",
    [
        "",
        '"@method" "@target-uri"',
        '"@method" "content-digest"',
        '"@target-uri" "content-digest"',
        '"@method" "@authority" "@path" "content-digest"',
    ],
)
def test_method_url_and_digest_must_be_covered(covered: str) -> None:
    assert "required-components-not-covered" == reason(by_hand(covered, ""))


def test_the_parts_of_the_url_cover_it_too() -> None:
    digest = base().splitlines()[2]
    text = f'"@method": POST\n"@authority": hooks.example.com\n"@path": /in\n"@query": ?x=1\n{digest}\n'
    covered = '"@method" "@authority" "@path" "@query" "content-digest"'
    assert Proof("current") == verify(by_hand(covered, text))


def test_a_published_example_needs_its_parameter() -> None:
    delivery = by_hand('"@method"', '"@method": POST\n')
    example_setting = replace(SETTING, parameters={"rfc_example": "true"})
    assert Proof("current") == verify(delivery, setting=example_setting)
    assert "required-components-not-covered" == reason(
        delivery, setting=replace(SETTING, parameters={"rfc_example": "no"})
    )


@pytest.mark.parametrize(
    ("parameters", "now", "expected"),
    [
        (f";created={NOW}", NOW + 300, None),
        (f";created={NOW}", NOW - 300, None),
        (f";created={NOW}", NOW + 301, "timestamp-outside-tolerance"),
        (f";created={NOW}", NOW - 301, "timestamp-outside-tolerance"),
        (f";created={NOW};expires={NOW + 10}", NOW + 10, None),
        (f";created={NOW};expires={NOW + 10}", NOW + 11, "timestamp-outside-tolerance"),
        ("", NOW, "no-timestamp"),
        (f';created="{NOW}"', NOW, "bad-timestamp"),
        (";created", NOW, "bad-timestamp"),
        (f';created={NOW};expires="x"', NOW, "bad-timestamp"),
        (f';created={NOW};alg="hmac-sha256"', NOW, None),
        (f';created={NOW};alg="ed25519"', NOW, "alg"),
        (f";created={NOW};alg=hmac-sha512", NOW, "alg"),
    ],
)
def test_the_parameters_are_checked(parameters: str, now: int, expected: str | None) -> None:
    delivery = by_hand(REQUIRED, base(), parameters)
    if expected is None:
        assert Proof("current") == verify(delivery, now)
    else:
        assert expected == reason(delivery, now)


@pytest.mark.parametrize(
    ("identifier", "value"),
    [('"x-dict";sf', "a=1, b=2;x=1, c=(a b), d"), ('"x-dict";key="b"', "2;x=1"), ('"x-dict";key="d"', "?1")],
)
def test_a_header_may_be_signed_in_its_canonical_form(identifier: str, value: str) -> None:
    covered = f"{REQUIRED} {identifier}"
    for written, expected in (("a=1,  b=2;x=1,c=( a b ), d", None), ("a=1, b=3, c=(a b)", "signature-mismatch")):
        delivery = by_hand(covered, f"{base()}{identifier}: {value}\n")
        delivery = replace(delivery, headers=(*delivery.headers, ("x-dict", written)))
        if expected is None:
            assert Proof("current") == verify(delivery)
        elif "d" not in identifier.rpartition("key")[2]:
            assert expected == reason(delivery)


def test_what_the_source_pins_must_be_so() -> None:
    delivery = by_hand(REQUIRED, base(), f';created={NOW};keyid="k1";tag="shop"')
    for pins, expected in (
        ({"keyid": "k1", "tag": "shop", "label": "s"}, None),
        ({"keyid": "k2"}, "unexpected-keyid"),
        ({"tag": "x"}, "unexpected-tag"),
        ({"label": "t"}, "exactly-one-signature-expected"),
    ):
        setting = replace(SETTING, parameters=pins)
        if expected is None:
            assert Proof("current") == verify(delivery, setting=setting)
        else:
            assert expected == reason(delivery, setting=setting)


def test_of_several_signatures_only_a_named_one_is_taken() -> None:
    delivery = by_hand(REQUIRED, base())
    several = delivery
    for name in ("signature-input", "signature"):
        more = 'proxy=("@method")' if name == "signature-input" else "proxy=:AAAA:"
        several = with_header(several, name, f"{more}, {several.values(name)[0]}")
    assert "exactly-one-signature-expected" == reason(several)
    assert Proof("current") == verify(several, setting=replace(SETTING, parameters={"label": "s"}))


@pytest.mark.parametrize(
    ("covered", "expected"),
    [
        (f'{REQUIRED} "x-absent"', "missing-header"),
        (f'{REQUIRED} "@status"', "unsupported-component"),
        (f'{REQUIRED} "content-type";tr', "unsupported-component"),
        (f'{REQUIRED} "content-type";sf;key="a"', "unsupported-component"),
        (f'{REQUIRED} "content-type";key=1', "unsupported-component"),
        (f'{REQUIRED} "content-type";key="a"', "malformed-structured-field"),
        (f'{REQUIRED} "@method";sf', "unsupported-component"),
        (f'{REQUIRED} "@method";req', "unsupported-component"),
        (f'{REQUIRED} "@query-param"', "unsupported-component"),
        (f'{REQUIRED} "@query-param";name="y"', "unsupported-component"),
        (f'{REQUIRED} "Content-Type"', "unsupported-component"),
        (f'{REQUIRED} "@method"', "malformed-structured-field"),
        (REQUIRED.replace(" ", "  ", 1) + " ", "signature-mismatch"),
        (REQUIRED.replace(" ", "", 1), "malformed-structured-field"),
        ("@method", "malformed-structured-field"),
    ],
)
def test_the_components_are_read_strictly(covered: str, expected: str) -> None:
    assert expected == reason(by_hand(covered, base()))


def test_a_header_that_breaks_the_line_is_refused() -> None:
    covered = f'{REQUIRED} "content-type"'
    for value in ('a"\n"@x": y', "\u00e9", "a\r\nb"):
        assert "non-ascii-header" == reason(with_header(by_hand(covered, base()), "content-type", value))


def test_a_repeated_header_is_joined_as_the_rfc_says_but_not_those_of_the_signature() -> None:
    text = base() + '"content-type": application/json, text/x\n'
    delivery = by_hand(f'{REQUIRED} "content-type"', text)
    assert Proof("current") == verify(replace(delivery, headers=(*delivery.headers, ("content-type", " text/x "))))
    for name in ("signature", "signature-input"):
        twice = replace(delivery, headers=(*delivery.headers, (name, "s=()")))
        assert "duplicate-header" == reason(twice)


def test_a_query_parameter_can_be_covered() -> None:
    text = base() + '"@query-param";name="x": 1\n'
    assert Proof("current") == verify(by_hand(f'{REQUIRED} "@query-param";name="x"', text))


@pytest.mark.parametrize(
    ("digest", "expected"),
    [
        ("md5=:AAAA:", "no-content-digest"),
        ("sha-256=:AAAA:", "content-digest-mismatch"),
        ("sha-256=:AAAA", "malformed-structured-field"),
        ("", "no-content-digest"),
    ],
)
def test_the_digest_is_one_we_know_and_right(digest: str, expected: str) -> None:
    lines = base().splitlines()
    text = f'{lines[0]}\n{lines[1]}\n"content-digest": {digest}\n'
    assert expected == reason(by_hand(REQUIRED, text, content_digest=digest))


def test_every_known_digest_must_be_right() -> None:
    right = base().splitlines()[2].partition(": ")[2]
    for both in (f"{right}, sha-512=:AAAA:", f"sha-512=:AAAA:, {right}"):
        lines = base().splitlines()
        text = f'{lines[0]}\n{lines[1]}\n"content-digest": {both}\n'
        assert "content-digest-mismatch" == reason(by_hand(REQUIRED, text, content_digest=both))


GENUINE = dict(signed().headers)
CHECKS = {name: HttpSignatureScheme(name).bind((keys(name)[1],), SETTING) for name in ALGORITHMS}

PIECES = 'sig1= sig2 ( ) "@method" "@target-uri" "content-digest" ; created=1 " : ?1'


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(list(ALGORITHMS)),
    st.lists(
        st.tuples(
            st.sampled_from(list(GENUINE)),
            st.one_of(
                st.sampled_from(list(GENUINE.values())),
                st.text(max_size=60),
                st.lists(st.sampled_from([*PIECES.split(), " "]), max_size=14).map("".join),
            ),
        ),
        max_size=6,
    ),
    st.integers(0, 2**40),
)
@example("ed25519", [(name, "\ud800") for name in GENUINE], 0)
@example("hmac-sha256", [("signature", "a=" * 5000), ("signature-input", "a=(" * 5000)], 0)
def test_any_delivery_gives_a_signature_error(algorithm: str, headers: list[tuple[str, str]], now: int) -> None:
    with pytest.raises(SignatureError):
        CHECKS[algorithm](replace(UNSIGNED, method="PUT", headers=tuple(headers)), now)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_empty_secret_a_broken_one_and_none_never_verify(algorithm: str) -> None:
    scheme = HttpSignatureScheme(algorithm)
    for secret in ("", "base64:", "base64:???"):
        with pytest.raises(ValueError, match="the secret is"):
            scheme.bind((secret,), SETTING)
    with pytest.raises(SignatureError) as refusal:
        scheme.bind((), SETTING)(signed(algorithm), NOW)
    assert "no-secret" == refusal.value.reason


def test_a_public_key_cannot_sign() -> None:
    with pytest.raises(ValueError, match="private key"):
        HttpSignatureScheme("ed25519").sign(keys("ed25519")[1], UNSIGNED, SETTING, message_id="1", now=NOW)


@pytest.mark.parametrize(("fields", "key"), [({"algorithm": "none"}, "algorithm"), ({"tolerance": 0}, "tolerance")])
def test_a_scheme_that_makes_no_sense_is_refused(fields: dict[str, object], key: str) -> None:
    with pytest.raises(ValueError, match=f"^{key}: "):
        HttpSignatureScheme(**{"algorithm": "ed25519", **fields})  # type: ignore[arg-type]
