"""The signed bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes import Delivery, Setting
from verihook.senders.schemes.message import MAX_FIELDS, compile_message, covers, fields_of, twilio_form

REQUEST = Request("PUT", "/", "", (("x-id", "m1"), ("x-topic", "t")), b"\xff{body}", "")


def message(template: str, delivery: Delivery | None = None) -> list[bytes]:
    setting = Setting(parameters={"hook": "h\xe9"})
    made = compile_message(template, ("x-id",), setting, lambda request: ("https://a.example", "https://b.example"))
    found = made(delivery or Delivery(REQUEST, {"a": {"b": "c", "n": 7}}, "123"))
    return [before + body + after for before, body, after, _ in found]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("v0:{timestamp}:{body}", b"v0:123:\xff{body}"),
        ("{id}.{timestamp}.{body}", b"m1.123.\xff{body}"),
        ("{body}{timestamp}", b"\xff{body}123"),
        ("{method} {header:X-Topic}\n{body}.", b"PUT t\n\xff{body}."),
        ("{timestamp}{json:a.b}{json:a.n}", b"123c7"),
        ("{parameter:hook}|{body}", b"h\xc3\xa9|\xff{body}"),
        ("{body_crc32};{id}", b"1906247670;m1"),
        ("{secret}{body}", b"\xff{body}"),
    ],
)
def test_a_template_is_filled(template: str, expected: bytes) -> None:
    assert expected == message(template)[0]


@pytest.mark.parametrize(
    ("template", "words"),
    [
        # How parameters were once written in one of the schemes.
        ("{param:hook}{body}", r"\{param:hook\} is unknown; .*parameter:NAME"),
        ("{Body}", "a brace"),
        ("{body:x}", r"\{body:x\} is unknown"),
        ("{header}{body}", r"\{header\} is unknown"),
        ("{body}{body}", "must be in it once"),
        ("{body", "a brace"),
    ],
)
def test_what_is_no_template_is_refused(template: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"^message: .*{words}"):
        fields_of(template)


@pytest.mark.parametrize(
    ("template", "header", "path", "covered"),
    [
        ("{id}.{body}", "x-id", (), True),
        ("{body}", "x-id", (), False),
        ("{header:X-Topic}{body}", "x-topic", (), True),
        ("{body}", "", ("a", "b"), True),
        ("{form}", "", ("a", "b"), True),
        ("{json:a.b}", "", ("a", "b"), True),
        ("{json:a.b}", "", ("a",), False),
        # Two bodies with one CRC-32 are made at will.
        ("{body_crc32}", "", ("a",), False),
    ],
)
def test_what_a_template_covers(template: str, header: str, path: tuple[str, ...], covered: bool) -> None:
    assert covered == covers(template, "X-Id", header, path)


def test_each_url_makes_a_message() -> None:
    assert [b"https://a.example\xff{body}", b"https://b.example\xff{body}"] == message("{url}{body}")


@pytest.mark.parametrize(
    ("template", "headers", "content", "reason"),
    [
        ("{id}{body}", (), None, "missing-header"),
        ("{id}{body}", (("x-id", ""),), None, "empty-id"),
        ("{id}{body}", (("x-id", "1"), ("x-id", "1")), None, "duplicate-header"),
        ("{id}{body}", (("x-id", "\ud800"),), None, "non-ascii-header"),
        ("{header:X-Topic}{body}", (), None, "missing-header"),
        ("{json:a}{body}", (), {}, "signed-member-is-not-text"),
        ("{json:a.b}{body}", (), {"a": "b"}, "signed-member-is-not-text"),
        ("{json:a}{body}", (), {"a": 10**4000}, "signed-member-is-not-text"),
        ("{json:a}{body}", (), {"a": True}, "signed-member-is-not-text"),
    ],
)
def test_what_is_missing_is_refused(
    template: str, headers: tuple[tuple[str, str], ...], content: dict[str, object] | None, reason: str
) -> None:
    with pytest.raises(SignatureError) as refusal:
        message(template, Delivery(Request("POST", "/", "", headers, b"", ""), content))
    assert reason == refusal.value.reason


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", b""),
        (b"b=2&a=1", b"a1b2"),
        (b"a=2&a=1&a=2", b"a1a2"),
        (b"a=&b&&=c", b"cab"),
        (b"a=1+2%2B3&%61b=%C3%A9", b"a1 2+3ab\xc3\xa9"),
        (b"a=%ff\xfe&b=%zz%", b"a\xff\xfeb%zz%"),
        (b"B=1&a=2&A=3", b"A3B1a2"),
        (b"a=b=c", b"ab=c"),
    ],
)
def test_a_form_is_put_together_as_twilio_does(body: bytes, expected: bytes) -> None:
    assert expected == twilio_form(body)


@given(st.binary(max_size=60))
def test_any_body_is_some_form(body: bytes) -> None:
    assert isinstance(twilio_form(body), bytes)


def test_a_form_of_too_many_fields_is_refused() -> None:
    assert MAX_FIELDS == len(twilio_form(b"&".join(b"%d=" % number for number in range(1000, 1000 + MAX_FIELDS)))) / 4
    with pytest.raises(SignatureError) as refusal:
        twilio_form(b"&" * MAX_FIELDS)
    assert "too-many-form-fields" == refusal.value.reason
