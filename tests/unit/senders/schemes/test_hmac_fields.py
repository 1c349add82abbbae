"""What the keys of a sender's TOML make of a message, a key and a place of the signature."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import Proof, Setting
from verihook.senders.schemes.hmac import HmacScheme

NOW = 1_765_432_100


def request(headers: list[tuple[str, str]], body: bytes = b"{}", query: str = "") -> Request:
    return Request("POST", "/", query, tuple((name.lower(), value) for name, value in headers), body, "")


def test_a_secret_anywhere_is_hashed_where_it_stands() -> None:
    scheme = HmacScheme("X-Sig", "{body}.{secret}.{query:a}", algorithm="sha384", encoding="base64url")
    digest = base64.urlsafe_b64encode(hashlib.sha384(b"{}.{key}.1").digest()).decode().rstrip("=")
    verify = scheme.bind(("other", "{key}"))
    assert Proof("previous") == verify(request([("X-Sig", digest)], query="a=1"), NOW)
    assert Proof("current") == scheme.bind(("{key}", "other"))(request([("X-Sig", digest)], query="a=1"), NOW)
    for delivery in (request([("X-Sig", digest)], query="a=2"), request([("X-Sig", digest)], b"{} ", query="a=1")):
        with pytest.raises(SignatureError) as refusal:
            verify(delivery, NOW)
        assert "signature-mismatch" == refusal.value.reason
    with pytest.raises(SignatureError) as refusal:
        verify(request([("X-Sig", digest)]), NOW)
    assert "missing-field" == refusal.value.reason


def test_a_key_that_is_derived_from_the_secret() -> None:
    for name in ("sha1", "sha256"):
        key = hashlib.new(name, b"secret").digest()
        signature = hmac.new(key, b"{}", hashlib.sha256).hexdigest()
        assert Proof("current") == HmacScheme("X-Sig", key=name).bind(("secret",))(request([("X-Sig", signature)]), NOW)
        with pytest.raises(ValueError, match="the secret is empty"):
            HmacScheme("X-Sig", key=name).bind(("",))


@pytest.mark.parametrize("place", ["signature_query", "signature_form"])
def test_a_signature_in_the_query_or_in_a_form(place: str) -> None:
    scheme = HmacScheme(message="{form:a}", body_unsigned=True, prefix="v1=", **{place: "sig"})  # type: ignore[arg-type]
    signature = hmac.new(b"secret", b"1 2", hashlib.sha256).hexdigest()
    field, body = f"sig=v1%3D{signature}", b"a=1+2"

    def delivery(field: str) -> Request:
        return request([], body, field) if place == "signature_query" else request([], b"a=1+2&" + field.encode())

    verify = scheme.bind(("secret",))
    assert Proof("current") == verify(delivery(field), NOW)
    for other, expected in {
        "": "missing-field",
        f"{field}&{field}": "duplicate-field",
        f"sig={signature}": "wrong-prefix",
        "sig=v1=%C3%A9": "non-ascii-signature",
        f"sig=v1={'0' * 64}": "signature-mismatch",
    }.items():
        with pytest.raises(SignatureError) as refusal:
            verify(delivery(other), NOW)
        assert expected == refusal.value.reason, other


def test_a_list_without_labels() -> None:
    scheme, mac = HmacScheme("X-Sig", separator=",", spaces=True), hmac.new(b"s", b"{}", hashlib.sha256).hexdigest()
    for text in (mac, f"{'0' * 64}, {mac}", f"junk,{mac}"):
        assert Proof("current") == scheme.bind(("s",))(request([("X-Sig", text)]), NOW)
    for text, expected in ((f"{'0' * 64},", "signature-mismatch"), (",".join([mac] * 17), "too-many-signatures")):
        with pytest.raises(SignatureError) as refusal:
            scheme.bind(("s",))(request([("X-Sig", text)]), NOW)
        assert expected == refusal.value.reason


def test_a_label_may_be_the_sources() -> None:
    scheme = HmacScheme("X-Sig", separator="&", assign="|", label="{parameter:public_key}")
    mac = hmac.new(b"s", b"{}", hashlib.sha256).hexdigest()
    verify = scheme.bind(("s",), Setting(parameters={"public_key": "a"}))
    assert Proof("current") == verify(request([("X-Sig", f"b|00&a|{mac}")]), NOW)
    with pytest.raises(SignatureError):
        verify(request([("X-Sig", f"b|{mac}&{{parameter:public_key}}|{mac}")]), NOW)
    with pytest.raises(ValueError, match=r"^parameters\.public_key: "):
        scheme.bind(("s",))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"header": "X", "form_field": "json"}, "form_field: nothing is read of its JSON"),
        ({"header": "X", "message": "{item:env}{body}"}, r"message: \{item:LABEL\} needs separator and label"),
        ({"header": "X", "message": "{{{body}}"}, "message: a brace that is not part of a field"),
    ],
)
def test_what_does_not_go_together(table: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}"):
        HmacScheme(**table)  # type: ignore[arg-type]


def test_the_body_as_a_text_in_json() -> None:
    """As JavaScript's JSON.stringify writes it, which escapes quotation marks, backslashes and controls alone."""
    scheme = HmacScheme("X", '{{"Body":{body_json}}}')
    body = 'a"b\\c\n\x7f\x01é☕\u2028'.encode()
    mac = hmac.new(b"s", '{"Body":"a\\"b\\\\c\\n\x7f\\u0001é☕\u2028"}'.encode(), hashlib.sha256).hexdigest()
    assert "current" == scheme.bind(("s",))(Request("POST", "/", "", (("x", mac),), body, ""), 0).verified_by
    assert scheme.covers("", ("id",))
