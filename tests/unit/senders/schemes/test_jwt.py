"""ES256 tokens with the hash of the body: Plaid."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.senders.schemes.key_material import jwk_pair
from verihook.errors import SecretsUnavailable, SignatureError
from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.schemes import Proof, Setting
from verihook.senders.schemes.jwt import JwtScheme

NOW = 1_700_000_000
CREDENTIALS = {"client_id": "id-1", "environment": "sandbox"}


def request(token: str | None, body: bytes = b"{}") -> Request:
    return Request("POST", "/", "", () if token is None else (("plaid-verification", token),), body, "")


def token(number: int = 1, body: bytes = b"{}", now: int = NOW) -> str:
    delivery = load_sender("plaid").scheme.sign(jwk_pair(number)[0], request(None, body), message_id="1", now=now)
    return delivery.values("plaid-verification")[0]


def resigned(claims: object, **protected: object) -> str:
    """A token with other claims and another header, signed with the right key."""
    from verihook.senders.schemes.asymmetric import curve_private, make_with
    from verihook.senders.schemes.encoding import base64url_bytes, base64url_text

    parts = [{"alg": "ES256", "kid": "key-1", **protected}, claims]
    signed = ".".join(base64url_text(json.dumps(part).encode()) for part in parts)
    make = make_with(
        curve_private("ecdsa-p256-sha256", base64url_bytes(json.loads(jwk_pair()[0])["d"])), "ecdsa-p256-sha256"
    )
    return f"{signed}.{base64url_text(make(signed.encode()))}"


def pinned(*numbers: int) -> Callable[[Request, int], Proof]:
    return load_sender("plaid").scheme.bind(tuple(jwk_pair(number)[1] for number in numbers or (1,)))


def reason(verify: Callable[[Request, int], Proof], delivery: Request, now: int = NOW) -> str:
    with pytest.raises(SignatureError) as refusal:
        verify(delivery, now)
    return refusal.value.reason


@pytest.mark.parametrize("drift", [0, 300, -300, 301, -301])
def test_what_is_signed_verifies_within_the_tolerance(drift: int) -> None:
    if abs(drift) <= 300:
        assert Proof("current") == pinned()(request(token()), NOW + drift)
    else:
        assert "timestamp-outside-tolerance" == reason(pinned(), request(token()), NOW + drift)


def test_the_body_is_covered() -> None:
    assert "body-hash-mismatch" == reason(pinned(), request(token(), b"{} "))


def test_each_of_several_keys_verifies_and_is_told_apart() -> None:
    verify = pinned(1, 2)
    assert Proof("current") == verify(request(token(1)), NOW)
    assert Proof("previous") == verify(request(token(2)), NOW)
    assert "unknown-kid" == reason(verify, request(token(3)))


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "ES384", "RS256", "es256", None, ["ES256"]])
def test_any_other_algorithm_is_refused(alg: object) -> None:
    digest = json.loads(base64.urlsafe_b64decode(token().split(".")[1] + "=="))
    assert Proof("current") == pinned()(request(resigned(digest)), NOW)
    assert "alg" == reason(pinned(), request(resigned(digest, alg=alg)))
    assert "alg" == reason(pinned(), request(resigned(digest, crit=["b64"], b64=False)))


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({}, "no-body-hash"),
        ({"request_body_sha256": 1}, "no-body-hash"),
        ({"request_body_sha256": "\u00e9"}, "no-body-hash"),
        ({"request_body_sha256": "zz"}, "not-hex"),
        ({"request_body_sha256": "00" * 32}, "body-hash-mismatch"),
        ([], "malformed-token"),
    ],
)
def test_each_claim_is_checked(claims: object, expected: str) -> None:
    assert expected == reason(pinned(), request(resigned(claims)))


@pytest.mark.parametrize("issued", [None, "1700000000", True, 1.7e9, [1]])
def test_a_time_that_is_no_whole_number_is_refused(issued: object) -> None:
    digest = json.loads(base64.urlsafe_b64decode(token().split(".")[1] + "=="))
    assert "bad-timestamp" == reason(pinned(), request(resigned({**digest, "iat": issued})))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: text + "AA", "wrong-signature-length"),
        (lambda text: text[:-5] + "B", "non-canonical-base64url"),
        (lambda text: text + "==", "not-base64url"),
        (lambda text: text.replace(".", "..", 1), "malformed-token"),
        (lambda text: text + ".x", "malformed-token"),
        (lambda text: "", "malformed-token"),
        (lambda text: text.rpartition(".")[0] + ".", "non-canonical-base64url"),
        (lambda text: text.rpartition(".")[0] + "." + "A" * 86, "signature-mismatch"),
        (lambda text: "x" * 5000, "malformed-token"),
    ],
)
def test_another_spelling_is_refused(change: Callable[[str], str], expected: str) -> None:
    assert expected == reason(pinned(), request(change(token())))


PINNED, GENUINE = pinned(), token()


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=90),
        st.from_regex(r"[A-Za-z0-9_.=-]{0,200}", fullmatch=True),
        st.tuples(*[st.sampled_from([*GENUINE.split("."), "", "e30", "W10", "\ud800"])] * 3).map(".".join),
    ),
    st.integers(0, 2**40),
)
@example("\ud800", 0)
def test_any_token_gives_a_signature_error(text: str, now: int) -> None:
    reason(PINNED, request(text, b"not what is signed"), now)


def test_keys_are_asked_for_by_id_with_the_credentials_and_kept() -> None:
    asked: list[tuple[str, dict[str, str]]] = []

    def fetch(url: str, content: bytes = b"", authorization: str = "") -> bytes:
        asked.append((url, json.loads(content)))
        return json.dumps({"key": json.loads(jwk_pair(1, expired_at=None)[1])}).encode()

    verify = load_sender("plaid").scheme.bind(("api-secret",), Setting(parameters=CREDENTIALS, fetch=fetch))
    assert Proof("current") == verify(request(token()), NOW)
    assert Proof("current") == verify(request(token()), NOW)
    content = {"client_id": "id-1", "secret": "api-secret", "key_id": "key-1"}
    assert [("https://sandbox.plaid.com/webhook_verification_key/get", content)] == asked


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b'{"error_code": "INVALID_WEBHOOK_VERIFICATION_KEY_ID"}', "unknown-kid"),
        (json.dumps({"key": json.loads(jwk_pair(1, expired_at=5)[1])}).encode(), "expired-kid"),
        (json.dumps({"key": json.loads(jwk_pair(2)[1])}).encode(), "signature-mismatch"),
        (b'{"error_code": "INVALID_API_KEYS"}', None),
        (b"", None),
        (b"<html>", None),
        (b'{"key": 1}', None),
        (b'{"key": {"kty": "RSA"}}', None),
        (json.dumps({"key": json.loads(jwk_pair(1, x="AAAA")[1])}).encode(), None),
        (json.dumps({"key": json.loads(jwk_pair(1, alg="HS256")[1])}).encode(), None),
    ],
)
def test_what_the_endpoint_answers_is_a_key_a_refusal_or_an_outage(answer: bytes, expected: str | None) -> None:
    def fetch(url: str, content: bytes = b"", authorization: str = "") -> bytes:
        return answer

    verify = load_sender("plaid").scheme.bind(("api-secret",), Setting(parameters=CREDENTIALS, fetch=fetch))
    if expected is None:
        with pytest.raises(SecretsUnavailable):
            verify(request(token()), NOW)
    else:
        assert expected == reason(verify, request(token()))


def test_a_flood_of_new_kids_costs_five_calls_a_minute() -> None:
    asked: list[str] = []

    def fetch(url: str, content: bytes = b"", authorization: str = "") -> bytes:
        asked.append(url)
        return b'{"error_code": "INVALID_WEBHOOK_VERIFICATION_KEY_ID"}'

    verify = load_sender("plaid").scheme.bind(("api-secret",), Setting(parameters=CREDENTIALS, fetch=fetch))
    for number in range(30):
        with pytest.raises((SignatureError, SecretsUnavailable)):
            verify(request(token(number + 1)), NOW)
    assert 5 == len(asked)
    with pytest.raises(SignatureError):
        verify(request(token(40)), NOW + 60)
    assert 6 == len(asked)


def test_what_a_source_lacks_is_said() -> None:
    scheme = load_sender("plaid").scheme

    def fetch(url: str, content: bytes = b"", authorization: str = "") -> bytes:
        return b""

    with pytest.raises(ValueError, match="without a network"):
        scheme.bind(("api-secret",))
    with pytest.raises(ValueError, match=r"^parameters\.client_id: "):
        scheme.bind(("api-secret",), Setting(fetch=fetch))
    with pytest.raises(ValueError, match=r"^parameters\.environment: "):
        scheme.bind(("api-secret",), Setting(parameters={"environment": "moon"}, fetch=fetch))
    with pytest.raises(ValueError, match="the secret is empty"):
        scheme.bind(("",))
    assert "no-secret" == reason(scheme.bind(()), request(token()))


@pytest.mark.parametrize(
    "secret", ["{", "{}", '{"kid": "a"}', jwk_pair(1, crv="P-384")[1], jwk_pair(1, expired_at=1)[1]]
)
def test_a_pinned_key_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="JSON Web Key"):
        load_sender("plaid").scheme.bind((secret,))


def test_a_public_key_cannot_sign() -> None:
    with pytest.raises(ValueError, match="private JSON Web Key"):
        load_sender("plaid").scheme.sign(jwk_pair()[1], request(None), message_id="1", now=NOW)


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"header": ""}, "header"),
        ({"header": "X", "tolerance": 0}, "tolerance"),
        ({"header": "X", "key_urls": {"production": "http://plaid.test/"}}, "key_urls"),
    ],
)
def test_a_scheme_that_makes_no_sense_is_refused(fields: dict[str, object], key: str) -> None:
    with pytest.raises(ValueError, match=f"^{key}: "):
        JwtScheme(**fields)  # type: ignore[arg-type]


def test_its_hosts_are_told_to_the_fetcher() -> None:
    scheme = load_sender("plaid").scheme
    assert isinstance(scheme, JwtScheme)
    assert (r"production\.plaid\.com", r"sandbox\.plaid\.com") == scheme.key_hosts
