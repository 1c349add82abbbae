"""Single values of a query or a form, of which a stranger may write any."""

from __future__ import annotations

import pytest

from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders.schemes.form_values import MAX_FIELDS, form_value, query_value


def request(text: str) -> Request:
    return Request("POST", "/", text, (), text.encode("utf-8", "surrogatepass"), "")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=1", "1"),
        ("b=2&a=1&c", "1"),
        ("%61=%C3%A9+x", "é x"),
        ("a=", ""),
        ("a", ""),
        ("a=b=c", "b=c"),
        ("&&a=1&", "1"),
    ],
)
def test_the_one_value(text: str, value: str) -> None:
    assert value == query_value(request(text), "a") == form_value(request(text), "a")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "missing-field"),
        ("A=1", "missing-field"),
        ("a=1&a=1", "duplicate-field"),
        ("a=1&%61=2", "duplicate-field"),
        ("a=%FF", "malformed-form"),
        ("a=1" + "&b" * MAX_FIELDS, "too-many-form-fields"),
    ],
)
def test_no_other_number_of_them(text: str, reason: str) -> None:
    for read in (query_value, form_value):
        with pytest.raises(SignatureError) as refusal:
            read(request(text), "a")
        assert reason == refusal.value.reason


def test_a_body_that_is_no_text() -> None:
    with pytest.raises(SignatureError, match="could not be verified"):
        form_value(Request("POST", "/", "", (), b"a=\xff", ""), "a")


def multipart(*parts: bytes, end: bytes = b"--b--\r\n") -> Request:
    body = b"".join(b"--b\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + end
    return Request("POST", "/", "", (("content-type", 'Multipart/Form-Data; boundary="b"'),), body, "")


def test_a_field_of_a_multipart_form() -> None:
    file = b'name="a"; filename="tea.bin"\r\n\r\n\x00\xff'
    assert "é\r\n" == form_value(multipart(b'name="b"\r\n\r\nx', 'name="a"\r\n\r\né\r\n'.encode(), file), "a")
    for request_, reason in (
        (multipart(b'name="A"\r\n\r\n1', file), "missing-field"),
        (multipart(b'name="a"\r\n\r\n1', b'name="a"\r\n\r\n1'), "duplicate-field"),
        (multipart(b'name="a"\r\n\r\n1', end=b""), "malformed-form"),
        (multipart(b'name="a"\r\n\r\n\xff'), "malformed-form"),
        (multipart(*[b'name="b"\r\n\r\n'] * 1001), "malformed-form"),
    ):
        with pytest.raises(SignatureError) as refusal:
            form_value(request_, "a")
        assert reason == refusal.value.reason
